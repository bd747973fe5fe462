"""Which ports of a whole server ask for certificates of people: those where people log in, and no others."""

import asyncio
import ssl
from dataclasses import replace

import pytest

from attacks.test_external import ROOT, Issued
from kit.inprocess import KIM
from kit.patience import PATIENCE_S
from kit.stored import NOW
from pyeonji.config.load import default
from pyeonji.config.model import Listen
from pyeonji.daemon.assemble import Node
from pyeonji.daemon.certificate import personal_of
from pyeonji.net.certificates import BadCertificate
from pyeonji.net.personal import PersonalSettings
from pyeonji.store import directory

HOST = "127.0.0.1"
PORTS = ("imaps", "submissions", "pop3s", "smtp", "submission", "https")


async def shaken(port, tls, begin=b"", go=b""):
    """Octets that are said behind the handshake; None where there is none."""
    try:
        if not begin:
            reader, writer = await asyncio.open_connection(HOST, port, ssl=tls, server_hostname="mail.here.test")
        else:
            reader, writer = await asyncio.open_connection(HOST, port)
            await reader.readuntil(b"\r\n")
            for words, awaited in ((b"EHLO x\r\n", b"250 "), (begin, go)):
                writer.write(words)
                while not (await reader.readuntil(b"\r\n")).startswith(awaited):
                    pass
            await writer.start_tls(tls, server_hostname="mail.here.test")
        writer.write(b"a CAPABILITY\r\n" if not begin else b"EHLO x\r\n")
        said = b""
        async with asyncio.timeout(PATIENCE_S):
            while octets := await reader.read(4096):
                said += octets
                if b"a OK" in said or b"250 " in said or b"-ERR" in said or b"500" in said or b"400" in said:
                    break
        writer.close()
        return said
    except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError):
        return None


def asked(tmp_path, certificate):
    """What each port says to a client that shows this certificate."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(ROOT.pem)
    settings = replace(
        default(tmp_path / "data"), hostname="mail.here.test", personal=PersonalSettings(roots=str(roots)),
        listeners=tuple(Listen(service, HOST, 0) for service in PORTS),
    )  # fmt: skip

    async def run():
        node = Node(settings)
        node.home.engine.write_now(directory.add_domain, "here.test", NOW)
        await node.start(local=False)
        try:
            found = {}
            for one in node.listeners:
                starts = (b"STARTTLS\r\n", b"220 ") if one["service"] in ("smtp", "submission") else ()
                found[one["service"]] = await shaken(one["port"], certificate.shown_by(tmp_path), *starts)
            return found
        finally:
            await node.stop(0)

    return asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_where_people_log_in_a_certificate_is_heard_of_and_nowhere_else(tmp_path):
    found = asked(tmp_path, Issued("Kim", ROOT, emails=(KIM,)))
    assert b"EXTERNAL" in found["imaps"]
    assert b"EXTERNAL" in found["submissions"] + found["submission"]
    assert b"EXTERNAL" not in found["smtp"]


def test_a_strangers_certificate_keeps_no_server_and_no_browser_out(tmp_path):
    """A server that shows its own certificate to everybody who asks would not get its mail through."""
    found = asked(tmp_path, Issued("mx", emails=("a@far.test",)))
    assert (found["imaps"] or b"", found["submission"] or b"", found["pop3s"] or b"") == (b"", b"", b"")
    assert b"250 " in found["smtp"]
    assert found["https"]


def test_files_that_hold_no_certificates_are_told(tmp_path):
    for text in ("", "nothing"):
        (tmp_path / "x.pem").write_text(text)
        settings = replace(default(tmp_path), personal=PersonalSettings(roots=str(tmp_path / "x.pem")))
        with pytest.raises(BadCertificate) as found:
            personal_of(settings)
        assert found.value.key == "tls.no_personal"
