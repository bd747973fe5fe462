"""`pyeonji dial HOST`: talk to a mail server, with a plain sentence under each line."""

import argparse
import asyncio
import os
import platform
from typing import Any

from pyeonji.address import Address
from pyeonji.catalog.say import say
from pyeonji.cli.asking import add_resolver, nameservers
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of
from pyeonji.journey.lines import Dialogue
from pyeonji.net.memory_tls import TlsError
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import client_context
from pyeonji.proto.dns import Question
from pyeonji.proto.lines import shown

DIAL_S, WAIT_S = 15.0, 60.0  # seconds for the connection, and for each reply
MAX_REPLY = 64 * 1024  # octets
STOPS = ("greeting", "ehlo", "tls", "mail", "rcpt")
SMTP, SUBMISSIONS = 25, 465


def configure(parser: Parser) -> None:
    parser.argument("host", key="dial_host")
    parser.argument("--to", default="", metavar="ADDRESS", key="dial_to")
    parser.argument("--from", dest="author", default="", metavar="ADDRESS", key="dial_from")
    parser.argument("--helo", default="", metavar="NAME", key="dial_helo")
    parser.argument("--stop-after", default=STOPS[-1], choices=STOPS, metavar="STEP", key="dial_stop")
    parser.argument("--any-certificate", action="store_true")
    add_resolver(parser)


class Ended(Exception):
    """The talk came to its end before everything was said; the text says why."""


class Talk:
    """One connection, every line of it shown and kept."""

    def __init__(self, out: Out, stream: Stream) -> None:
        self._out = out
        self._stream = stream
        self._meanings = Dialogue("out", greets=True)
        self._rest = b""
        self.lines: list[dict[str, Any]] = []

    async def hear(self) -> tuple[int, list[str]]:
        """One reply: its code, and its lines; raises Ended."""
        texts: list[str] = []
        while True:
            text = await self._line()
            self._show("in", text)
            if not text[:3].isdecimal():
                raise Ended(f"not an SMTP reply: {text[:80]}")
            texts.append(text[4:])
            if text[3:4] != "-":
                return int(text[:3]), texts

    async def say(self, text: str) -> tuple[int, list[str]]:
        """A command, and the reply to it; raises Ended."""
        self._show("out", text)
        try:
            await self._stream.write(f"{text}\r\n".encode())
        except (OSError, TimeoutError) as error:
            raise Ended(_reason(error)) from error
        return await self.hear()

    async def lock(self, host: str, *, verify: bool) -> str:
        """TLS: its version and cipher.  Raises TlsError, also for a certificate that is not good for the host."""
        info = await self._stream.start_tls(client_context(verify=verify), server_side=False, hostname=host)
        return f"{info.version} {info.cipher}"

    async def _line(self) -> str:
        self._stream.set_deadline(WAIT_S)
        while b"\n" not in self._rest:
            if len(self._rest) > MAX_REPLY:
                raise Ended("a line without an end")
            try:
                octets = await self._stream.read()
            except (OSError, TimeoutError) as error:
                raise Ended(_reason(error)) from error
            if not octets:
                raise Ended("the connection was closed")
            self._rest += octets
        line, _, self._rest = self._rest.partition(b"\n")
        return shown(line.rstrip(b"\r"))

    def _show(self, direction: str, text: str) -> None:
        meaning = self._meanings.line(direction, text)
        sentence = say(self._out.language, meaning.key, **meaning.slots) if meaning.key else ""
        locked = self._stream.encrypted
        self.lines.append({"direction": direction, "text": text, "encrypted": locked, "meaning": sentence})
        if not self._out.json:
            mark = {"out": "→", "in": "←"}[direction]
            self._out.line(f"{'🔒' if locked else '  '}{mark} {text}")
            if sentence:
                self._out.line(f"     {sentence}")


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when everything that was asked for was said, and taken; 1 when not."""
    host, port = _host_of(args.host)
    to = address_of(args.to) if args.to else None
    author = address_of(args.author) if args.author else None
    lines, trouble = asyncio.run(_dial(args, out, host, port, to, author))
    if out.json:
        out.data({"host": host, "port": port, "lines": lines, "trouble": trouble})
    elif trouble:
        out.error("dial.ended", reason=trouble)
    return 1 if trouble else 0


def _reason(error: OSError) -> str:
    """As the system says it; what took too long has no words of its own."""
    return os.strerror(error.errno) if error.errno else "timed out"


async def _dial(
    args: argparse.Namespace, out: Out, host: str, port: int, to: Address | None, author: Address | None
) -> tuple[list[dict[str, Any]], str]:
    """The lines of the talk, and what went wrong ("" for nothing)."""
    ip = await _ip_of(host, nameservers(args, out))
    if not ip:
        raise Problem("dial.no_such_host", host=host)
    out.say("dial.dialling", host=host, ip=ip, port=port)
    try:
        stream = await dial(ip, port, timeout=DIAL_S)
    except (OSError, TimeoutError) as error:
        raise Problem("dial.no_answer", host=host, port=str(port), reason=_reason(error)) from error
    talk = Talk(out, stream)
    try:
        if port == SUBMISSIONS:
            out.say("dial.locked", how=await talk.lock(host, verify=not args.any_certificate))
        trouble = await _talk(args, out, talk, host, to, author)
        if not trouble:
            await talk.say("QUIT")
    except Ended as error:
        trouble = str(error)
    except TlsError as error:
        trouble = out.words("dial.certificate", host=host, reason=str(error))
    finally:
        stream.abort()
    return talk.lines, trouble


async def _talk(
    args: argparse.Namespace, out: Out, talk: Talk, host: str, to: Address | None, author: Address | None
) -> str:
    """Step by step until the one to stop after; "" or the refusal.  Raises Ended and TlsError."""

    def stops(step: str) -> bool:
        return STOPS.index(args.stop_after) <= STOPS.index(step)

    name = args.helo or platform.node() or "localhost"
    code, lines = await talk.hear()
    if code != 220 or stops("greeting"):
        return "" if code == 220 else lines[-1]
    code, lines = await talk.say(f"EHLO {name}")
    if code != 250 or stops("ehlo"):
        return "" if code == 250 else lines[-1]
    if any(line.strip().upper() == "STARTTLS" for line in lines):
        code, refused = await talk.say("STARTTLS")
        if code != 220:
            return refused[-1]
        out.say("dial.locked", how=await talk.lock(host, verify=not args.any_certificate))
        code, lines = await talk.say(f"EHLO {name}")
    else:
        out.say("dial.not_locked", host=host)
    if stops("tls") or to is None:
        return ""
    commands = [f"MAIL FROM:<{author or ''}>", f"RCPT TO:<{to}>"]
    for command in commands[: 1 if stops("mail") else 2]:
        code, lines = await talk.say(command)
        if code // 100 != 2:
            return lines[-1]
    return ""


def _host_of(text: str) -> tuple[str, int]:
    """ "host", "host:port", "[2001:db8::1]:port"; raises Problem."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = text, str(SMTP)
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Problem("dial.no_port", code=2, value=text)
    return host.removeprefix("[").removesuffix("]").rstrip(".").lower(), int(port)


async def _ip_of(host: str, servers: tuple[str, ...] | None) -> str:
    """The first address of a host; "" when it has none."""
    from ipaddress import ip_address

    from pyeonji.net.clock import SystemClock
    from pyeonji.net.resolver import Resolver

    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if host == "localhost":
        return "127.0.0.1"
    resolver = Resolver(servers, SystemClock())
    answers = [await resolver.lookup(Question(host, kind)) for kind in ("A", "AAAA")]
    return next((record for answer in answers for record in answer.records), "")
