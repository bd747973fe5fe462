"""The units that start the server, as systemd itself reads them."""

import re
import shutil
import subprocess

import pytest

from kit.patience import PATIENCE_S
from kit.server import BIN

pytestmark = pytest.mark.system
MOST_EXPOSED = 20  # tenths of systemd's "exposure level": 0 is a service that can do nothing, 100 one that may do all

if shutil.which("systemd-analyze") is None:
    pytest.skip("systemd-analyze is not installed", allow_module_level=True)


@pytest.fixture
def units(tmp_path):
    """The folder of the units that are printed for the data folder of a machine's own server."""
    done = subprocess.run(
        [BIN / "pyeonji", "systemd", "print", "--data", "/var/lib/pyeonji"], capture_output=True, text=True, check=True
    )
    pieces = re.split(r"(?m)^# (pyeonji\.\w+)\n", done.stdout)
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        (tmp_path / name).write_text(text)
    return tmp_path


def analyzed(units, *words):
    return subprocess.run(["systemd-analyze", *words], cwd=units, capture_output=True, text=True, timeout=PATIENCE_S)


def verified(units):
    return analyzed(units, "verify", "--man=no", "./pyeonji.service", "./pyeonji.socket")


def test_systemd_reads_them_without_a_word(units):
    done = verified(units)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_mistake_in_them_would_be_told(units):
    """Negative control."""
    service = units / "pyeonji.service"
    service.write_text(service.read_text().replace("NoNewPrivileges=true", "NoNewPrivilegs=true"))
    assert "NoNewPrivilegs" in verified(units).stderr


def test_the_service_may_do_little(units):
    def exposed():
        words = ("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "./pyeonji.service")
        return analyzed(units, *words).returncode

    assert exposed() == 0
    service = units / "pyeonji.service"  # negative control: without its fences it may do much
    service.write_text(re.sub(r"(?m)^(Protect|Restrict|Private|System|Capability|NoNew).*\n", "", service.read_text()))
    assert exposed() != 0
