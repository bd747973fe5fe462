"""Every command that changes something says with --json what is true now, in the shape its list has."""

import io
import json
import sys

import pytest

from pyeonji.cli import main
from pyeonji.store.home import open_home

ACCOUNT = {
    "address": "kim@a.test", "name": "", "language": "ko", "quota_octets": 0, "quota_messages": 0, "used_octets": 0,
    "disabled": False,
}  # fmt: skip
DOMAIN = {"name": "a.test", "catch_all": "", "accounts": 0}
APP = {"name": "board", "account": "kim@a.test", "return_addresses": False, "attempts": True, "last_used": None}


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """told("account list") -> the JSON that was printed; what the clock and chance decide is left out."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("pyeonji.directory.login.MEMORY_KIB", 64)
    open_home(tmp_path / "data", create=True).close()

    def called(words, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        assert main([*words.split(), "--json", "--lang", "ko"]) == 0
        return timeless(json.loads(capsys.readouterr().out))

    return called


def timeless(found):
    if isinstance(found, list):
        return [timeless(one) for one in found]
    return {name: value for name, value in found.items() if name not in ("created", "at", "key", "secret")}


@pytest.fixture
def people(told):
    told("domain add a.test")
    told("account add kim@a.test --password-stdin", stdin="secret\n")
    return told


@pytest.fixture
def board(people):
    people("app add board --account kim@a.test --label web")
    return people


def test_a_domain_is_told_as_it_is_after_each_change(told):
    assert told("domain add a.test") == DOMAIN
    told("account add kim@a.test --password-stdin", stdin="secret\n")
    assert told("domain catch-all a.test kim@a.test") == DOMAIN | {"catch_all": "kim@a.test", "accounts": 1}
    assert told("domain catch-all a.test") == DOMAIN | {"accounts": 1} == told("domain list")[0]
    told("account remove kim@a.test --yes")
    assert told("domain remove a.test --yes") == {"name": "a.test", "removed": True}


def test_an_account_is_told_as_it_is_after_each_change(told):
    told("domain add a.test")
    assert told("account add Kim@A.test --password-stdin", stdin="secret\n") == ACCOUNT
    assert told("account passwd kim@a.test --password-stdin", stdin="another\n") == ACCOUNT
    made_up = told("account passwd kim@a.test")
    assert made_up.pop("password")
    assert made_up == ACCOUNT
    assert told("account quota kim@a.test 1MiB --messages 9") == ACCOUNT | {
        "quota_octets": 1 << 20, "quota_messages": 9,
    }  # fmt: skip
    assert told("account quota kim@a.test 0 --messages 0") == ACCOUNT
    assert told("account disable kim@a.test") == ACCOUNT | {"disabled": True}
    assert told("account enable kim@a.test") == ACCOUNT == told("account list")[0]
    told("account app-password add kim@a.test phone")
    gone = {"address": "kim@a.test", "name": "phone", "removed": True}
    assert told("account app-password remove kim@a.test phone") == gone
    assert told("account remove kim@a.test --yes") == {"address": "kim@a.test", "removed": True}


def test_an_alias_is_told_with_all_its_targets(people):
    kim = {"address": "info@a.test", "target": "kim@a.test", "owner": ""}
    lee = {"address": "info@a.test", "target": "lee@b.test", "owner": ""}
    assert people("alias add Info@a.test kim@a.test") == [kim]
    people("alias add other@a.test kim@a.test")
    assert people("alias add info@a.test lee@b.test") == [kim, lee]
    assert people("alias remove info@a.test lee@b.test") == {
        "address": "info@a.test", "target": "lee@b.test", "removed": True,
    }  # fmt: skip
    assert people("alias remove info@a.test") == {"address": "info@a.test", "target": None, "removed": True}


def test_an_app_is_told_as_it_is_after_each_change(board):
    assert board("app set board --attempts on") == APP == board("app list")[0]
    revoked = board("app keys board --revoke web")
    assert revoked.pop("hint").startswith("pj_live_")
    assert revoked == {"name": "board", "id": 1, "removed": True}
    assert board("app remove board --yes") == {"name": "board", "removed": True}


def test_a_route_is_told_as_its_list_has_it(board):
    assert board("route add board kim@a.test") == {"address": "kim@a.test", "app": "board"} == board("route list")[0]
    assert board("route remove kim@a.test") == {"address": "kim@a.test", "removed": True}


def test_a_webhook_is_told_as_it_is_after_each_change(board):
    board("webhook add board https://board.example/hooks")
    on = board("webhook list")[0]
    assert board("webhook pause 1") == on | {"state": "paused"}
    assert board("webhook resume 1") == on
    assert board("webhook replay 1") == {"id": 1, "replayed": 0}
    assert board("webhook remove 1 --yes") == {"id": 1, "url": "https://board.example/hooks", "removed": True}


def test_an_address_that_gets_nothing_is_told_with_whose_decision_holds(board):
    for_all = {
        "address": "lee@b.test", "app": None, "cause": "a person decided", "note": "asked", "message": None,
    }  # fmt: skip
    assert board("suppress add Lee@b.test --note asked") == for_all == board("suppress why lee@b.test")
    assert board("suppress add lee@b.test --app board --note asked") == for_all | {"app": "board"}
    assert board("suppress why lee@b.test --app board") == for_all | {"app": "board"}
    assert board("suppress remove lee@b.test") == {"address": "lee@b.test", "app": None, "removed": True}
    assert board("suppress remove lee@b.test --app board")["app"] == "board"


def test_a_setting_is_told_with_its_file(told, tmp_path):
    file = str(tmp_path / "data" / "pyeonji.toml")
    changed = {"file": file, "settings": {"queue.give_up_after": "2d"}}
    assert told("config set queue.give_up_after 2d") == changed
    assert told("config set hostname mx.a.test") == {"file": file, "settings": {"hostname": "mx.a.test"}}


def test_units_are_told_by_their_files(told, tmp_path):
    files = [str(tmp_path / name) for name in ("pyeonji.service", "pyeonji.socket")]
    assert told(f"systemd install --folder {tmp_path}") == {"made": files}
