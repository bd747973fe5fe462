"""L06: who reads what strangers have packed can do nothing else, were it taken over.

Each row is a process of its own, which takes its time to start.
"""

import asyncio
import ctypes
import os
import socket
import subprocess
import sys
import zipfile

import pytest

from kit.aggregate import letter, packed, row, xml, zipped
from kit.tls_report import packed as tls_packed
from kit.tls_report import said
from pyeonji.daemon import apart
from pyeonji.daemon.apart import read_apart, understood
from pyeonji.intake.aggregate import first_report
from pyeonji.net.confined import ASK_VERSION, CREATE_RULESET


def landlock():
    """Its version; 0 for none."""
    kernel = ctypes.CDLL(None)
    return (
        max(0, kernel.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)) if sys.platform == "linux" else 0
    )


IMPORTS = (
    "import ctypes, os, socket, subprocess, sys; from pyeonji.net.confined import confine; kernel = ctypes.CDLL(None)"
)
LOOK = (
    "buffer = ctypes.create_string_buffer(8); here = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8);"
    " there = (ctypes.c_size_t * 2)({address}, 8);"
    " got = kernel.process_vm_readv({parent}, here, 1, there, 1, 0); assert got == 8"
)
ATTEMPTS = {
    "read a key": "open({key!r}).read()",
    "list a folder": "os.listdir({folder!r})",
    "write a file": "open({folder!r} + '/new', 'w')",
    "remove a file": "os.unlink({key!r})",
    "connect": "socket.create_connection(('127.0.0.1', {port}), 5)",
    "reach a socket of this machine": "socket.socket(socket.AF_UNIX).connect({path!r})",
    "listen": "socket.create_server(('127.0.0.1', 0))",
    "start a program": "subprocess.run(['/bin/true'], check=True)",
    "look into its parent": LOOK,
    "end its parent": "os.kill({other}, 9)",
}
NEEDS = {"remove a file": 1, "look into its parent": 1, "end its parent": 6}  # versions of Landlock


def attempted(tmp_path, name, first):
    """ "did" or what kept it from that, of a process that says this first."""
    key = tmp_path / "key.pem"
    key.write_text("secret")
    octets = ctypes.create_string_buffer(b"letters!")
    other = subprocess.Popen(["sleep", "60"])
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "s"))
        local.listen()
        what = ATTEMPTS[name].format(
            key=str(key), folder=str(tmp_path), port=listening.getsockname()[1], path=str(tmp_path / "s"),
            parent=os.getpid(), address=ctypes.addressof(octets), other=other.pid,
        )  # fmt: skip
        code = f"{IMPORTS}\n{first}\ntry:\n    {what}\n    print('did')\nexcept (OSError, AssertionError) as error:\n"
        code += "    print(type(error))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    other.kill()
    other.wait()
    return done.stdout.strip() or done.stderr


def can_be_tried(name):
    if landlock() < NEEDS.get(name, 0):
        pytest.skip("needs a newer kernel (Landlock)")
    if name == "look into its parent" and os.geteuid() != 0:
        pytest.skip("nobody but root looks into others here, confined or not")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_who_is_confined_can_do_nothing_of_it(tmp_path, name):
    can_be_tried(name)
    assert attempted(tmp_path, name, "confine()").startswith("<class ")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_any_other_process_can(tmp_path, name):
    """Negative control."""
    can_be_tried(name)
    assert attempted(tmp_path, name, "pass") == "did"


REPORT = xml(*(row(letters=number) for number in range(1, 50)))
LETTERS = {
    "gzip": letter(packed(REPORT)),
    "zip": letter(zipped(REPORT), kind="application/zip"),
    "a stored zip": letter(zipped(REPORT, method=zipfile.ZIP_STORED), kind="application/zip"),
    "of connections": letter(tls_packed(said(9, ("certificate-expired", 2))), kind="application/tlsrpt+gzip"),
    "nonsense": letter(packed(b"<feedback>")),
    "nothing": b"Subject: x\r\n\r\n",
}


@pytest.mark.parametrize("name", LETTERS)
def test_what_is_read_there_is_what_would_be_read_here(name):
    assert asyncio.run(read_apart(LETTERS[name])) == first_report(LETTERS[name])
    assert (first_report(LETTERS[name]) is None) is (name in ("nonsense", "nothing"))


@pytest.mark.parametrize(
    "code", ["raise SystemExit(3)", "import time; time.sleep(60)", "print('x' * 10_000_000)", "print('{}')"]
)
def test_a_process_that_was_taken_over_says_nothing_we_believe(monkeypatch, tmp_path, capfd, code):
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\n{code}\n")
    program.chmod(0o700)
    monkeypatch.setattr(apart.sys, "executable", str(program))
    monkeypatch.setattr(apart, "PATIENCE_S", 3.0)
    monkeypatch.setattr(apart, "MAX_SAID", 5_000)
    assert asyncio.run(read_apart(LETTERS["gzip"])) is None
    told = capfd.readouterr().err
    assert ("was not read" in told) is (code != "print('{}')")


@pytest.mark.parametrize(
    "words",
    [b"", b"[]", b'{"rule":"x","reports":[]}', b'{"rule":"dmarc report","reports":[]}',
     b'{"rule":"dmarc report","reports":[{"domain":1}]}', b'{"rule":"tls report","reports":7}', b"\xff"],
)  # fmt: skip
def test_words_that_are_no_report_are_none(words):
    assert understood(words) is None
