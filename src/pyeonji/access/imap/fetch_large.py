"""FETCH of a large letter: its parts are found first, on a walk over pieces that are not kept; then its sections go out
piece by piece.  A slow reader costs a piece or two, whatever it reads."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from pyeonji.access.imap.station import Station
from pyeonji.access.imap.stretch import Stretch, tree
from pyeonji.message.mime import scan
from pyeonji.message.preview import preview
from pyeonji.proto.imap import response
from pyeonji.proto.imap.command.fetch import Item
from pyeonji.proto.imap.fetched import Answer, answers, needs_parts
from pyeonji.proto.imap.section import Run
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.pieces import Pieces

LARGE = 256 * 1024  # octets; larger letters are read and sent in pieces
LOOKED_AT = 1 << 20  # octets of a large letter that are looked at for its first words; ours


class Letter(NamedTuple):
    """One letter of the answer: what is said of it already, and the items for which it must be read."""

    number: int
    size: int
    begun: bytes  # the response, open for one more item
    missing: Sequence[Item]

    @property
    def ended(self) -> bytes:
        """The response when no item follows; none at all when nothing has been said (RFC 9051 §9, msg-att)."""
        begun = self.begun.rstrip()
        return b"" if begun.endswith(b"(") else begun + b")\r\n"


Fragment = bytes | Stretch


async def say(station: Station, letter: Letter, *, utf8: bool) -> bool:
    """The response; was a part left out, because nobody knows its encoding?

    Raises StoreError as long as nothing has been said, then ConnectionError.
    """
    pieces = Pieces(station.home.blobs, letter.number)
    try:
        fragments, undecodable = await station.home.engine.scan(_fragments, pieces, letter, utf8)
        await station.say_pieces(_octets(station, fragments))
    finally:
        pieces.close()
    return undecodable


def _fragments(tx: Tx, pieces: Pieces, letter: Letter, utf8: bool) -> tuple[list[Fragment], bool]:
    pieces.read(tx, 0, 1)  # what is not there is found out before anything is promised
    root = tree(tx, pieces, letter.size) if any(map(needs_parts, letter.missing)) else None

    def words() -> str:
        return preview(scan(pieces.read(tx, 0, min(letter.size, LOOKED_AT))))

    made = answers(letter.missing, root, letter.size, words, utf8=utf8)
    if not made.items:
        return [letter.ended], made.undecodable
    found: list[Fragment] = [letter.begun]
    for index, answer in enumerate(made.items):
        found += [b" ", *_item(tx, pieces, answer)] if index else _item(tx, pieces, answer)
    return [*found, b")\r\n"], made.undecodable


def _item(tx: Tx, pieces: Pieces, answer: Answer) -> list[Fragment]:
    """One item in fragments: what is long is not here yet."""
    if not isinstance(answer.value, Run):
        return [answer.label + b" " + answer.value if answer.label else answer.value]
    stretch = Stretch(pieces, answer.value)
    if answer.binary:
        stretch.measure(tx)
    if answer.only_size:
        return [b"%b %d" % (answer.label, stretch.size)]
    mark = response.literal_mark(stretch.size, nul=answer.binary and stretch.has_nul)
    stretch.keeps_nul = answer.binary
    return [answer.label + b" " + mark, stretch]


async def _octets(station: Station, fragments: Sequence[Fragment]) -> AsyncIterator[bytes]:
    waiting: list[bytes] = []
    for fragment in fragments:
        if isinstance(fragment, bytes):
            waiting.append(fragment)
            continue
        while piece := await _next(station, fragment):
            waiting.append(piece)
            yield b"".join(waiting)
            waiting.clear()
    yield b"".join(waiting)


async def _next(station: Station, stretch: Stretch) -> bytes:
    try:
        return await station.home.engine.scan(stretch.next)
    except StoreError as error:
        # The client was promised so many octets: anything else now would be taken for them.
        raise ConnectionError(f"the letter cannot be read to its end: {error}") from error
