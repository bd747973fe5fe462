"""`pyeonji tls reports|read`: reports of others, read from files, told in sentences and as a chart."""

import json

import pytest

from kit.aggregate import BEGINS_S
from kit.tls_report import letter, octets, packed, said
from pyeonji.catalog.cli import table
from pyeonji.cli import main
from pyeonji.message.tls_report import OTHER, RESULTS

DAY_S = 86_400
FIRST = said(90, ("certificate-expired", 8), ("starttls-not-supported", 2, {"failure-reason-code": "no such command"}))
SECOND = said(45, number="2", day="2026-11-24")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("pyeonji.cli.place.Place.now_us", lambda self: (BEGINS_S + 3 * DAY_S) * 1_000_000)

    def called(*words):
        code = main(["tls", *map(str, words)])
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


def test_reports_are_told(run, files):
    code, out = run("read", *files(a=letter(packed(FIRST)), b=octets(SECOND)))
    assert code == 0
    assert "Far Mail connected to here.test 100 times." in out
    code, out = run("reports")
    assert code == 0
    assert "here.test: 145 connections to us were reported within 30 days (by 2)." in out
    assert "135 of them were encrypted as they should be (93 %)." in out
    assert f"11-23  {'█' * 36}{'░' * 4}  90 + 10" in out
    assert "8 times, mx.here.test: the certificate had expired (certificate-expired)." in out
    assert "pyeonji tls renew" in out
    assert "In their words: no such command" in out


def test_the_same_in_korean_and_for_programs(run, files, monkeypatch):
    run("read", *files(a=packed(FIRST)))
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    code, out = run("reports", "here.test")
    assert (code, "8번, mx.here.test: 인증서의 기한이 지나 있었어요" in out) == (0, True)
    code, out = run("reports", "--json")
    (one,) = json.loads(out)
    assert (one["domain"], one["sessions"], one["good"]) == ("here.test", 100, 90)
    assert one["days"] == [{"day": "2026-11-23", "sessions": 100, "good": 90}]
    assert [failure["result"] for failure in one["failures"]] == ["certificate-expired", "starttls-not-supported"]


def test_a_report_counts_once_and_only_about_domains_here(run, files):
    (path,) = files(a=packed(FIRST))
    run("read", path)
    code, out = run("read", path)
    assert (code, "was read before" in out or "already" in out) == (0, True)
    code, out = run("read", *files(b=packed(said(domain="far.test")), c=b"nothing", d=letter(b"x")))
    assert (code, out.count("far.test is no domain here")) == (1, 1)


def test_where_nobody_reported_it_is_said_how_to_be_told(run):
    code, out = run("reports")
    assert (code, "_smtp._tls" in out) == (1, True)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_result_has_a_sentence_and_what_to_do(language):
    for result in (*RESULTS, OTHER):
        assert table(language)[f"tls.result.{result}"]
        assert table(language)[f"tls.mend.{result}"]
