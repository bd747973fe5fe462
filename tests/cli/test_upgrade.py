"""`pyeonji upgrade` and `rollback`, and what other commands say of a folder that is not yet up."""

import json

import pytest

from kit.older import older_folder
from kit.server import Server
from pyeonji.cli import main
from pyeonji.store.lock import server_lock


@pytest.fixture
def older(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return older_folder(tmp_path / "data")


def test_every_command_says_what_to_do_with_an_older_folder(older, capsys):
    for command in (["account", "list"], ["domain", "add", "b.test"], ["verify"], ["queue", "list"]):
        assert main(command) == 1
        assert "pyeonji upgrade" in capsys.readouterr().err


def test_up_and_back(older, capsys):
    assert main(["upgrade"]) == 0
    assert str(older / "before" / "6") in capsys.readouterr().out
    assert main(["account", "list"]) == 0
    assert main(["upgrade"]) == 0  # once more does nothing
    assert main(["rollback"]) == 1  # only says what it would do
    assert "rollback --yes" in capsys.readouterr().out
    assert main(["account", "list"]) == 0
    capsys.readouterr()
    assert main(["rollback", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["then"] == 6
    assert main(["account", "list"]) == 1


def test_nothing_is_brought_up_under_a_running_server(older, capsys):
    (older / "run").mkdir()
    lock = server_lock(older)
    assert main(["upgrade"]) == 1
    assert main(["rollback", "--yes"]) == 1
    assert capsys.readouterr().err.count("pyeonji status") == 2
    lock.release()


def test_there_is_nothing_to_bring_up_where_no_server_was(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "none"))
    assert main(["upgrade"]) == 1
    assert main(["rollback"]) == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.system
def test_a_newer_server_starts_on_an_older_folder_and_keeps_a_copy(tmp_path):
    data = older_folder(tmp_path / "data")
    with Server(data) as server:
        assert b"pyeonji rollback" in server.log.read_bytes()
        assert (data / "before" / "6" / "mail.db").exists()
        assert server.run("verify").returncode == 0
        assert server.stop() == 0
        assert server.run("rollback", "--yes").returncode == 0
    with Server(data) as server:  # and up once more
        assert server.run("verify").returncode == 0
