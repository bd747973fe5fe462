"""What can be said to an open maildrop (RFC 1939 §5 and §7).  Long answers go out in pieces, others in between."""

from collections.abc import Callable

from pyeonji.access.pop3.maildrop import SMALL
from pyeonji.access.pop3.station import PIECE, Station
from pyeonji.message.surrogate import surrogate
from pyeonji.proto.pop3 import answer
from pyeonji.proto.pop3.content import Stuffing, Top, header_size, is_international, stuffed
from pyeonji.proto.pop3.session import Command
from pyeonji.store.engine.base import Damaged, StoreError
from pyeonji.store.pieces import Pieces

READ = 128 * 1024  # octets of a large letter that are read at once
LINES = 2_000  # of LIST and UIDL that are made at once
MAX_HEAD = 256 * 1024  # octets of a header that are looked at for UTF-8; real ones stay below 100 KiB


async def noop(station: Station, command: Command) -> None:
    station.say(answer.OK)


async def stat(station: Station, command: Command) -> None:
    station.say(answer.ok(f"{station.drop.count} {station.drop.octets}"))


async def list_(station: Station, command: Command) -> None:
    drop = station.drop
    await _listing(station, command, lambda number: f"{number} {drop.size(number)}")


async def uidl(station: Station, command: Command) -> None:
    drop = station.drop
    await _listing(station, command, lambda number: f"{number} {drop.unique_id(number)}")


async def _listing(station: Station, command: Command, line: Callable[[int], str]) -> None:
    drop = station.drop
    if command.number:
        station.say(answer.ok(line(command.number)) if drop.has(command.number) else answer.NO_SUCH_MESSAGE)
        return
    station.say(answer.OK)
    for first in range(1, drop.last + 1, LINES):
        numbers = range(first, min(first + LINES, drop.last + 1))
        station.put("".join([f"{line(number)}\r\n" for number in numbers if drop.has(number)]).encode())
        await station.breathe()
    station.put(answer.END)


async def retr(station: Station, command: Command) -> None:
    if await _letter(station, command.number, None):
        station.drop.mark_read(command.number)


async def top(station: Station, command: Command) -> None:
    await _letter(station, command.number, Top(command.lines))


async def dele(station: Station, command: Command) -> None:
    if not station.drop.has(command.number):
        station.say(answer.NO_SUCH_MESSAGE)
        return
    station.drop.delete(command.number)
    station.say(answer.OK)


async def rset(station: Station, command: Command) -> None:
    station.drop.reset()
    station.say(answer.OK)


async def quit_(station: Station, command: Command) -> None:
    """Whatever happens, the session is over and its lock is free before the client hears of it (RFC 1939 §6)."""
    station.over = ""
    said = answer.BYE
    try:
        if station.maildrop is not None:
            await station.maildrop.update(station.context.clock)
    except StoreError:
        said = answer.NOT_REMOVED
    station.close()
    station.say(said)


# ── letters ──


async def _letter(station: Station, number: int, top: Top | None) -> bool:
    """Send a letter, or the top of it; False when it was refused."""
    drop = station.drop
    if not drop.has(number):
        station.say(answer.NO_SUCH_MESSAGE)
        return False
    if drop.size(number) > SMALL:
        return await _large(station, number, top)
    octets = _readable(station, await drop.whole(number))
    if top is None:
        station.say(answer.ok(f"{len(octets)} octets"))
    else:
        station.say(answer.OK)
        octets = top.feed(octets) + top.end()
    station.put(*stuffed(octets))
    return True


async def _large(station: Station, number: int, top: Top | None) -> bool:
    """In pieces, so that nothing but a piece is held."""
    pieces = station.drop.pieces(number)
    try:
        read = await station.drop.read(pieces, 0, READ)
        if not station.utf8_mode:
            read = await _head(station, pieces, read)
        whole_header = header_size(read) < len(read)
        first = _readable(station, read) if whole_header else read
        size = station.drop.size(number) - len(read) + len(first)
        station.say(answer.OK if top is not None else answer.ok(f"{size} octets"))
        await _stream(station, number, pieces, first, len(read), top)
    finally:
        pieces.close()
    return True


async def _stream(station: Station, number: int, pieces: Pieces, piece: bytes, at: int, top: Top | None) -> None:
    """`piece` is said for the first `at` octets."""
    stuffing, size = Stuffing(), station.drop.size(number)
    while True:
        station.put(stuffing.feed(piece if top is None else top.feed(piece)))
        await station.flush(PIECE)
        if at >= size or (top is not None and top.done):
            break
        try:
            piece = await station.drop.read(pieces, at, READ)
            if not piece:
                raise Damaged(f"{size - at} octets are missing")
            at += len(piece)
        except StoreError as error:
            # The client was promised a letter: a dot now would tell it that this is all.
            raise ConnectionError(f"the letter cannot be read to its end: {error}") from error
    if top is not None:
        station.put(stuffing.feed(top.end()))
    station.put(stuffing.end())


async def _head(station: Station, pieces: Pieces, head: bytes) -> bytes:
    """The header of a large letter, or its beginning; `head` was read already."""
    while len(head) < MAX_HEAD and header_size(head) == len(head):
        piece = await station.drop.read(pieces, len(head), READ)
        if not piece:
            break
        head += piece
    return head


def _readable(station: Station, octets: bytes) -> bytes:
    """A letter, or its beginning with the whole header, as the client can read it (RFC 6856 §2.1).

    A header in UTF-8 goes as it is only to a client that has said UTF8; others get one in ASCII, as RFC 6855 §7 has it:
    programs that ask for letters one after the other would stop for ever at one that is refused.  Octets that are not
    UTF-8 either are nobody's mode: such letters are sent as they came.
    """
    end = header_size(octets)
    if station.utf8_mode or octets.isascii() or not is_international(octets[:end]):
        return octets
    return surrogate(octets[:end]) + octets[end:]
