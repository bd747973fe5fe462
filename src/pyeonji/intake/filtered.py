"""What filters of others make of a letter that has come to its end: done between the verdict and the plan."""

import re
from collections.abc import Sequence

import msgspec

from pyeonji.acceptance.recorder import Recorder
from pyeonji.acceptance.spool import MAX_HEADER, Spool
from pyeonji.address import Address, parse_address
from pyeonji.delivery.expand import Expansion, expand
from pyeonji.delivery.plan import Wanted
from pyeonji.filters.milter.driver import Found, Peer
from pyeonji.filters.milter.edited import Working
from pyeonji.intake.context import IntakeContext
from pyeonji.journey.event import Decided
from pyeonji.journey.receipt import compact
from pyeonji.message.header import MAX_FIELDS, parse_header
from pyeonji.proto.milter.answers import InWords
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.reply import Reply

Recipient = tuple[Wanted, Expansion]
ENHANCED = re.compile(r"[45]\.(\d{1,3}\.\d{1,3}) ?")
PEER = re.compile(r"\[?([0-9A-Fa-f.:]+)\]?:(\d+)\Z")  # "192.0.2.1:25", "[2001:db8::1]:25"


class Filtered(msgspec.Struct, frozen=True):
    """The letter as it is taken now, or why it is not."""

    spool: Spool
    reverse_path: Address | None
    recipients: Sequence[Recipient]
    reply: Reply | None = None
    quarantined: bool = False


async def filtered(
    context: IntakeContext,
    recorder: Recorder,
    spool: Spool,
    number: int,
    hello: str,
    reverse_path: Address | None,
    recipients: Sequence[Recipient],
) -> Filtered:
    """Ask the filters, and do what they say; each of it is a line of the journey."""
    found = await context.milters.look(
        _working(spool, reverse_path, recipients), _peer(context, recorder, number, hello)
    )
    for place, word in found.told:
        recorder.event(Decided(recorder.now_us, "milter", place, f"said: {word}"))
    if found.action in ("refuse", "later"):
        return Filtered(spool, reverse_path, recipients, _reply(found))
    if len(found.letter.head) > MAX_HEADER or len(parse_header(found.letter.head)) >= MAX_FIELDS:
        recorder.event(Decided(recorder.now_us, "milter", "", "said: more fields than a letter may have"))
        return Filtered(spool, reverse_path, recipients, replies.TRY_AGAIN_LATER)
    left = [] if found.action == "discard" else await _recipients(context, found.letter, recipients)
    if not left:
        recorder.event(Decided(recorder.now_us, "milter", "", "nobody"))
    letter = found.letter
    writer = parse_address(letter.reverse_path) if letter.reverse_path else None
    return Filtered(_spooled(context, spool, number, letter), writer, left, None, bool(letter.quarantined))


def _working(spool: Spool, reverse_path: Address | None, recipients: Sequence[Recipient]) -> Working:
    read, start = spool.reader(), len(spool.head)
    return Working(
        head=spool.head,
        reverse_path=str(reverse_path or ""),
        forward_paths=tuple(str(wanted.address) for wanted, _ in recipients),
        size=spool.size - spool.head_came,
        read=lambda at, size: read(start + at, size),
    )


def _peer(context: IntakeContext, recorder: Recorder, number: int, hello: str) -> Peer:
    match = PEER.match(recorder.session.peer)
    ip, port = (match[1], int(match[2])) if match else ("", 0)
    host = f"[{ip}]" if ip else "localhost"
    return Peer(ip, port, host, hello, context.acceptance.hostname, compact(number))


def _reply(found: Found) -> Reply:
    if found.reply is None:
        return replies.FILTER_REFUSES if found.action == "refuse" else replies.TRY_AGAIN_LATER
    return in_words(found.reply)


def in_words(said: InWords) -> Reply:
    """The filter's reply as ours; what it did not say of the enhanced code is "a policy says no" (RFC 3463 §3.8)."""
    match = ENHANCED.match(said.text)
    text = said.text[match.end() :] if match else said.text
    return Reply(said.code, match[1] if match else "7.1", text or "Refused by a filter")


async def _recipients(context: IntakeContext, letter: Working, recipients: Sequence[Recipient]) -> list[Recipient]:
    known = {str(wanted.address): (wanted, expansion) for wanted, expansion in recipients}
    found = []
    for text in letter.forward_paths:
        if text not in known:
            address = parse_address(text)
            expansion = await context.acceptance.home.engine.read(expand, address)
            known[text] = (Wanted(address), expansion)
        if not known[text][1].is_nobody:
            found.append(known[text])
    return found


def _spooled(context: IntakeContext, spool: Spool, number: int, letter: Working) -> Spool:
    """With the header as it is now; another body comes into a spool of its own."""
    if letter.body is None:
        spool.head = letter.head
        return spool
    spool.discard()
    other = Spool(context.acceptance.spool, number)
    other.add(letter.head + letter.body)
    other.finish()
    return other
