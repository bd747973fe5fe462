"""The lab as a process: it opens, can be opened afresh from its page, and ends when it is told to."""

import contextlib
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from kit.patience import PATIENCE_S
from lab.kit import ATTEMPTS, FIRST_OFFSET, LAST_OFFSET
from pyeonji.lab import roster

pytestmark = pytest.mark.system


def page(offset, path, body=None, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{roster.HTTP + offset}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.read().decode()


def until(condition, process):
    """True when it came, False when the process ended before."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if condition():
                return True
        time.sleep(0.1)  # another process: there is no event to wait for
    raise AssertionError("it did not come")


@contextlib.contextmanager
def a_lab(folder, offset):
    command = [sys.executable, "-m", "pyeonji", "lab", "--data", folder, "--port-offset", str(offset), "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def played(folder, offset):
    """All that it said; None where another program has one of its ports."""
    with a_lab(folder, offset) as process:
        if not until(lambda: "john@test.com" in page(offset, "/"), process):  # the letter of the opening scene
            said = process.stdout.read()
            assert "Another program uses" in said, said
            return None
        assert "opened afresh" in page(offset, "/lab/reset", b"")
        assert until(lambda: "john@test.com" not in page(offset, "/"), process)
        assert "/lab/scenes/peek" in page(offset, "/lab/")
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        return said


def test_a_lab_is_opened_afresh_from_its_page_without_its_letters(tmp_path):
    offsets = random.SystemRandom().sample(range(FIRST_OFFSET, LAST_OFFSET), ATTEMPTS)
    said = next(filter(None, (played(tmp_path / f"lab{offset}", offset) for offset in offsets)))
    assert said.count("The mail lab is open") == 2
    assert "Traceback" not in said
