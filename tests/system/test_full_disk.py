"""`pyeonji serve` on a full disk says so, where and what to do, and starts when there is room."""

import subprocess
import sys
from pathlib import Path

import pytest

from kit.older import older_folder
from kit.patience import PATIENCE_S
from kit.server import Server
from kit.small_disk import KIB, small_disk

pytestmark = pytest.mark.system
PYEONJI = Path(sys.executable).parent / "pyeonji"
DISK = 8 * 1024 * KIB
SAID = {"en": "the disk is full. Make room there", "ko": "디스크가 가득 찼어요. 자리를 비우고"}


def serve(data, language):
    return subprocess.run(
        [PYEONJI, "serve", "--data", data, "--port-offset", "41000", "--lang", language],
        capture_output=True, check=False, timeout=PATIENCE_S, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("room", [8 * KIB, 900 * KIB])
@pytest.mark.parametrize("language", SAID)
def test_a_first_start_on_a_full_disk(tmp_path, room, language):
    with small_disk(tmp_path / "disk", DISK) as disk:
        data = disk.folder / "data"
        disk.leave(room)
        found = serve(data, language)
        assert (found.returncode, found.stdout) == (75, "")
        assert found.stderr.startswith(str(data)) and SAID[language] in found.stderr
        disk.empty()
        with Server(data, ()) as server:
            assert server.status() is not None


def test_an_update_on_a_full_disk(tmp_path):
    with small_disk(tmp_path / "disk", DISK) as disk:
        data = older_folder(disk.folder / "data")
        disk.leave(16 * KIB)
        found = serve(data, "en")
        assert found.returncode == 75 and SAID["en"] in found.stderr and "Traceback" not in found.stderr
        disk.empty()
        with Server(data, ()) as server:
            assert server.status() is not None
