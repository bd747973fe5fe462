"""One real server for all foreign programs, and what they need to trust it."""

import os
import shutil

import pytest

from kit.server import KIM, LEE, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("interop") / "d", (KIM, LEE)) as server:
        yield server


@pytest.fixture
def program():
    """`program("swaks")` is where it is; a test of an absent one is skipped, in CI it fails."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            reason = f"{name} is not installed"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        return path

    return find
