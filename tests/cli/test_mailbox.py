"""`pyeonji mailbox` and `pyeonji account quota`: what people read, and what programs read."""

import json

import pytest

from pyeonji.cli import main

KIM, LEE = "kim@example.com", "lee@example.com"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Call a command in an empty data folder with two accounts: (exit code, stdout, stderr)."""
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("PYEONJI_LANG", raising=False)

    def called(*words):
        code = main([*words, "--data", str(tmp_path / "data")])
        return code, *capsys.readouterr()

    called("domain", "add", "example.com")
    for address in (KIM, LEE):
        called("account", "add", address)
    return called


def listed(run):
    return {one["mailbox"]: one for one in json.loads(run("mailbox", "list", KIM, "--json")[1])}


def test_a_mailbox_is_made_with_its_levels_and_its_use(run):
    code, out, _ = run("mailbox", "create", KIM, "일/중요", "--use", "Important", "--json")
    made = json.loads(out)
    assert code == 0 and made["mailbox"] == "일/중요"
    found = listed(run)
    assert found["일/중요"]["use"] == "Important" and found["일/중요"]["id"] == made["id"]
    assert found["일"]["letters"] == 0
    assert "Important" in run("mailbox", "list", KIM)[1]


def test_a_mailbox_is_renamed_and_deleted_only_when_somebody_means_it(run):
    run("mailbox", "create", KIM, "a/b")
    assert run("mailbox", "rename", KIM, "a", "z")[0] == 0
    assert "z/b" in listed(run) and "a" not in listed(run)
    code, _, err = run("mailbox", "delete", KIM, "z/b")
    assert code == 1 and "add --yes" in err and "z/b" in listed(run)
    assert run("mailbox", "delete", KIM, "z/b", "--yes")[0] == 0
    assert "z/b" not in listed(run)


def test_a_mailbox_is_shared_and_taken_back(run):
    run("mailbox", "create", KIM, "P")
    assert json.loads(run("mailbox", "share", KIM, "P", "Lee@Example.com", "--json")[1])["rights"] == "lr"
    run("mailbox", "share", KIM, "P", "anyone", "--rights", "l")
    assert listed(run)["P"]["shared"] == {"anyone": "l", LEE: "lr"}
    run("mailbox", "share", KIM, "P", LEE, "--rights", "write")
    assert listed(run)["P"]["shared"][LEE] == "lrswite"
    assert f"{LEE} lrswite" in run("mailbox", "list", KIM)[1]
    code, out, _ = run("mailbox", "unshare", KIM, "P", "anyone")
    assert code == 0 and f"shared with: {LEE} lrswite" in out
    assert "nobody now" in run("mailbox", "unshare", KIM, "P", "--all")[1]
    assert listed(run)["P"]["shared"] == {}


WRONG = [
    (("mailbox", "list", "nobody@example.com"), 1, "there is no such account"),
    (("mailbox", "create", KIM, "INBOX"), 1, "there is a mailbox INBOX already"),
    (("mailbox", "create", KIM, "a//b"), 2, "no name of a mailbox"),
    (("mailbox", "create", KIM, "Shared/x"), 2, "other people's mailboxes"),
    (("mailbox", "create", KIM, "x", "--use", "All"), 2, "All cannot be chosen"),
    (("mailbox", "rename", KIM, "no", "yes"), 1, "there is no mailbox no"),
    (("mailbox", "rename", KIM, "Sent", "Sent/x"), 1, "cannot move into itself"),
    (("mailbox", "rename", KIM, "Sent", "Junk"), 1, "there is a mailbox Junk already"),
    (("mailbox", "delete", KIM, "inbox", "--yes"), 1, "INBOX stays"),
    (("mailbox", "delete", KIM, "no", "--yes"), 1, "there is no mailbox no"),
    (("mailbox", "share", KIM, "no", LEE), 1, "there is no mailbox no"),
    (("mailbox", "share", KIM, "INBOX", "nobody@example.com"), 1, "there is no such account"),
    (("mailbox", "share", KIM, "INBOX", KIM), 1, "owns the mailbox"),
    (("mailbox", "share", KIM, "INBOX", LEE, "--rights", "much"), 2, "these are no rights"),
    (("mailbox", "share", KIM, "INBOX", LEE, "--rights", ""), 2, "these are no rights"),
    (("mailbox", "unshare", KIM, "INBOX"), 2, "--all"),
    (("mailbox", "unshare", KIM, "INBOX", LEE, "--all"), 2, "--all"),
    (("account", "quota", KIM, "--messages", "many"), 2, "no number of letters"),
]


@pytest.mark.parametrize(("words", "code", "sentence"), WRONG)
def test_what_is_wrong_is_one_clear_sentence(run, words, code, sentence):
    found, out, err = run(*words)
    assert (found, out) == (code, "") and sentence in err
    assert err.count("\n") <= 2


@pytest.mark.parametrize("words", [words for words, _, _ in WRONG])
def test_the_same_is_said_in_korean(run, words):
    code, _, err = run(*words, "--lang", "ko")
    assert code and any("가" <= char <= "힣" for char in err)


def test_limits_are_set_one_by_one_and_shown_with_what_is_used(run):
    assert run("account", "quota", KIM, "1KiB")[0] == 0
    assert run("account", "quota", KIM, "--messages", "200")[0] == 0
    assert json.loads(run("account", "quota", KIM, "--json")[1]) == {
        "octets": {"used": 0, "limit": 1024},
        "messages": {"used": 0, "limit": 200},
        "mailboxes": {"used": 6, "limit": 10000},
    }
    code, out, _ = run("account", "quota", KIM)
    assert code == 0 and "1024" in out and "letters" in out and "0 %" in out
    run("account", "quota", KIM, "0", "--messages", "0")
    assert json.loads(run("account", "quota", KIM, "--json")[1])["messages"] == {"used": 0, "limit": 0}
