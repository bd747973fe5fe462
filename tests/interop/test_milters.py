"""Filters that others have written work through our side of the milter protocol: OpenDKIM, rspamd, ClamAV ..."""

import asyncio
import base64
import socket
import subprocess

import pytest

from kit.patience import PATIENCE_S
from kit.server import until
from kit.signed import results
from pyeonji.filters.milter.driver import Milters, Peer
from pyeonji.filters.milter.edited import Working
from pyeonji.filters.milter.settings import MilterSettings
from pyeonji.message.header import parse_header
from pyeonji.net.clock import SECOND_US, SystemClock

pytestmark = pytest.mark.interop

HEAD = (
    b"From: lee@far.test\r\nTo: kim@here.test\r\nSubject:  two spaces\r\n and a fold\r\n"
    b"Date: Fri, 27 Nov 2026 06:00:00 +0000\r\nMessage-ID: <1@far.test>\r\n\r\n"
)
BODY = b"Hello\r\n\r\n. dot\r\n"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
PEER = Peer("192.0.2.1", 4711, "mx.far.test", "far.test", "mx.here.test", "K7M32QXD9TAB")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(place):
    if isinstance(place, int):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", place)) == 0
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(str(place)) == 0


@pytest.fixture
def running(program):
    """`running(name, place, *arguments)` starts a filter and waits until it listens at that port or path."""
    started = []

    def start(name, place, *arguments):
        path = program(name, large=True)
        started.append(subprocess.Popen([path, *map(str, arguments)], stdout=subprocess.DEVNULL))
        until(lambda: started[-1].poll() is not None or listens(place))
        assert started[-1].poll() is None, f"{name} did not stay"

    yield start
    for one in started:
        one.terminate()
        one.wait(PATIENCE_S)


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


VIRUS = b"this is the sample that the test calls a virus\r\n"


def test_clamav_refuses_what_its_signatures_know(tmp_path, running, program):
    port, sock = free_port(), tmp_path / "clamd.sock"
    program("clamav-milter", large=True)
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "test.ndb").write_text(f"Test.Sample:0:*:{VIRUS.strip().hex()}\n")
    tmp_path.chmod(0o755)
    clamd, milter = tmp_path / "clamd.conf", tmp_path / "milter.conf"
    clamd.write_text(f"Foreground yes\nDatabaseDirectory {signatures}\nLocalSocket {sock}\nUser root\n")
    milter.write_text(
        f"Foreground yes\nMilterSocket inet:{port}@127.0.0.1\nClamdSocket unix:{sock}\nUser root\n"
        "OnInfected Reject\nAddHeader Add\n"
    )
    running("clamd", sock, "-c", clamd)
    running("clamav-milter", port, "-c", milter)
    assert look(port, body=VIRUS).action == "refuse"
    clean = look(port)
    assert clean.action == "accept"
    assert "X-Virus-Scanned" in clean.letter.head.decode()


def test_spamassassin_marks_the_letter_that_is_made_for_it(tmp_path, running, program):
    port, other = free_port(), free_port()
    program("spamass-milter", large=True)
    running("spamd", other, "-L", "-x", "-m", "1", "-p", other, "-s", "null")
    running("spamass-milter", port, "-p", f"inet:{port}@127.0.0.1", "-r", "100", "--", "-p", other)
    found = look(port, body=GTUBE)
    assert found.action == "refuse"
    clean = look(port)
    assert clean.action == "accept"
    assert "X-Spam-Status" in clean.letter.head.decode()
