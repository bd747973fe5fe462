"""L06: what lies in a data folder is for its owner, also where whoever made the folder did not think of it."""

import os
import stat
import subprocess
import sys

import apsw
import pytest

from pyeonji.store.home import DATABASE, DIGESTS, open_home


@pytest.fixture
def open_folder(tmp_path):
    """As `mkdir` makes one."""
    before = os.umask(0o022)
    (tmp_path / "data").mkdir()
    yield tmp_path / "data"
    os.umask(before)


def for_others(data):
    """What other users of the machine may read."""
    return sorted(path.name for path in data.iterdir() if path.stat().st_mode & 0o077)


def test_other_users_read_nothing_of_a_new_store(open_folder):
    home = open_home(open_folder, create=True)
    assert {DATABASE, f"{DATABASE}-wal", DIGESTS} <= {path.name for path in open_folder.iterdir()}
    assert for_others(open_folder) == []
    home.close()


def test_by_itself_sqlite_lets_everybody_read(open_folder):
    """Negative control."""
    apsw.Connection(str(open_folder / DATABASE)).execute("CREATE TABLE mail (x)")
    assert for_others(open_folder) == [DATABASE]


def test_a_store_that_others_could_read_is_closed_to_them_and_not_to_a_group(open_folder):
    open_home(open_folder, create=True).close()
    (open_folder / DATABASE).chmod(0o644)
    (open_folder / DIGESTS).chmod(0o640)
    open_home(open_folder, create=False).close()
    modes = [stat.S_IMODE((open_folder / name).stat().st_mode) for name in (DATABASE, DIGESTS)]
    assert modes == [0o640, 0o640]


def test_what_a_link_in_the_folder_names_keeps_its_mode(open_folder, tmp_path):
    """A file of the same owner that has nothing to do with mail, under a name that looks as if it had."""
    open_home(open_folder, create=True).close()
    (tmp_path / "elsewhere").write_text("for everybody")
    (tmp_path / "elsewhere").chmod(0o644)
    (open_folder / f"{DATABASE}-x").symlink_to(tmp_path / "elsewhere")
    (open_folder / f"{DATABASE}-gone").symlink_to(tmp_path / "nothing")
    (open_folder / DATABASE).chmod(0o644)
    open_home(open_folder, create=False).close()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "elsewhere", open_folder / DATABASE)]
    assert modes == [0o644, 0o640]


TRY_TO_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("locked")
"""


def is_locked(path):
    """Whether another process finds it so."""
    return (
        subprocess.run([sys.executable, "-c", TRY_TO_LOCK, path], capture_output=True, check=True).stdout == b"locked\n"
    )


def test_a_store_opened_twice_by_one_process_stays_locked(open_folder):
    """Who closes any descriptor of a file gives up all locks on it (fcntl(2)): another could delete the log."""
    home = open_home(open_folder, create=True)
    open_home(open_folder, create=False).close()
    assert is_locked(open_folder / DATABASE)
    os.close(os.open(open_folder / DATABASE, os.O_RDONLY))  # negative control
    assert not is_locked(open_folder / DATABASE)
    home.close()
