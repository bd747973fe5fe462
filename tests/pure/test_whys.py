"""Reasons are told to a reader of Korean in Korean: every clause that code can make has its sentence."""

import ast
from pathlib import Path

import pytest

from pyeonji.catalog.whys import why
from pyeonji.cli.queue import BECAUSE
from pyeonji.directory.guard import Turned
from pyeonji.journey.event import Closed, Decided, TlsFailed
from pyeonji.journey.steps import Step, told
from pyeonji.journey.story import RecipientStory
from pyeonji.journey.tell import what_happened, whisper

SRC = Path(__file__).resolve().parents[2] / "src" / "pyeonji"
# Where clauses are made, by what, and which of its arguments is one.
MAKERS = {
    "relay/hops.py": {"AskLater": 1, "NoMail": 1},
    "relay/opening.py": {"NoTls": 0},
    "relay/connection.py": {"NoTls": 0},
    "relay/trust/certificate.py": {"Proof": 2, "Unreadable": 0},
    "relay/trust/sts.py": {"NoPolicy": 0},
    "relay/trust/policies.py": {"NoPolicy": 0, "FetchError": 0},
    "net/http.py": {"FetchError": 0},
    "net/memory_tls.py": {"TlsError": 0},
}
NUMBERS = ("size", "self.max_body", "MAX_HEAD", "MAX_MX", "page.status")


def filled(node):
    """The text of a literal or an f-string, with something in its places; "" for what is neither."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    pieces = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            pieces.append(part.value)
        else:
            source = ast.unparse(part.value)
            pieces.append("2026-01-01" if "not_valid_after" in source else "404" if source in NUMBERS else "mx.a.test")
    return "".join(pieces)


def clauses():
    for path, makers in MAKERS.items():
        for node in ast.walk(ast.parse((SRC / path).read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in makers and len(node.args) > makers[name] and (text := filled(node.args[makers[name]])):
                yield path, text


FOUND = sorted(set(clauses()))


def in_korean(text):
    return any("가" <= char <= "힣" for char in text)


@pytest.mark.parametrize(("path", "clause"), FOUND)
def test_a_clause_that_code_makes_is_told_in_korean(path, clause):
    assert in_korean(why("ko", clause)), clause
    assert why("en", clause) == clause


def test_there_are_many_and_a_new_one_would_be_noticed():
    """Negative control."""
    assert len(FOUND) > 35
    assert not in_korean(why("ko", "a reason nobody has heard of"))


def line(event, language="ko"):
    words = told(event)
    return whisper(Step(at=0, kind=event.step, event="x", text=words.text, key=words.key, slots=words.slots), language)


@pytest.mark.parametrize("reason", Turned)
def test_why_somebody_is_turned_away_is_told_in_korean(reason):
    assert in_korean(line(Closed(0, reason.value)).removeprefix("연결이 끝났어요: "))


def test_what_became_of_a_letter_is_korean_to_its_end():
    one = RecipientStory(n=1, address="kim@a.test", key="about.cancelled", slots={"because": BECAUSE})
    assert what_happened(one, "ko") == "그만 보내기로 했어요: 명령줄에서 정했어요"
    assert what_happened(one, "en") == "It was cancelled: from the command line"


LINES = [
    (Decided(0, "tls.proof", "mx.a.test: valid until 2026-01-01", "certificate-expired"),
     "인증서의 기한이 지났어요: mx.a.test: 2026-01-01까지 쓸 수 있었어요"),
    (Decided(0, "tls.fallback", "mx.a.test: STARTTLS is not offered", "clear"),
     "잠그지 않고 계속해요. 막는 약속은 없어요: mx.a.test: STARTTLS를 할 줄 모르는 서버예요"),
    (Decided(0, "tls.proof", "mx.a.test", "webpki"), "인증서가 좋아요: mx.a.test"),
    (TlsFailed(0, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)"),
     "잠그지 못했어요: TLS가 이렇게 말해요: WRONG_VERSION_NUMBER"),
    (Closed(0, "no answer"), "연결이 끝났어요: 대답이 없어요"),
    (Closed(0, "closed without LOGOUT"), "연결이 끝났어요: 상대가 LOGOUT 없이 끊었어요"),
    (Closed(0, "the open mailbox was renamed"), "연결이 끝났어요: 열어 둔 우편함의 이름이 바뀌었어요"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "sentence"), LINES)
def test_a_line_of_the_journey_is_korean_to_its_end(event, sentence):
    assert line(event) == sentence
    assert "valid until" in line(LINES[0][0], "en")
