"""Filters that others have written work through our side of the milter protocol: OpenDKIM, OpenDMARC, rspamd."""

import asyncio
import base64
import socket
import subprocess
import time

import pytest

from kit.signed import results
from pyeonji.filters.milter.driver import Milters, Peer
from pyeonji.filters.milter.edited import Working
from pyeonji.filters.milter.settings import MilterSettings
from pyeonji.message.header import parse_header
from pyeonji.net.clock import SECOND_US, SystemClock

HEAD = (
    b"From: lee@far.test\r\nTo: kim@here.test\r\nSubject:  two spaces\r\n and a fold\r\n"
    b"Date: Fri, 27 Nov 2026 06:00:00 +0000\r\nMessage-ID: <1@far.test>\r\n\r\n"
)
BODY = b"Hello\r\n\r\n. dot\r\n"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
PEER = Peer("192.0.2.1", 4711, "mx.far.test", "far.test", "mx.here.test", "K7M32QXD9TAB")
UP_S = 30.0  # seconds until a filter listens


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def running(program):
    """`running(name, port, *arguments)` starts a filter and waits until it listens."""
    started = []

    def start(name, port, *arguments):
        started.append(subprocess.Popen([program(name), *map(str, arguments)], stdout=subprocess.DEVNULL))
        until = time.monotonic() + UP_S
        while time.monotonic() < until:
            assert started[-1].poll() is None, f"{name} did not stay"
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        pytest.fail(f"{name} does not listen")

    yield start
    for one in started:
        one.terminate()
        one.wait(10)


def look(port, head=HEAD, body=BODY):
    async def go():
        asked = Milters(MilterSettings(filters=(f"inet:{port}@127.0.0.1",)), 1 << 20)
        letter = Working(head, "lee@far.test", ("kim@here.test",), len(body), lambda at, n: body[at : at + n])
        return await asked.look(letter, PEER)

    return asyncio.run(go())


def test_what_opendkim_signs_is_good(tmp_path, running, program):
    """Simple canonicalization: one octet told wrongly, of a space or a fold, and the signature is bad."""
    port, key = free_port(), tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    key.chmod(0o600)
    public = subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    config = tmp_path / "opendkim.conf"
    config.write_text(
        f"Syslog no\nMode sv\nDomain far.test\nSelector sel\nKeyFile {key}\nInternalHosts 192.0.2.1\n"
        f"RequireSafeKeys no\nCanonicalization simple/simple\nSocket inet:{port}@127.0.0.1\n"
    )
    running("opendkim", port, "-f", "-x", config)
    found = look(port)
    assert found.action == "accept"
    assert found.told == [(f"inet:{port}@127.0.0.1", "added DKIM-Signature")]
    assert found.letter.head.endswith(HEAD)
    assert is_good(found.letter.head + BODY, public)
    assert not is_good(found.letter.head.replace(b"  two", b" two") + BODY, public)  # negative control


def is_good(content, public):
    record = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
    zone = {("sel._domainkey.far.test", "TXT"): (record,)}
    return results(content, zone, SystemClock().now_us() // SECOND_US) == ["pass"]


def test_opendmarc_writes_its_results(tmp_path, running):
    port, config = free_port(), tmp_path / "opendmarc.conf"
    config.write_text(f"Syslog false\nSocket inet:{port}@127.0.0.1\nAuthservID mx.here.test\nRejectFailures false\n")
    running("opendmarc", port, "-f", "-c", config)
    found = look(port)
    assert found.action == "accept"
    told = parse_header(found.letter.head).text(b"authentication-results")
    assert told.startswith("mx.here.test; dmarc=")


def test_rspamd_refuses_the_letter_that_is_made_for_it(tmp_path, running):
    port, config, suffixes = free_port(), tmp_path / "rspamd.conf", tmp_path / "suffixes"
    suffixes.write_text("test\n")
    config.write_text(
        f'options {{ url_tld = "{suffixes}"; pidfile = "{tmp_path}/pid"; filters = "";'
        ' dns { timeout = 0.1s; nameserver = ["127.0.0.1:9"]; } }\n'
        'logging { type = "console"; level = "error"; }\nactions { reject = 15; add_header = 6; }\n'
        f'worker "rspamd_proxy" {{ bind_socket = "127.0.0.1:{port}"; milter = yes; count = 1;\n'
        '  upstream "local" { default = yes; self_scan = yes; } }\n'
    )
    running("rspamd", port, "-f", "-i", "-c", config)
    bad = look(port, body=GTUBE)
    assert (bad.action, bad.reply.code) == ("refuse", 554)
    assert "5.7.1" in bad.reply.text
    assert look(port).action == "accept"  # negative control
