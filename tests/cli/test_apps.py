"""The commands about apps: keys are shown once; webhooks, routes and addresses that get nothing are made and told."""

import asyncio
import json

import pytest

from kit.hook import Receiver
from kit.stored import letter, person, relaying, take
from pyeonji.catalog.cli import say
from pyeonji.cli import main
from pyeonji.directory.app_keys import key_digest
from pyeonji.journey.receipt import written
from pyeonji.net.clock import SystemClock
from pyeonji.queue.state import State
from pyeonji.store import apps, directory, suppressions, webhooks
from pyeonji.store.accept import Suppressing
from pyeonji.store.home import open_home
from pyeonji.store.sent import Sent

URL = "https://board.example/hooks"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path, create=True)
    home.engine.write_now(directory.add_domain, "a.test", 1)
    person(home)
    yield home
    home.close()


@pytest.fixture
def run(data, capsys):
    def called(*words):
        code = main([*words, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.strip() else None, said.err

    return called


@pytest.fixture
def says(data, capsys):
    def called(*words):
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return called


def test_an_app_is_made_with_a_key_that_is_shown_once(run, says, data):
    code, made, _ = run("app", "add", "board", "--account", "kim@a.test", "--scopes", "send,read", "--label", "web")
    assert code == 0
    holder = data.engine.read_now(apps.find, key_digest(made["key"]))
    assert (holder.app.name, holder.key.scopes, holder.key.label) == ("board", ("send", "read"), "web")
    assert made["key"] not in str(says("app", "keys", "board"))
    code, keys, _ = run("app", "keys", "board")
    assert [(one["label"], one["test"]) for one in keys] == [("web", False)]
    code, again, _ = run("app", "rotate", "board", "web")
    assert data.engine.read_now(apps.find, key_digest(made["key"])) is None
    assert data.engine.read_now(apps.find, key_digest(again["key"])) is not None
    run("app", "keys", "board", "--add", "--test", "--label", "trial")
    assert says("app", "keys", "board", "--revoke", "web")[0] == 0
    assert [one["label"] for one in run("app", "keys", "board")[1]] == ["trial"]
    assert "board" in says("app", "list")[1]
    says("app", "set", "board", "--return-addresses", "on", "--attempts", "on")
    (listed,) = run("app", "list")[1]
    assert (listed["return_addresses"], listed["attempts"], listed["account"]) == (True, True, "kim@a.test")
    assert says("app", "remove", "board")[0] == 1
    assert says("app", "remove", "board", "--yes")[0] == 0
    assert run("app", "list")[1] == []


MISTAKES = [
    (("app", "add", "x" * 61, "--account", "kim@a.test"), 2, "60 characters"),
    (("app", "add", "board", "--account", "nobody@a.test"), 1, "nobody@a.test"),
    (("app", "add", "board", "--account", "kim@a.test", "--scopes", "all"), 2, "send, read, manage, admin"),
    (("app", "add", "shop", "--account", "kim@a.test"), 1, "shop"),
    (("app", "keys", "gone"), 1, "gone"),
    (("app", "rotate", "shop", "7"), 1, "no such key"),
    (("webhook", "add", "shop", "http://board.example/"), 2, "https://"),
    (("webhook", "add", "shop", "https://127.0.0.1/"), 2, "https://"),
    (("webhook", "add", "shop", URL, "--types", "email.opened"), 2, "email.final"),
    (("webhook", "log", "7"), 1, "no such webhook"),
    (("webhook", "log", "x"), 2, "no such webhook"),
    (("route", "add", "shop", "nobody@a.test"), 1, "nobody"),
    (("route", "remove", "kim@a.test"), 1, "no app hears"),
    (("suppress", "remove", "kim@a.test"), 1, "not on the list"),
]


@pytest.mark.parametrize(("words", "code", "said"), MISTAKES)
def test_a_mistake_is_told_in_one_sentence(says, words, code, said):
    says("app", "add", "shop", "--account", "kim@a.test")
    found, text = says(*words)
    assert (found, said in text, "Traceback" in text) == (code, True, False)


def test_a_webhook_is_made_paused_rotated_and_removed(run, says, data):
    says("app", "add", "board", "--account", "kim@a.test")
    code, made, _ = run("webhook", "add", "board", URL, "--types", "email.final,email.bounced")
    assert (code, made["secret"][:6]) == (0, "whsec_")
    hook = str(made["id"])
    (listed,) = run("webhook", "list")[1]
    assert (listed["types"], listed["state"], listed["not_taken"]) == (["email.bounced", "email.final"], "on", 0)
    assert made["secret"] not in says("webhook", "list")[1]
    says("webhook", "pause", hook)
    assert run("webhook", "list")[1][0]["state"] == "paused"
    says("webhook", "resume", hook)
    assert run("webhook", "list")[1][0]["state"] == "on"
    rotated = run("webhook", "rotate", hook, "--keep", "2h")[1]["secret"]
    secrets = data.engine.read_now(webhooks.secrets, made["id"])
    assert (secrets.secret, secrets.old_secret) == (rotated, made["secret"])
    assert "0 events" in says("webhook", "replay", hook, "--since", "2d")[1]
    assert says("webhook", "log", hook)[0] == 0
    assert says("webhook", "remove", hook)[0] == 1
    assert says("webhook", "remove", hook, "--yes")[0] == 0
    assert run("webhook", "list")[1] == []


@pytest.mark.parametrize(("status", "code"), [(200, 0), (500, 1)])
def test_a_receiver_can_be_tried(data, status, code, capsys):
    async def story():
        async with Receiver(status=status, now_s=lambda: SystemClock().now_us() / 1e6) as receiver:
            person_ = data.engine.read_now(directory.account, "kim@a.test")
            board = data.engine.write_now(apps.add, "board", person_.id, 1)
            hook = data.engine.write_now(webhooks.add, board, receiver.url, "whsec_" + "QUFB" * 8, 1, inside=True)
            receiver.secret = data.engine.read_now(webhooks.secrets, hook).secret
            found = await asyncio.to_thread(main, ["webhook", "test", str(hook)])
            return found, len(receiver.asked), receiver.forged

    assert asyncio.run(story()) == (code, 1, 0)
    assert (str(status) in capsys.readouterr().out) is True


def test_an_app_hears_of_an_address(run, says):
    says("app", "add", "board", "--account", "kim@a.test")
    assert says("route", "add", "board", "kim@a.test")[0] == 0
    assert says("route", "add", "board", "kim@a.test")[0] == 1
    assert run("route", "list")[1] == [{"address": "kim@a.test", "app": "board"}]
    assert says("route", "remove", "kim@a.test")[0] == 0
    assert run("route", "list")[1] == []


def test_an_address_is_kept_back_and_let_go(run, says, data):
    says("app", "add", "board", "--account", "kim@a.test")
    board = data.engine.read_now(apps.named, "board").id
    assert says("suppress", "why", "lee@b.test")[0] == 1
    says("suppress", "add", "Lee@b.test", "--note", "asked by telephone")
    data.engine.write_now(suppressions.add, board, "park@c.test", "addr.no_such_user", 1, message_id=1 << 50)
    code, told_ = says("suppress", "why", "park@c.test", "--app", "board")
    assert (code, "addr.no_such_user" in told_, "pyeonji trace" in told_) == (0, True, True)
    assert {(one["address"], one["app"]) for one in run("suppress", "list")[1]} == {
        ("lee@b.test", None), ("park@c.test", "board"),
    }  # fmt: skip
    assert "asked by telephone" in says("suppress", "why", "lee@b.test", "--app", "board")[1]
    assert says("suppress", "remove", "park@c.test", "--app", "board")[0] == 0
    assert [one["address"] for one in run("suppress", "list", "--app", "board")[1]] == ["lee@b.test"]


def test_every_state_of_a_recipient_has_a_word_in_both_languages(says, data):
    for state in State:
        assert say("ko", f"queue.state.{state}") != say("en", f"queue.state.{state}")
    says("app", "add", "board", "--account", "kim@a.test")
    board = data.engine.read_now(apps.named, "board").id
    made = letter(relaying(), sent=Sent(board), suppressings=(Suppressing(2, "park@b.test", "not sent: complaint"),))
    number = take(data, made).number
    code, text = says("queue", "show", written(number))
    assert (code, "do-not-send list" in text) == (0, True)
