"""One real server for all foreign programs, and what they need to trust it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kit.dovecot import LAYOUTS, Dovecot
from kit.server import KIM, LEE, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("interop") / "d", (KIM, LEE)) as server:
        yield server


@pytest.fixture
def program():
    """`program("swaks")` is where it is; a test of an absent one is skipped, in CI it fails.

    Those that are as large as all others together (`large`) are not installed for CI: there they are skipped, too.
    """

    def find(name: str, *, large: bool = False) -> str:
        path = shutil.which(name)
        if path is None:
            reason = f"{name} is not installed"
            if os.environ.get("CI") == "true" and not large:
                pytest.fail(reason)
            pytest.skip(reason)
        return path

    return find


@pytest.fixture
def dovecot(program):
    """`dovecot(layout, maildir)` starts one."""
    # A path of its own and a short one: Dovecot's sockets must fit into 108 octets.
    started, folder = [], Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)

    def start(layout=LAYOUTS["slash"], maildir=None):
        started.append(Dovecot(program("dovecot", large=True), folder / str(len(started)), layout, maildir))
        return started[-1]

    yield start
    for one in started:
        one.stop()
    shutil.rmtree(folder)
