"""`pyeonji setup` on a machine of its own, with an Internet that has faults: each is found, and who must mend it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.internet import NAMES, TIME
from kit.patience import PATIENCE_S
from kit.server import BIN

pytestmark = pytest.mark.system


def may_make_networks():
    """Root inside a container often may not."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "nsenter"))):
        return False
    pair = ["unshare", "-n", "ip", "link", "add", "inner", "type", "veth", "peer", "name", "outer"]
    return subprocess.run(pair, capture_output=True, check=False).returncode == 0


if not may_make_networks():
    pytest.skip("needs the right to make a network of its own (root, unshare, ip, nsenter)", allow_module_level=True)

OURS, BIG = "198.51.100.7", "203.0.113.25"  # documentation addresses: nobody is reached, whatever goes wrong
REVERSE = "7.100.51.198.in-addr.arpa"


def internet(tmp_path, **changes):
    """Everything in order, but for these."""
    zone = {
        "test": {"NS": ["ns.test."]}, "com": {"NS": ["ns.test."]}, "arpa": {"NS": ["ns.test."]},
        "ns.test": {"A": [NAMES]}, "pool.ntp.org": {"A": [TIME]},
        "gmail.com": {"MX": ["10 mx.big.test."]}, "mx.big.test": {"A": [BIG]},
        "board.test": {"NS": ["ns.test."]},
        REVERSE: {"PTR": ["mail.board.test."]},
        "2.0.0.127.zen.spamhaus.org": {"A": ["127.0.0.2"]},
    } | changes.pop("zone", {})  # fmt: skip
    spec = {"machine": OURS, "addresses": [BIG], "zone": zone, "clock": 0, "smtp": [BIG], "taken": []} | changes
    return spec | {"asked": str(tmp_path / "asked.json")}


def setup(tmp_path, spec, *more, stdin=""):
    """The report of one run, in a network namespace of its own; its data folder."""
    path, data = tmp_path / "spec.json", tmp_path / "data"
    path.write_text(json.dumps(spec))
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "kit.internet", str(path), str(BIN / "pyeonji"), "setup",
         "kim@board.test", "--json", "--data", str(data), "--dns", NAMES, *more],
        input=stdin, capture_output=True, text=True, timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert done.stdout, done.stderr
    return json.loads(done.stdout), data, done


def facts(report):
    return {fact["key"]: fact for fact in report["facts"]}


def test_where_all_is_well_a_server_is_made_and_nothing_is_left_to_do_but_the_dns(tmp_path):
    report, data, done = setup(tmp_path, internet(tmp_path), "--password-stdin", stdin="a long password\n")
    assert {key: fact["verdict"] for key, fact in facts(report).items()} == {
        "ports_free": "good", "clock": "good", "resolver": "good", "port25": "good", "ptr": "good",
        "not_listed": "good", "mx_free": "good", "private_address": "better", "not_agreed": "better",
    }  # fmt: skip
    assert (report["ready"], done.returncode) == (True, 0)
    config = (data / "pyeonji.toml").read_text()
    assert 'hostname = "mail.board.test"' in config
    assert config.count("\n") <= 15
    assert "agreed = false" in config  # nobody was asked, and nobody said so
    assert "a long password" not in done.stdout + done.stderr
    keys = {one["name"] for one in report["records"] if one["key"] == "dkim"}
    assert len(keys) == 2
    assert (data / "dns.zone").read_text().count("v=DKIM1") == 2
    asked = {name for name, _ in json.loads(Path(internet(tmp_path)["asked"]).read_text())}
    wanted = {one["name"] for one in report["records"]}
    assert asked & wanted <= {"board.test"}  # no name was asked for before it is there, but the domain itself


FAULTS = [
    ({"smtp": []}, "port25_blocked", "hoster"),
    ({"zone": {REVERSE: {"PTR": ["host7.cheap.test."]}}}, "ptr_other", "hoster"),
    ({"zone": {REVERSE: {"TXT": ["nothing"]}}}, "ptr_none", "hoster"),
    ({"clock": 120}, "clock_off", "you"),
    ({"taken": [25]}, "port_held", "you"),
    ({"zone": {"board.test": {"NS": ["ns.test."], "MX": ["10 mx.other.test."]}}}, "mx_elsewhere", "you"),
    ({"zone": {"7.100.51.198.zen.spamhaus.org": {"A": ["127.0.0.2"], "TXT": ["seen sending"]}}}, "listed", "you"),
    ({"zone": {"gmail.com": {"TXT": ["x"]}}}, "resolver_silent", "you"),
]


def test_a_list_that_does_not_hear_us_is_not_said_to_know_nothing(tmp_path):
    report, _, _ = setup(tmp_path, internet(tmp_path, zone={"2.0.0.127.zen.spamhaus.org": {"TXT": ["x"]}}), "--dry-run")
    assert "not_listed" not in facts(report)
    assert facts(report)["lists_silent"]["verdict"] == "unknown"


@pytest.mark.parametrize(("fault", "key", "fixer"), FAULTS, ids=[key for _, key, _ in FAULTS])
def test_each_fault_is_found_and_has_somebody_who_can_mend_it(tmp_path, fault, key, fixer):
    report, data, done = setup(tmp_path, internet(tmp_path, **fault), "--dry-run")
    found = facts(report)
    if key == "port_held" and key not in found:  # the tests themselves are run by a service of systemd
        key = "port_taken"
    assert found[key]["fixer"] == fixer
    assert found[key]["do"]
    assert {other for other, fact in found.items() if fact["verdict"] == "bad"} <= {key}  # and nothing else
    assert done.returncode == (0 if found[key]["verdict"] == "better" else 1)
    assert not data.exists()  # --dry-run
    if key.startswith("port_"):
        assert found[key]["port"] == "25"
        assert "python" in found[key]["name"]
    if key == "mx_elsewhere":
        assert "mx" not in {one["key"] for one in report["records"]}


def test_the_answers_of_a_file_are_followed(tmp_path):
    answers = tmp_path / "answers.toml"
    answers.write_text('port25 = "relay"\nrelay = "smtp.relay.test:587"\nreceive = true\n')
    spec = internet(tmp_path, smtp=[], zone={"board.test": {"NS": ["ns.test."], "MX": ["10 mx.other.test."]}})
    report, data, _ = setup(tmp_path, spec, "--answers", str(answers))
    assert 'smart_host = "smtp.relay.test:587"' in (data / "pyeonji.toml").read_text()
    assert "mx" in {one["key"] for one in report["records"]}


def test_a_second_run_changes_nothing_that_is_there(tmp_path):
    first, data, _ = setup(tmp_path, internet(tmp_path))
    config = (data / "pyeonji.toml").read_text() + "# mine\n"
    (data / "pyeonji.toml").write_text(config)
    second, _, _ = setup(tmp_path, internet(tmp_path))
    assert (data / "pyeonji.toml").read_text() == config
    assert second["records"] == first["records"]


def test_from_nothing_to_a_letter_that_a_strict_server_takes(tmp_path):
    """The strict server takes nothing of a domain that asks to reject what nobody vouches for; first, it is seen to."""
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "kit.strict", str(tmp_path)], capture_output=True, text=True,
        timeout=115, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["before"] == ["failed", 550, "5.7.26"]  # the control: no record is in the DNS yet
    assert found["dns"][0] == 0, found["dns"][1]
    assert found["keys"] == 0
    assert found["after"] == ["delivered", 250, "2.0.0"]
    (letter,) = found["letters"]
    results = letter.partition("Received:")[0]
    for result in ("spf=pass", "dmarc=pass", "iprev=pass", "header.a=rsa-sha256", "header.a=ed25519-sha256"):
        assert result in results


@pytest.mark.skipif(shutil.which("pebble") is None, reason="pebble is not installed")
def test_from_nothing_to_certificates_that_others_believe(tmp_path):
    """One command, then the records: each certificate comes as soon as its name leads here, and not before."""
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "kit.newcomer", str(tmp_path), shutil.which("pebble")],
        capture_output=True, text=True, timeout=280,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert facts(found)["agreed"]["verdict"] == "good"
    assert {kind for *_, kind in found["before"]} == {None, "not_in_dns"}  # the authority was not asked in vain
    names = {name for *listed, kind in found["after"] for name in listed if kind is None}
    assert names >= {f"{label}.board.test" for label in ("mail", "autoconfig", "autodiscover", "mta-sts")}
    assert found["heard"][0].startswith("* OK ")
    *pages, policy = found["heard"][1:]
    assert all(line.startswith("HTTP/1.1 ") for line in pages)
    assert policy.split() == [
        "version:", "STSv1", "mode:", "testing", "mx:", "mail.board.test", "max_age:", "604800"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("--agree",), ["agreed = true", 'mode = "testing"']),
        (("--acme", ""), []),
        (
            ("--acme", "https://ca.board.test/dir", "--agree"),
            ['directory = "https://ca.board.test/dir"', "agreed = true"],
        ),
    ],
)
def test_whom_it_asks_for_certificates_is_for_the_administrator_to_say(tmp_path, words, lines):
    report, _, _ = setup(tmp_path, internet(tmp_path), "--dry-run", *words)
    assert all(line in report["config"] for line in lines)
    assert ("[acme]" in report["config"]) is bool(lines)
    key = "agreed" if lines else "no_authority"
    assert facts(report)[key]["verdict"] == ("good" if lines else "better")
