"""`pyeonji journey`: a link to a letter's way that everybody may open, and forgetting an address."""

import argparse
import secrets

from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import address_of, now_us, place, receipt_of
from pyeonji.net.ids import new_code
from pyeonji.store import journey, summary, support
from pyeonji.store.directory import fold
from pyeonji.store.named import named
from pyeonji.store.support import SupportCode

LINK_OCTETS = 24  # random, in a public link


def configure(parser: Parser) -> None:
    parser.verb("link", _link).argument("id")
    forget = parser.verb("forget", _forget)
    forget.argument("address", key="forget_address")
    forget.argument("--yes", action="store_true")


def _link(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.cli.config import settings_at
    from pyeonji.web.signin.sessions import digest_of

    number, token = receipt_of(args.id).number, secrets.token_urlsafe(LINK_OCTETS)
    with place(args).homes() as homes:
        home = next((home for _, home in homes if home.engine.read_now(journey.message, number)), None)
        if home is None:
            raise Problem("trace.unknown", what=args.id)
        settings = settings_at(home.data, out)
        made = SupportCode(new_code(), 0, number, tuple(home.engine.read_now(named, home.blobs, number)), now_us())
        home.engine.write_now(support.add, made, digest_of(token))
    url = f"https://{settings.hostname}/p/{token}"
    if out.json:
        out.data({"code": made.code, "url": url})
        return 0
    out.say("journey.link", code=made.code)
    out.line(url)
    return 0


def _forget(args: argparse.Namespace, out: Out) -> int:
    address = fold(address_of(args.address))
    done = left = 0
    here = place(args)
    with here.homes() as homes:
        for _, home in homes:
            after = 0
            while found := home.engine.read_now(summary.letters_of, address, after):
                after = found[-1]
                gone = home.engine.write_now(summary.forget, address, found) if args.yes else len(found)
                done, left = done + gone, left + len(found) - gone
    if not args.yes:
        out.error("journey.would_forget", address=address, count=done)
        return 1
    out.say("journey.forgotten", address=address, count=done)
    if left:
        out.error("journey.under_way", count=left)
    if out.json:
        out.data({"forgotten": done, "under_way": left})
    return 1 if left else 0
