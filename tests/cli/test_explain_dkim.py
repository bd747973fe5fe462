"""`pyeonji explain dkim`: who signed a letter, what was asked, and why each signature is what it is."""

import ast
import json
from pathlib import Path

import pytest

import pyeonji
from kit.sealed import chain_of, zone_of
from kit.signed import LETTER, NOW_S, ZONE, signed, written
from pyeonji.catalog.whys import why
from pyeonji.cli import main
from pyeonji.proto.dns import SERVFAIL, answer_in


@pytest.fixture
def explained(tmp_path, monkeypatch, capsys):
    """explained(letter, "--json", zone=…) -> (exit code, what was printed)."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("pyeonji.cli.explain_dkim.now_us", lambda: NOW_S * 1_000_000)

    def called(letter, *options, zone=ZONE):
        class Resolver:
            def __init__(self, nameservers, clock):
                pass

            async def answer_with(self, asking):
                try:
                    question = next(asking)
                    while True:
                        question = asking.send(answer_in(zone, question))
                except StopIteration as stop:
                    return stop.value

        monkeypatch.setattr("pyeonji.cli.asking.Resolver", Resolver)
        path = tmp_path / "letter.eml"
        path.write_bytes(letter)
        code = main(["explain", "dkim", str(path), *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return called


def test_each_signature_and_each_question_is_shown(explained):
    code, out = explained(signed())
    assert code == 0
    assert "1  TXT   r1._domainkey.sender.test" in out
    assert "Signature 2  pass  d=sender.test s=e1 ed25519-sha256" in out
    assert "sender.test has signed this letter, and it is still what was signed (key of 2048 bits)." in out


def test_a_file_with_the_line_ends_of_unix_is_read_as_it_was_sent(explained):
    assert explained(signed().replace(b"\r\n", b"\n"))[0] == 0


@pytest.mark.parametrize(
    ("letter", "zone", "code", "sentence"),
    [
        (LETTER, ZONE, 1, "아무도 이 편지에 서명하지 않았어요."),
        (signed() + b"x", ZONE, 1, "본문이 바뀌었어요"),
        (signed(), {}, 1, "r1._domainkey.sender.test에 열쇠가 없어요"),
        (signed(), dict.fromkeys(ZONE, SERVFAIL), 75, "아무도 대답하지 못했어요: servfail"),
        (written(x="1"), ZONE, 1, "서명의 기한이 지났어요"),
        (b"no letter", ZONE, 2, "편지가 아니에요"),
    ],
)
def test_why_it_is_so_is_said_in_korean(explained, letter, zone, code, sentence):
    found, out = explained(letter, "--lang", "ko", zone=zone)
    assert found == code
    assert sentence in out


def test_a_chain_is_judged_too(explained):
    code, out = explained(chain_of(2), zone=ZONE | zone_of(2))
    assert code == 0
    assert "Whole: hop1.test → hop2.test." in out


def test_programs_get_all_of_it(explained):
    code, out = explained(signed(), "--json")
    found = json.loads(out)
    assert code == 0
    assert [one["result"] for one in found["dkim"]] == ["pass", "pass"]
    assert set(found["dkim"][0]["sentence"]) == {"ko", "en"}
    assert [one["name"] for one in found["asked"]] == ["r1._domainkey.sender.test", "e1._domainkey.sender.test"]
    assert found["arc"]["result"] == "none"


def clauses():
    """Every reason that DKIM and ARC can give, with something in its slots."""
    root = Path(pyeonji.__file__).parent / "msgauth"
    for path in sorted([*(root / "dkim").glob("*.py"), *(root / "arc").glob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in ("Malformed", "NotATagList", "Unusable", "Broken"):
                continue
            for text in ast.walk(node.args[-1]) if node.args else ():
                if isinstance(text, ast.JoinedStr):
                    yield "".join(str(v.value) if isinstance(v, ast.Constant) else "7" for v in text.values)
                elif isinstance(text, ast.Constant) and text in (node.args[-1],):
                    yield str(text.value)


REASONS = sorted(set(clauses()) - {"it is no base64"})  # that one always becomes another's


def test_there_are_reasons():
    assert len(REASONS) > 40


@pytest.mark.parametrize("clause", REASONS)
def test_every_reason_has_a_korean_clause(clause):
    assert why("ko", clause.replace("7: 7", "arc-seal: v= is not 1")) != clause
