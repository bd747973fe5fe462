"""Reports of others are read in a process of its own that may do nothing else (L06): python -m pyeonji.daemon.apart.

What they are packed and written in (gzip, ZIP, XML) is read by libraries in C; were one of them taken over by a
report, it would find neither keys nor letters there, and nobody to tell.
"""

import asyncio
import os
import sys

import msgspec

from pyeonji.catalog.cli import say
from pyeonji.intake.aggregate import Brought, first_report
from pyeonji.message.tls_report import TlsReport
from pyeonji.msgauth.dmarc.report import Report
from pyeonji.net.confined import confine

PATIENCE_S = 60.0  # seconds for one letter, with the start of the process
MAX_SAID = 64 << 20  # octets of what is read out of one letter
STEP = 1 << 16  # octets
KINDS = {"dmarc report": tuple[Report, ...], "tls report": tuple[TlsReport, ...]}
KEPT = ("LD_LIBRARY_PATH",)  # of the environment: without it some interpreters do not start


class Said(msgspec.Struct):
    """What the process says of a letter."""

    rule: str
    reports: msgspec.Raw


async def read_apart(letter: bytes) -> Brought | None:
    """The first report in a letter, or None; read there.  What goes wrong there is a line of the log."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "pyeonji.daemon.apart",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = await _said(process, letter)
            await process.wait()
    except (TimeoutError, ConnectionError):  # it would not end, or died
        said = b""
    finally:
        if process.returncode is None:
            process.kill()
        code = await process.wait()
    if code:
        sys.stderr.write(say("en", "report.unread", code=str(code)) + "\n")
    return understood(said)


def understood(said: bytes) -> Brought | None:
    """Its words, believed no more than a stranger's."""
    try:
        found = msgspec.json.decode(said, type=Said)
        reports = msgspec.json.decode(found.reports, type=KINDS[found.rule])
    except (msgspec.DecodeError, KeyError):
        return None
    return Brought(found.rule, reports) if reports else None


async def _said(process: asyncio.subprocess.Process, letter: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(letter)
    await process.stdin.drain()
    process.stdin.close()
    said = bytearray()
    while piece := await process.stdout.read(STEP):
        said += piece
        if len(said) > MAX_SAID:
            raise ConnectionError("no report is as long")
    return bytes(said)


def main() -> None:
    """The process: a letter comes in, what is in it goes out."""
    confine()
    found = first_report(sys.stdin.buffer.read())
    if found is not None:
        sys.stdout.buffer.write(msgspec.json.encode({"rule": found.rule, "reports": found.reports}))


if __name__ == "__main__":
    main()
