"""`pyeonji trace`: a letter's journey, from what was recorded with each fact."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.cli import NO, OK, UNDECIDED
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, local_zone, place, seconds_of
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt, written
from pyeonji.journey.story import RecipientStory, Story, session_story, spoken_of, story
from pyeonji.journey.tell import recipient_lines, story_text, to_json
from pyeonji.journey.view import Viewer, redact
from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.header import parse_header
from pyeonji.store import journey, sent
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.messages import content

LOOK_S = 0.1  # seconds between two looks at a letter that is followed
FOLLOW_S = 6 * 86_400.0  # seconds: longer than any letter may wait
MAX_HEAD = 1 << 20  # octets of a header that are looked at for its To and Cc
SERVICES = ("smtp", "submission", "submissions", "lmtp", "sendmail")

Found = tuple[str, Home, int]  # name of the server, its store, receipt number


def configure(parser: Parser) -> None:
    parser.argument("what", metavar="ID", key="anything")
    parser.argument("--raw", action="store_true")
    parser.argument("--follow", action="store_true")
    parser.argument("--wait", default="", metavar="TIME")
    parser.argument("--recipient", type=int, default=0, metavar="N")
    parser.argument("--as", dest="viewer", default="", metavar="ADDRESS", key="as_address")


def run(args: argparse.Namespace, out: Out) -> int:
    """0 when there is such a letter; with --follow how it ended (0 delivered, 1 not, 75 undecided)."""
    here = place(args)
    if args.viewer:
        address_of(args.viewer)
    with here.homes() as homes:
        found = numbers(args.what, homes)
        if not found:
            return _refused(args.what, homes, here, out)
        if len(found) > 1 and not out.json and not args.raw and not args.follow:
            return _choose(found, out)
        _, home, number = found[0]
        told = _seen(args, read(home, number), home)
    if args.follow:
        told = _seen_following(args, here, number, seconds_of(args.wait) or FOLLOW_S, out)
        return verdict(told)
    if out.json:
        others = {"others": [compact(other) for _, _, other in found[1:]]} if len(found) > 1 else {}
        out.data({**to_json(told), **others})
    else:
        tell(told, here, out, raw=args.raw)
    return OK


def numbers(what: str, homes: list[tuple[str, Home]]) -> list[Found]:
    """The letters that a receipt number, a Message-ID or an address names.

    One Message-ID has a letter at every server it passed: the first server's comes first.  Of an address, the newest.
    """
    number = _number(what)
    found: list[Found] = []
    by_message_id = False
    for name, home in homes:
        if number:
            hits = [number] if home.engine.read_now(journey.message, number) else []
        else:
            hits = home.engine.read_now(journey.with_message_id, what if what.startswith("<") else f"<{what}>")
            by_message_id = by_message_id or bool(hits)
        found += [(name, home, hit) for hit in hits]
    if not found and not number:
        address = _folded(what)
        for name, home in homes:
            found += [(name, home, hit) for hit in home.engine.read_now(journey.with_address, address)]
        found = _first_hops(found)
    return sorted(found, key=lambda one: one[2], reverse=not by_message_id)


def _first_hops(found: list[Found]) -> list[Found]:
    """A letter that passed several servers of a lab is one letter: the one its writer handed in."""
    first: dict[str, Found] = {}
    for one in sorted(found, key=lambda one: one[2]):
        facts = one[1].engine.read_now(journey.message, one[2])
        name = facts.message_id if facts and facts.message_id else str(one[2])
        first.setdefault(name, one)
    return list(first.values())


def read(home: Home, number: int) -> Story:
    """The story as it is recorded now."""
    return home.engine.read_now(_story, number)


def follow(here: Place, number: int, seconds: float) -> Story:
    """The story when it is decided, or after `seconds`."""
    until = time.monotonic() + seconds
    with here.homes() as homes:
        home = next((home for _, home in homes if home.engine.read_now(journey.message, number)), None)
        if home is None:
            raise Problem("trace.unknown", what=written(number))
        while not _decided(told := read(home, number)) and time.monotonic() < until:
            time.sleep(LOOK_S)
    return told


def verdict(told: Story) -> int:
    """0: everybody has it; 1: somebody will not get it; 75: not decided yet."""
    if not _decided(told):
        return UNDECIDED
    return OK if all(one.state == "delivered" for one in told.recipients) else NO


def tell(told: Story, here: Place, out: Out, *, raw: bool = False) -> None:
    """For people; `raw`: the lines that were said."""
    now = here.now_us()
    out.line(story_text(told, out.language, now=now, zone=local_zone(), raw=raw))
    if here.is_lab and not raw:
        _tell_onward(told, here, now, out)
    if not raw and told.id:
        out.say("trace.next", id=told.display_id)


def _tell_onward(told: Story, here: Place, now: int, out: Out) -> None:
    """What became of it at the next server, which in a lab is ours, too."""
    with here.homes() as homes:
        for one in told.recipients:
            number = _number(one.reply.text.rpartition("queued as ")[2]) if one.reply else 0
            for name, home in homes:
                if number and home.engine.read_now(journey.message, number):
                    out.say("trace.onward", host=name, id=written(number))
                    # Whoever travelled in the same envelope is nobody's business here: it may be a blind copy.
                    for person in _same_person(read(home, number), one.address):
                        for line in recipient_lines(person, out.language, now, local_zone()):
                            out.line(f"  {line}")


def _same_person(told: Story, address: str) -> list[RecipientStory]:
    """The recipient of this address; where an alias renamed the only one there is, that one."""
    same = [one for one in told.recipients if one.address == address]
    return same or (list(told.recipients) if len(told.recipients) == 1 else [])


def _decided(told: Story) -> bool:
    return bool(told.recipients) and all(one.final for one in told.recipients)


def _story(tx: Tx, number: int) -> Story:
    return story(
        number, journey.of_message(tx, number), journey.recipients(tx, number), trace=sent.trace_of(tx, number)
    )


def _number(what: str) -> int:
    try:
        return parse_receipt(what).number
    except NotAReceipt:
        return 0


def _folded(what: str) -> str:
    try:
        return fold(parse_address(what))
    except NotAnAddress:
        return what


def _choose(found: list[Found], out: Out) -> int:
    """Several letters: name them, newest first."""
    out.say("trace.several", count=len(found))
    rows = []
    for name, home, number in found:
        facts = home.engine.read_now(journey.message, number)
        if facts is not None:
            rows.append((written(number), facts.reverse_path or "<>", facts.subject[:50], name))
    out.table(("id", "from", "subject", "host"), rows)
    return OK


def _seen(args: argparse.Namespace, told: Story, home: Home) -> Story:
    """What `--as` may see, of the recipient `--recipient` or ID.N names."""
    if args.viewer:
        told = redact(told, Viewer(_role(told, args.viewer), args.viewer), _visible(home, told.id))
    n = args.recipient or (parse_receipt(args.what).recipient if _number(args.what) else 0)
    if n:
        steps = tuple(step for step in told.steps if step.recipient in (0, n))
        people = tuple(one for one in told.recipients if one.n == n)
        if not people:
            raise Problem("trace.unknown", what=f"{told.display_id}.{n}")
        from dataclasses import replace

        told = replace(told, recipients=people, steps=steps)
    return told


def _role(told: Story, viewer: str) -> Any:
    me = _folded(viewer)
    if me in (told.reverse_path.casefold(), told.login.casefold()):
        return "writer"
    return "recipient" if any(one.address.casefold() == me for one in told.recipients) else "public"


def _visible(home: Home, number: int) -> Iterable[str]:
    """The addresses that the letter's To and Cc name."""
    try:
        header = parse_header(home.engine.read_now(content, home.blobs, number, 0, MAX_HEAD))
    except KeyError:
        return []
    values = [*header.all(b"to"), *header.all(b"cc")]
    return [f"{box.local_part}@{box.domain}" for value in values for box in parse_mailboxes(value)]


def _seen_following(args: argparse.Namespace, here: Place, number: int, seconds: float, out: Out) -> Story:
    """Print what happens until it is decided, at most so long."""
    shown = ""
    until = time.monotonic() + seconds
    while True:
        with here.homes() as homes:
            home = next(home for _, home in homes if home.engine.read_now(journey.message, number))
            told = _seen(args, read(home, number), home)
        text = story_text(told, out.language, now=here.now_us(), zone=local_zone(), raw=args.raw)
        if not out.json:
            if args.raw and text.startswith(shown):
                sys.stdout.write(text[len(shown) :].lstrip("\n") + ("\n" if text != shown else ""))
                sys.stdout.flush()
            elif text != shown:
                out.line(text)
        shown = text
        if _decided(told) or time.monotonic() > until:
            if out.json:
                out.data(to_json(told))
            return told
        time.sleep(LOOK_S * 5)


def _refused(what: str, homes: list[tuple[str, Home]], here: Place, out: Out) -> int:
    """Mail that was refused has no number; it is found by the addresses it came from and was for."""
    address = _folded(what)
    for _, home in homes:
        for session in home.engine.read_now(journey.sessions_without_message, SERVICES):
            rows = home.engine.read_now(journey.of_session, session.id)
            told = session_story(rows)
            if address in map(_folded, _named(told)):
                if out.json:
                    out.data(to_json(told))
                else:
                    tell(told, here, out)
                return OK
    raise Problem("trace.unknown", what=what)


def _named(told: Story) -> Iterator[str]:
    yield from (one.address for one in told.recipients)
    for key in ("line.mail", "line.rcpt"):
        yield from spoken_of(told, key)
