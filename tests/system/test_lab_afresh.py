"""The lab as a process: it opens, can be opened afresh from its page, and ends when it is told to."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from kit.patience import PATIENCE_S
from pyeonji.lab import roster

pytestmark = pytest.mark.system


def page(offset, path, body=None, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{roster.HTTP + offset}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.read().decode()


def until(condition, process):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout.read()
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if condition():
                return
        time.sleep(0.1)  # another process: there is no event to wait for
    raise AssertionError("it did not come")


def test_a_lab_is_opened_afresh_from_its_page_without_its_letters(tmp_path):
    offset = 4_900 + os.getpid() % 7 * 100
    command = [
        sys.executable,
        "-m",
        "pyeonji",
        "lab",
        "--data",
        str(tmp_path / "lab"),
        "--port-offset",
        str(offset),
        "--lang",
        "en",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until(lambda: "john@test.com" in page(offset, "/"), process)  # the letter of the opening scene
        assert "opened afresh" in page(offset, "/lab/reset", b"")
        until(lambda: "john@test.com" not in page(offset, "/"), process)
        assert "/lab/scenes/peek" in page(offset, "/lab/")
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert said.count("The mail lab is open") == 2
        assert "Traceback" not in said
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
