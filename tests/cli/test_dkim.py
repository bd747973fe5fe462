"""`pyeonji dkim`: what to put into the DNS, and how far each key has come."""

import io
import json
import sys

import pytest

from pyeonji.cli import main
from pyeonji.proto.dns import NO_SUCH_NAME, Answer, answer_from


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def called(*words):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


@pytest.fixture
def keys(run):
    """A domain with its keys; what a program reads of them."""
    code, out, _ = run("domain", "add", "example.com")
    assert code == 0
    assert "pyeonji dkim show example.com" in out

    def read():
        return json.loads(run("dkim", "list", "example.com", "--json")[1])

    return read


@pytest.fixture
def dns(monkeypatch):
    """What the name servers say, to be filled."""
    zone = {}

    class Resolver:
        def __init__(self, nameservers, clock):
            pass

        async def answer_with(self, asking):
            return answer_from(zone, asking)

    monkeypatch.setattr("pyeonji.net.resolver.Resolver", Resolver)
    return zone


def test_a_new_domain_has_an_rsa_and_an_ed25519_key_that_wait_for_the_dns(keys):
    assert [(key["algorithm"], key["state"], key["wanted"]) for key in keys()] == [
        ("rsa-sha256", "made", True), ("ed25519-sha256", "made", True),
    ]  # fmt: skip


def test_what_is_shown_can_be_pasted(run, keys):
    _, out, _ = run("dkim", "show", "example.com")
    for key in keys():
        assert f"name   {key['selector']}._domainkey.example.com\n" in out
        assert f"value  {key['value']}\n" in out


def test_a_line_of_a_zone_file_has_strings_of_255_octets_at_most(run, keys):
    _, out, _ = run("dkim", "show", "example.com", "--zone")
    for line, key in zip(out.splitlines(), keys(), strict=True):
        name, _, kind, what, rest = line.split(" ", 4)
        assert (name, kind, what) == (f"{key['name']}.", "IN", "TXT")
        strings = [part for part in rest.split('"') if part.strip()]
        assert max(map(len, strings)) <= 255
        assert "".join(strings) == key["value"]


def test_keys_that_are_in_the_dns_are_taken_into_use(run, keys, dns):
    rsa, ed = keys()
    dns[rsa["name"], "TXT"] = (rsa["value"],)
    dns[ed["name"], "TXT"] = ("v=DKIM1; p=",)
    code, out, _ = run("dkim", "check", "example.com")
    assert code == 1
    assert f"{rsa['name']}: in the DNS." in out
    assert f"{ed['name']}: the DNS says something else." in out
    assert [key["state"] for key in keys()] == ["active", "made"]
    dns[ed["name"], "TXT"] = Answer((ed["value"],), canonical="elsewhere.test")
    assert run("dkim", "check", "example.com")[0] == 0
    assert [key["state"] for key in keys()] == ["active", "active"]
    code, out, _ = run("dkim", "check", "example.com", "--lang", "ko")
    assert (code, out) == (0, "example.com: 필요한 것이 모두 DNS에 있어요.\n")


def test_new_keys_are_made_and_the_old_ones_sign_on(run, keys, dns):
    assert "new keys wait for the DNS already" in run("dkim", "rotate", "example.com")[2]
    for key in keys():
        assert run("dkim", "use", "example.com", key["selector"])[0] == 0
    code, out, _ = run("dkim", "rotate", "example.com")
    assert code == 0
    assert [key["state"] for key in keys()] == ["active", "active", "made", "made"]
    assert all(key["value"] in out for key in keys()[2:])
    dns.update({(key["name"], "TXT"): NO_SUCH_NAME for key in keys()})
    assert run("dkim", "check", "example.com")[0] == 1


def test_a_key_is_given_up_only_when_it_is_meant(run, keys):
    selector = keys()[0]["selector"]
    code, _, err = run("dkim", "retire", "example.com", selector)
    assert (code, "add --yes" in err) == (1, True)
    assert run("dkim", "retire", "example.com", selector, "--yes")[0] == 0
    assert [key["state"] for key in keys()] == ["retired", "made"]
    code, _, err = run("dkim", "use", "example.com", selector)
    assert (code, "no such key, or it was given up" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("rotate", "other.example"), "other.example: this domain is not here."),
        (("show", "other.example"), "other.example: no keys."),
        (("check", "other.example"), "other.example: no keys."),
        (("use", "example.com", "nobody"), "nobody: example.com has no such key"),
        (("rotate", "not a domain"), "not a domain: this is not a domain name."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run, keys, words, sentence):
    code, _, err = run("dkim", *words)
    assert code in (1, 2)
    assert sentence in err


def test_a_name_without_a_dot_has_no_keys(run):
    run("domain", "add", "localhost")
    assert json.loads(run("dkim", "list", "--json")[1]) == []
    assert "nobody can ask the DNS" in run("dkim", "rotate", "localhost")[2]
    assert "There are no keys" in run("dkim", "list")[1]


def test_the_list_says_how_far_each_key_has_come(run, keys):
    out = run("dkim", "list")[1]
    assert out.splitlines()[0].split() == ["DOMAIN", "KEY", "ALGORITHM", "STATE", "SINCE"]
    assert out.count("waits for the DNS") == 2
