"""A disk that is full when the store is opened or brought to our version: that is what is said, and nothing is lost."""

import errno
import shutil

import apsw
import pytest

from kit.older import lone_engine, older_folder
from kit.small_disk import KIB, small_disk
from pyeonji.cli import call
from pyeonji.config.load import default
from pyeonji.daemon import first_run
from pyeonji.daemon.first_run import PASSWORD_FILE, first_account, make_folder
from pyeonji.store import commits, directory
from pyeonji.store.engine.base import Full, StoreError
from pyeonji.store.engine.sqlite_connection import translated
from pyeonji.store.home import COMMITS, NotUsable, open_home
from pyeonji.store.upgrade import upgrade

DISK = 4 * 1024 * KIB
ROOM = [*range(0, 128, 8), *range(128, 1400, 96)]  # KiB: from nothing to enough for an empty store


def is_full(error):
    return isinstance(error, Full) or (isinstance(error, NotUsable) and error.is_full)


def test_wherever_a_start_runs_out_of_room_a_full_disk_is_what_it_says(tmp_path):
    with small_disk(tmp_path / "disk", DISK) as disk:
        data, outcomes = disk.folder / "data", []
        for room in ROOM:
            shutil.rmtree(data, ignore_errors=True)
            disk.leave(room * KIB)
            try:
                make_folder(default(data))
                first_account(default(data), lambda account: None)
                outcomes.append("made")
            except StoreError as error:
                assert is_full(error), (room, error)
                outcomes.append("full")
        assert outcomes[0] == "full" and outcomes[-1] == "made"
        disk.empty()
        make_folder(default(data))


def test_an_upgrade_that_finds_no_room_changes_nothing_and_is_done_when_there_is(tmp_path):
    with small_disk(tmp_path / "disk", DISK) as disk:
        data = disk.folder / "data"
        older_folder(data)
        for room in (0, 8, 40, 160, 320):
            disk.leave(room * KIB)
            with pytest.raises(StoreError) as caught:
                upgrade(data)
            assert is_full(caught.value), (room, caught.value)
        disk.empty()
        engine = lone_engine(data)
        assert engine.read_now(lambda tx: tx.one("SELECT value FROM meta WHERE name = 'schema'")) == ("6",)
        engine.close()
        assert upgrade(data).version == 6
        open_home(data, create=False).close()


@pytest.mark.parametrize(
    ("kind", "full"), [(apsw.SQLITE_FULL, True), (apsw.SQLITE_IOERR_SHMSIZE, True), (apsw.SQLITE_IOERR_READ, False)]
)
def test_what_sqlite_calls_a_full_disk_is_one(kind, full):
    with pytest.raises(StoreError) as caught, translated():
        raise apsw.exception_for(kind)
    assert isinstance(caught.value, Full) is full


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES])
def test_a_first_password_that_cannot_be_written_makes_no_account(tmp_path, monkeypatch, number):
    """The account is made once: nobody would ever know its password."""

    def refused(fd):
        raise OSError(number, "no")

    settings = default(tmp_path / "data")
    make_folder(settings)
    with monkeypatch.context() as during:
        during.setattr(first_run.os, "fsync", refused)
        with pytest.raises(NotUsable) as caught:
            first_account(settings, lambda account: None)
    assert caught.value.is_full is (number != errno.EACCES)
    home = open_home(settings.data, create=False)
    assert home.engine.read_now(directory.accounts) == []
    told = []
    first_account(settings, told.append)
    assert len(home.engine.read_now(directory.accounts)) == len(told) == 1
    assert str(settings.data / PASSWORD_FILE) in told[0]
    home.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES])
@pytest.mark.parametrize("create", [True, False])
def test_the_first_file_that_has_no_room_tells_so(tmp_path, monkeypatch, number, create):
    if not create:
        open_home(tmp_path / "data", create=True).close()
        (tmp_path / "data" / "run" / COMMITS).unlink()

    def refused(fd, at, length):
        raise OSError(number, "no")

    monkeypatch.setattr(commits.os, "posix_fallocate", refused)
    with pytest.raises(NotUsable) as caught:
        open_home(tmp_path / "data", create=create)
    assert caught.value.data == tmp_path / "data" / "run" / COMMITS
    assert caught.value.is_full is (number != errno.EACCES)


def test_every_command_says_where_there_is_no_room(tmp_path, monkeypatch, capsys):
    from pyeonji.cli import domain

    def full(args, out):
        raise NotUsable(tmp_path / "run" / "pid", OSError(errno.ENOSPC, "No space left on device"))

    monkeypatch.setattr(domain, "run", full, raising=False)
    monkeypatch.setattr(domain, "configure", lambda parser: None)
    for language, said in (("en", "the disk is full"), ("ko", "디스크가 가득 찼어요")):
        assert call.call("domain", ["--lang", language], []) == 75
        assert f"{tmp_path / 'run' / 'pid'}: {said}" in capsys.readouterr().err
