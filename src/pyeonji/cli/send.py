"""`pyeonji send`: write a letter and hand it to the server, as sendmail(8) does; `--wait` says what became of it."""

import argparse
import contextlib
import getpass
import sys
from pathlib import Path
from typing import Any

from pyeonji.address import Address
from pyeonji.cli import NO, OK, UNDECIDED, USAGE
from pyeonji.cli.handover import Connection, Envelope, Handed, NobodyThere, Unsure
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, now_us, place, seconds_of
from pyeonji.cli.sendmail_letter import canonical, separated
from pyeonji.cli.where import SUBMIT
from pyeonji.journey.receipt import compact, parse_receipt, written
from pyeonji.store import directory
from pyeonji.store.engine.base import StoreError

MAX_LETTER = 256 << 20  # octets


def configure(parser: Parser) -> None:
    parser.argument("--to", action="append", required=True, metavar="ADDRESS")
    parser.argument("--cc", action="append", default=[], metavar="ADDRESS")
    parser.argument("--bcc", action="append", default=[], metavar="ADDRESS")
    parser.argument("--from", dest="author", default="", metavar="ADDRESS", key="from")
    parser.argument("--subject", default="", metavar="TEXT")
    parser.argument("--text", default="", metavar="TEXT|-", key="text")
    parser.argument("--file", default="", metavar="FILE.eml", key="eml")
    parser.argument("--wait", default="", metavar="TIME")


def run(args: argparse.Namespace, out: Out) -> int:
    """Exit code: without --wait 0 when the server took it; with it, 0 delivered, 1 failed, 75 not decided yet."""
    seconds = seconds_of(args.wait)
    if args.file and (args.text or args.subject):
        raise Problem("send.two_letters", code=USAGE)
    to, cc, bcc = ([address_of(text) for text in texts] for texts in (args.to, args.cc, args.bcc))
    here = place(args)
    author = address_of(args.author) if args.author else _me(here, to)
    node = _node(here, author)
    content = _file(args.file) if args.file else _letter(args, author, to, cc)
    envelope = Envelope(str(author), [(str(address), "") for address in dict.fromkeys([*to, *cc, *bcc])])
    handed = _hand_over(node, envelope, content)
    for address, reply in handed.refused:
        out.error("send.refused", address=address, reply=reply.replace("\n", " "))
    if not handed.taken and handed.refused:
        return NO
    if not handed.taken:
        raise Problem("send.not_taken", reply=handed.reply.replace("\n", " "))
    number = parse_receipt(handed.receipt).number
    if args.wait:
        return _wait(here, number, seconds, bool(handed.refused), out)
    if out.json:
        refused = [{"address": address, "state": "refused", "reply": reply} for address, reply in handed.refused]
        waiting = [{"address": to, "state": "queued"} for to, _ in envelope.recipients]
        names = {address for address, _ in handed.refused}
        out.data({**_ids(number), "recipients": [*(one for one in waiting if one["address"] not in names), *refused]})
    out.say("send.taken", id=written(number))
    return 1 if handed.refused else OK


def _wait(here: Place, number: int, seconds: float, refused: bool, out: Out) -> int:
    from pyeonji.cli.trace import follow, tell, verdict
    from pyeonji.journey.tell import to_json

    if not out.json:
        out.say("send.taken", id=written(number))
    story = follow(here, number, seconds)
    if out.json:
        out.data({**_ids(number), **to_json(story)})
    else:
        tell(story, here, out)
    code = verdict(story)
    return 1 if refused and code == OK else code


def _hand_over(data: Path, envelope: Envelope, content: bytes) -> Handed:
    try:
        connection = Connection(str(data / SUBMIT))
        try:
            connection.greet()
            return connection.hand_over(envelope, content)
        finally:
            connection.close()
    except NobodyThere as error:
        if isinstance(error.__cause__, PermissionError):
            raise Problem("cli.cannot_use", data=str(data), reason=str(error.__cause__.strerror)) from error
        raise Problem("send.not_running", data=str(data)) from error
    except Unsure as error:
        raise Problem("send.unsure", code=UNDECIDED) from error


def _node(here: Place, author: Address) -> Path:
    """The folder of the server the author's mail starts from."""
    if not here.is_lab:
        return here.data
    known = dict(here.nodes)
    return known.get(author.domain, here.data)


def _letter(args: argparse.Namespace, author: Address, to: list[Address], cc: list[Address]) -> bytes:
    import os

    from pyeonji.message.compose import compose

    text = sys.stdin.read(MAX_LETTER) if args.text == "-" else args.text
    now = now_us()
    smtputf8 = not all(address.is_ascii for address in (author, *to, *cc))
    return compose(
        author=("", author), to=[("", one) for one in to], cc=[("", one) for one in cc], subject=args.subject,
        text=text if text.endswith("\n") else f"{text}\n", date=now // 1_000_000,
        message_id=f"{now:x}.{os.urandom(6).hex()}@{author.domain}", smtputf8=smtputf8,
    )  # fmt: skip


def _file(name: str) -> bytes:
    octets = sys.stdin.buffer.read(MAX_LETTER) if name == "-" else Path(name).read_bytes()
    return separated(canonical(octets, dot_ends=False))


def _me(here: Place, to: list[Address]) -> Address:
    """Whoever calls, if there is such an account; else one that is here; in a lab, one of another domain."""
    name = getpass.getuser()
    known: list[Address] = []
    with contextlib.suppress(StoreError), here.homes() as homes:
        for _, home in homes:
            known += [address_of(one.address) for one in home.engine.read_now(directory.accounts)]
    own = [one for one in known if one.local_part == name]
    elsewhere = [one for one in known if one.domain not in {reader.domain for reader in to}]
    return next(iter([*own, *(elsewhere if here.is_lab else known)]), None) or address_of(f"{name}@localhost")


def _ids(number: int) -> dict[str, Any]:
    return {"id": compact(number), "display_id": written(number)}
