"""`pyeonji explain tls`: what a domain's servers would have to prove, and why."""

import json

import pytest

from kit.sending import ZoneResolver
from pyeonji.cli import main
from pyeonji.net.http import Fetched
from pyeonji.proto.dns import SERVFAIL, Answer

DOMAIN, HOST = "one.example", "mx1.one.example"
MX = {(DOMAIN, "MX"): (f"10 {HOST}", "20 mx2.one.example")}
PLAIN = {**MX, (HOST, "A"): ("8.8.8.8",), ("mx2.one.example", "A"): ("8.8.4.4",)}
STS = {**PLAIN, ("_mta-sts.one.example", "TXT"): ("v=STSv1; id=1",)}
POLICY = f"version: STSv1\nmode: enforce\nmx: {HOST}\nmax_age: 604800\n"
SIGNED = {
    (DOMAIN, "MX"): Answer((f"10 {HOST}",), authentic=True),
    (HOST, "A"): Answer(("8.8.8.8",), authentic=True),
    (HOST, "AAAA"): Answer(authentic=True),
    (f"_25._tcp.{HOST}", "TLSA"): Answer(("3 1 1 " + "ab" * 32,), authentic=True),
}
NO_ANSWER = {**SIGNED, (f"_25._tcp.{HOST}", "TLSA"): SERVFAIL}


@pytest.fixture
def explained(tmp_path, monkeypatch, capsys):
    """explained("--json", zone=…, page=…) -> (exit code, what was printed)."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def called(*options, zone, page=POLICY, vouches=True):
        class Resolver(ZoneResolver):
            def __init__(self, nameservers, clock, *, validating=False):
                super().__init__(zone)
                self.vouches = vouches

        class Fetcher:
            def __init__(self, resolver):
                pass

            async def get(self, url):
                return Fetched(200, {"content-type": "text/plain"}, page.encode())

        monkeypatch.setattr("pyeonji.cli.explain_tls.Resolver", Resolver)
        monkeypatch.setattr("pyeonji.cli.explain_tls.Fetcher", Fetcher)
        code = main(["explain", "tls", DOMAIN, *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return called


ROWS = [
    (PLAIN, [f"10 {HOST}  opportunistic", "20 mx2.one.example  opportunistic", "one.example publishes no policy"]),
    (STS, [f"10 {HOST}  sts-enforce", "20 mx2.one.example  sts-enforce", "does not name mx2.one.example",
           f"enforce, for {HOST}; kept for 7 days", "TXT   _mta-sts.one.example"]),
    (SIGNED, [f"10 {HOST}  dane", "Only with the certificate that the DNS names", f"TLSA  _25._tcp.{HOST}"]),
    (NO_ANSWER, [f"10 {HOST}  dane", "It would get nothing: the DNS does not say what its certificate is (servfail)"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "sentences"), ROWS)
def test_each_server_has_its_demand_and_the_reason(explained, zone, sentences):
    code, out = explained(zone=zone)
    assert code == 0
    assert [sentence for sentence in sentences if sentence not in out] == [], out


def test_where_no_resolver_is_believed_it_says_that_dane_is_not_possible(explained):
    code, out = explained(zone=SIGNED, vouches=False)
    assert code == 0
    assert "DANE is not possible here" in out
    assert f"{HOST}  opportunistic" in out
    assert "TLSA" not in out


def test_a_policy_that_cannot_be_had_says_why(explained):
    assert "cannot be had: the version is not STSv1" in explained(zone=STS, page="a: b")[1]


def test_a_policy_being_tried_out_says_what_it_would_do(explained):
    out = explained(zone=STS, page=POLICY.replace("enforce", "testing"))[1]
    assert "sts-testing" in out
    assert "once it is in force" in out


ENDS = [
    ({}, 1, "does not exist"),
    ({(DOMAIN, "MX"): SERVFAIL}, 75, "servfail"),
    ({(DOMAIN, "MX"): ("0 .",)}, 1, "no mail"),
]


@pytest.mark.parametrize(("zone", "code", "words"), ENDS)
def test_a_domain_without_servers_says_so(explained, zone, code, words):
    found, out = explained(zone=zone)
    assert (found, words in out) == (code, True), out


def test_programs_get_the_same(explained):
    code, out = explained("--json", zone=STS)
    found = json.loads(out)
    assert code == 0
    assert [(host["name"], host["demand"], bool(host["refused"])) for host in found["hosts"]] == [
        (HOST, "sts-enforce", False), ("mx2.one.example", "sts-enforce", True)
    ]  # fmt: skip
    assert found["policy"][1] == "mode: enforce"
    assert {question["kind"] for question in found["asked"]} == {"MX", "A", "AAAA", "TXT", "TLSA"} - {"TLSA"}
