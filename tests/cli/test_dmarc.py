"""`pyeonji dmarc`: reports of others, read from files, told in sentences, as a chart and as a table."""

import json

import pytest

from kit.aggregate import BEGINS_S, letter, packed, row, xml, zipped
from pyeonji.cli import main

DAY_S = 86_400


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("pyeonji.cli.place.Place.now_us", lambda self: (BEGINS_S + 3 * DAY_S) * 1_000_000)

    def called(*words):
        code = main(["dmarc", *map(str, words)])
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


FIRST = xml(row("192.0.2.1", 90), row("198.51.100.7", 10, "reject", "fail", "fail"))
SECOND = xml(row("192.0.2.1", 45, dkim="fail"), number="2", begins=BEGINS_S + DAY_S)


def test_reports_are_told(run, files):
    code, out = run("read", *files(a=packed(FIRST), b=zipped(SECOND)))
    assert code == 0
    assert "Far Mail saw 100 letters in the name of here.test." in out
    code, out = run("report")
    assert code == 0
    assert "here.test: 145 letters in its name were reported within 30 days (by 1)." in out
    assert "135 of them passed (93 %)" in out
    assert "10 did not pass (addresses: 1); 10 were kept from their readers." in out
    assert f"11-23  {'█' * 36}{'░' * 4}  90 + 10" in out
    assert f"11-24  {'█' * 18}" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["192.0.2.1", "135", "135", "90", "135", "0"] in lines
    assert ["198.51.100.7", "10", "0", "0", "0", "10"] in lines


def test_it_is_said_in_korean(run, files):
    run("read", *files(a=FIRST))
    assert (
        "here.test: 지난 30일 동안 서버 1곳이 이 이름으로 온 편지 100통을 보았어요." in run("report", "--lang", "ko")[1]
    )


def test_a_letter_is_read_too_and_only_once(run, files):
    paths = files(a=letter(packed(FIRST)))
    assert "saw 100 letters" in run("read", *paths)[1]
    assert "was read before" in run("read", *paths)[1]
    found = json.loads(run("report", "here.test", "--json")[1])
    assert (found[0]["letters"], found[0]["reporters"][0]["domain"]) == (100, "far.test")


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (xml(domain="other.test"), "other.test is no domain here"),
        (b"x", "it is no XML"),
        (letter(b"x", kind="text/plain"), "the letter has no report attached"),
        (packed(bytes(30 << 20)), "octets come of"),
    ],
)
def test_what_is_no_report_is_said(run, files, octets, why):
    code, out = run("read", *files(a=octets))
    assert (code, why in out) == (1, True), out


def test_nobody_has_reported(run):
    code, out = run("report", "here.test")
    assert code == 1
    assert "Nobody reported on here.test in the last 30 days." in out


def test_old_reports_are_not_shown_unless_asked_for(run, files):
    run("read", *files(a=FIRST))
    assert run("report", "--days", "1")[0] == 1
    assert run("report", "--days", "3")[0] == 0
