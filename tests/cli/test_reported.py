"""`pyeonji dmarc` and `pyeonji tls reports`: reports of others, read from files, told in sentences, as a chart and as a
table; and what we counted for others."""

import json

import pytest

from kit import aggregate, tls_report
from kit.aggregate import BEGINS_S, row, xml, zipped
from kit.tls_report import octets, said
from pyeonji.catalog.cli import table
from pyeonji.cli import main
from pyeonji.message.tls_report import OTHER, RESULTS
from pyeonji.msgauth.dmarc.judged import Judged
from pyeonji.store import judged, tlsrpt
from pyeonji.store.home import open_home

DAY_S = 86_400
TODAY = BEGINS_S // DAY_S + 3
JUDGED = Judged(
    ip="192.0.2.1", done="none", passed=True, dkim=True, spf=True, override="", author="one.test", path="one.test",
    asked="one.test", spf_result="pass", signatures=(),
)  # fmt: skip
FAILED = tlsrpt.Result(TODAY, "one.test", "sts", "", "mx.one.test", "192.0.2.1", "certificate-expired")
LETTERS = xml(row("192.0.2.1", 90), row("198.51.100.7", 10, "reject", "fail", "fail"))
NEXT_LETTERS = xml(row("192.0.2.1", 45, dkim="fail"), number="2", begins=BEGINS_S + DAY_S)
SESSIONS = said(
    90, ("certificate-expired", 8), ("starttls-not-supported", 2, {"failure-reason-code": "no such command"})
)  # fmt: skip
NEXT_SESSIONS = said(45, number="2", day="2026-11-24")
DMARC, TLS = "dmarc", "tls"
REPORT = {DMARC: "report", TLS: "reports"}
COUNTS = {DMARC: "letters", TLS: "sessions"}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("pyeonji.cli.place.Place.now_us", lambda self: (BEGINS_S + 3 * DAY_S) * 1_000_000)

    def called(*words):
        code = main([*map(str, words)])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert main(["domain", "add", "here.test"]) == 0
    capsys.readouterr()
    return called


@pytest.fixture
def files(tmp_path):
    def written(**octets):
        paths = []
        for name, content in octets.items():
            paths.append(tmp_path / name)
            paths[-1].write_bytes(content)
        return paths

    return written


def one_report(kind, *, domain="here.test", letter=False, kind_of_part=""):
    """Of 100, as a file holds it."""
    if kind == DMARC:
        packed = aggregate.packed(xml(row("192.0.2.1", 100), domain=domain))
        return aggregate.letter(packed, **({"kind": kind_of_part} if kind_of_part else {})) if letter else packed
    packed = tls_report.packed(said(100, domain=domain))
    return tls_report.letter(packed, **({"kind": kind_of_part} if kind_of_part else {})) if letter else packed


def test_dmarc_reports_are_told(run, files):
    code, out = run(DMARC, "read", *files(a=aggregate.packed(LETTERS), b=zipped(NEXT_LETTERS)))
    assert code == 0
    assert "Far Mail saw 100 letters in the name of here.test." in out
    code, out = run(DMARC, "report")
    assert code == 0
    assert "here.test: 145 letters in its name were reported within 30 days (by 1)." in out
    assert "135 of them passed (93 %)" in out
    assert "10 did not pass (addresses: 1); 10 were kept from their readers." in out
    assert f"11-23  {'█' * 36}{'░' * 4}  90 + 10" in out
    assert f"11-24  {'█' * 18}" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["192.0.2.1", "135", "135", "90", "135", "0"] in lines
    assert ["198.51.100.7", "10", "0", "0", "0", "10"] in lines


def test_tls_reports_are_told(run, files):
    code, out = run(
        TLS, "read", *files(a=tls_report.letter(tls_report.packed(SESSIONS)), b=octets(NEXT_SESSIONS))
    )  # fmt: skip
    assert code == 0
    assert "Far Mail connected to here.test 100 times." in out
    code, out = run(TLS, "reports")
    assert code == 0
    assert "here.test: 145 connections to us were reported within 30 days (by 2)." in out
    assert "135 of them were encrypted as they should be (93 %)." in out
    assert f"11-23  {'█' * 36}{'░' * 4}  90 + 10" in out
    assert "8 times, mx.here.test: the certificate had expired (certificate-expired)." in out
    assert "pyeonji tls renew" in out
    assert "In their words: no such command" in out


def test_both_are_told_in_korean_too(run, files):
    run(DMARC, "read", *files(a=LETTERS))
    assert "here.test: 지난 30일 동안 서버 1곳이 이 이름으로 온 편지 100통을 보았어요." in run(
        DMARC, "report", "--lang", "ko"
    )[1]  # fmt: skip
    run(TLS, "read", *files(a=tls_report.packed(SESSIONS)))
    out = run(TLS, "reports", "here.test", "--lang", "ko")[1]
    assert "8번, mx.here.test: 인증서의 기한이 지나 있었어요" in out


def test_programs_are_told_as_json(run, files):
    run(TLS, "read", *files(a=tls_report.packed(SESSIONS)))
    (one,) = json.loads(run(TLS, "reports", "--json")[1])
    assert (one["domain"], one["sessions"], one["good"]) == ("here.test", 100, 90)
    assert one["days"] == [{"day": "2026-11-23", "sessions": 100, "good": 90}]
    assert [failure["result"] for failure in one["failures"]] == ["certificate-expired", "starttls-not-supported"]


@pytest.mark.parametrize("kind", [DMARC, TLS])
def test_a_letter_is_read_too_and_a_report_counts_once(run, files, kind):
    paths = files(a=one_report(kind, letter=True))
    assert json.loads(run(kind, "read", *paths, "--json")[1])[0]["new"] is True
    code, out = run(kind, "read", *paths)
    assert (code, "was read before" in out) == (0, True)
    (found,) = json.loads(run(kind, REPORT[kind], "here.test", "--json")[1])
    assert (found[COUNTS[kind]], found["reporters"][0]["domain"]) == (100, "far.test")


@pytest.mark.parametrize("kind", [DMARC, TLS])
@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ({"domain": "other.test"}, "other.test is no domain here"),
        ({"letter": True, "kind_of_part": "text/plain"}, "the letter has no report attached"),
    ],
)
def test_what_is_about_others_or_no_report_is_said(run, files, kind, octets, why):
    good, bad = files(a=one_report(kind), b=one_report(kind, **octets))
    code, out = run(kind, "read", bad, good)
    assert (code, why in out, "Far Mail" in out) == (1, True, True), out


@pytest.mark.parametrize(
    ("kind", "octets", "why"),
    [
        (DMARC, b"x", "it is no XML"),
        (DMARC, aggregate.packed(bytes(30 << 20)), "octets come of"),
        (TLS, b"nothing", "it is no TLS report"),
        (TLS, aggregate.packed(bytes(30 << 20)), "octets come of"),
    ],
)
def test_what_cannot_be_read_is_said(run, files, kind, octets, why):
    code, out = run(kind, "read", *files(a=octets))
    assert (code, why in out) == (1, True), out


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (DMARC, "Nobody reported on here.test in the last 30 days."),
        (TLS, "_smtp._tls"),
    ],
)
def test_where_nobody_reported_it_is_said_how_to_be_told(run, kind, said):
    code, out = run(kind, REPORT[kind], "here.test")
    assert (code, said in out) == (1, True)


@pytest.mark.parametrize("kind", [DMARC, TLS])
def test_old_reports_are_not_shown_unless_asked_for(run, files, kind):
    run(kind, "read", *files(a=one_report(kind)))
    assert run(kind, REPORT[kind], "--days", "1")[0] == 1
    assert run(kind, REPORT[kind], "--days", "3")[0] == 0


@pytest.mark.parametrize("kind", [DMARC, TLS])
def test_what_we_counted_for_others_is_shown_until_it_is_reported(run, tmp_path, kind):
    code, out = run(kind, "waiting")
    assert (code, "No report waits" in out) == (0, True)
    home = open_home(tmp_path / "data", create=False)
    home.engine.write_now(judged.add, {(TODAY, "one.test", JUDGED): 3}, {(TODAY, "one.test"): "v=DMARC1"})
    home.engine.write_now(tlsrpt.add, {FAILED: 3})
    assert ["2026-11-26", "one.test", "3"] in [line.split() for line in run(kind, "waiting")[1].splitlines()]
    assert json.loads(run(kind, "waiting", "--json")[1]) == [
        {"day": "2026-11-26", "domain": "one.test", COUNTS[kind]: 3}
    ]  # fmt: skip
    home.engine.write_now(judged.forget, TODAY, "one.test")
    home.engine.write_now(tlsrpt.forget, TODAY, "one.test")
    home.close()
    assert json.loads(run(kind, "waiting", "--json")[1]) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_result_has_a_sentence_and_what_to_do(language):
    for result in (*RESULTS, OTHER):
        assert table(language)[f"tls.result.{result}"]
        assert table(language)[f"tls.mend.{result}"]
