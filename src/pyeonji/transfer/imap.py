"""Letters of another IMAP server: folders, flags, dates; in little memory, and only those that are new there.

Folders are opened with EXAMINE, so that nothing changes on the other server.  A letter's name in the journal is its
UIDVALIDITY and UID: a later run asks only for letters whose names it does not know.
"""

import asyncio
from array import array
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from pyeonji.proto.imap.client import Data, NotImap, Octets, Status, Streamed, Untagged, pairs, quoted
from pyeonji.proto.imap.dates import NotADate, parse_date_time
from pyeonji.proto.imap.numbers import compact
from pyeonji.transfer.files import dated_us
from pyeonji.transfer.gather import Gathering
from pyeonji.transfer.lines import Crlf
from pyeonji.transfer.marks import tolerated
from pyeonji.transfer.remote import Gone, Refused, Remote, Server
from pyeonji.transfer.source import Coming, Desk, Folder

T = TypeVar("T")

LOOK = 500  # UIDs looked up in the journal at once
CHUNK = 100  # letters asked for at once
CHUNK_OCTETS = 8 << 20  # of them, unless one letter alone is larger
AHEAD = 2  # such questions under way
MAX_LETTER = 1 << 30  # octets; a larger one is told of and left there
MAX_LETTERS = 20_000_000  # of one folder: what a server may make us remember, 16 octets each
NOT_OPENED = frozenset({b"\\NOSELECT", b"\\NONEXISTENT"})
LIMIT = b"MESSAGELIMIT="  # that, and a number, is what a server can do that gives no more letters at once (RFC 9738)
ITEMS = b"(UID FLAGS INTERNALDATE BODY.PEEK[])"


class Imap:
    """See the top of this module.  A source of `pyeonji import`; `close` when it is done with.  Raises RemoteError."""

    unit = "letters"

    def __init__(self, server: Server) -> None:
        self.label = f"imap {server.login}@{server.host}"
        self._server = server
        self._runner = asyncio.Runner()
        self._remote: Remote | None = None

    def open(self) -> None:
        """Connect and log in."""
        self._remote = self._do(Remote.open(self._server))

    def close(self) -> None:
        if self._remote is not None:
            self._do(self._remote.logout())
        self._runner.close()

    def folders(self) -> list[Folder]:
        return self._do(_folders(self._there))

    def letters(self, folder: Folder, desk: Desk) -> Iterator[Coming]:
        try:
            validity, uids, sizes = self._do(_examined(self._there, folder.name))
        except Refused as error:
            desk.troubles.add(folder.name, str(error))
            return
        fetching = Fetching(self._there, validity, desk, folder.name)
        for chunk in _chunks(uids, sizes, validity, desk, folder.name, _chunk(self._there)):
            yield from self._do(fetching.take(chunk))
        while fetching.is_under_way:
            yield from self._do(fetching.take(()))

    @property
    def _there(self) -> Remote:
        assert self._remote is not None
        return self._remote

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(what)


# ── folders ──


async def _folders(remote: Remote) -> list[Folder]:
    prefix, others = await _namespace(remote)
    command = b'LIST "" "*"'
    if b"SPECIAL-USE" in remote.abilities and b"LIST-EXTENDED" in remote.abilities:
        command += b" RETURN (SPECIAL-USE)"
    _, data, _ = await remote.ask(command)
    found: dict[bytes, tuple[frozenset[bytes], bytes]] = {}
    for one in data:
        if one.name == "LIST" and (named := _listed(one.data)) is not None and not named[0].startswith(others):
            found[named[0]] = named[1:]
    totals = await _totals(remote, list(found))
    return [
        Folder(_text(name), _levels(name, delimiter, prefix), _use(attributes), totals.get(name, 0))
        for name, (attributes, delimiter) in found.items()
    ]


async def _namespace(remote: Remote) -> tuple[bytes, tuple[bytes, ...]]:
    """(prefix of this person's folders, prefixes of other people's and shared ones) (RFC 2342)."""
    if b"NAMESPACE" not in remote.abilities:
        return b"", ()
    _, data, _ = await remote.ask(b"NAMESPACE")
    for one in data:
        if one.name == "NAMESPACE":
            mine, *others = [_prefixes(part) for part in one.data]
            elsewhere = tuple(prefix for part in others for prefix in part if prefix and prefix not in mine)
            return (mine or [b""])[0], elsewhere
    return b"", ()


def _prefixes(part: Data) -> list[bytes]:
    spaces = part if isinstance(part, list) else []
    return [space[0] for space in spaces if isinstance(space, list) and space and isinstance(space[0], bytes)]


def _listed(data: list[Data]) -> tuple[bytes, frozenset[bytes], bytes] | None:
    """(name, attributes, delimiter) of a folder that can be opened."""
    if len(data) < 3 or not isinstance(data[0], list) or not isinstance(data[2], bytes):
        return None
    attributes = frozenset(word.upper() for word in data[0] if isinstance(word, bytes))
    delimiter = data[1] if isinstance(data[1], bytes) else b""
    return None if attributes & NOT_OPENED else (data[2], attributes, delimiter)


async def _totals(remote: Remote, names: list[bytes]) -> dict[bytes, int]:
    """How many letters they have, as far as the server says; asked for all at once."""
    found: dict[bytes, int] = {}
    tags = []
    for name in names:
        try:
            tags.append(await remote.send(b"STATUS " + quoted(name) + b" (MESSAGES)"))
        except NotImap:
            continue
    for tag in tags:
        try:
            _, data, _ = await remote.answer(tag)
        except Refused:
            continue
        for one in data:
            if one.name == "STATUS" and len(one.data) == 2 and isinstance(one.data[1], list):
                named, count = one.data[0], _number(_paired(one.data[1]).get(b"MESSAGES"))
                if isinstance(named, bytes):
                    found[named] = count
    return found


def _levels(name: bytes, delimiter: bytes, prefix: bytes) -> tuple[str, ...]:
    if prefix and name.startswith(prefix):
        name = name[len(prefix) :]
    return tuple(_text(level) for level in (name.split(delimiter) if delimiter else [name]))


def _use(attributes: frozenset[bytes]) -> str:
    """The special use (RFC 6154), as we write it."""
    for use in ("\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive", "\\All", "\\Flagged", "\\Important"):
        if use.upper().encode() in attributes:
            return use
    return ""


# ── letters ──


async def _examined(remote: Remote, name: str) -> tuple[int, "array[int]", "array[int]"]:
    """(UIDVALIDITY, UIDs, sizes) of a folder, which is open from now on."""
    try:
        _, data, statuses = await remote.ask(b"EXAMINE " + quoted(name.encode("utf-8", "surrogateescape")))
    except NotImap as error:
        raise Refused(str(error)) from error
    codes = [status.code for status in statuses]
    validity = next((_number(code[1]) for code in codes if len(code) > 1 and code[0] == b"UIDVALIDITY"), 0)
    uids, sizes = array("q"), array("q")
    if any(one.name == "EXISTS" and one.number for one in data):
        last = await _weighed(remote, b"*", uids, sizes)
        if last:  # there was a limit, and the highest UIDs came first
            while last:
                last = await _weighed(remote, b"%d" % last, uids, sizes)
            order = sorted(range(len(uids)), key=uids.__getitem__)
            uids, sizes = array("q", map(uids.__getitem__, order)), array("q", map(sizes.__getitem__, order))
    return validity, uids, sizes


async def _weighed(remote: Remote, last: bytes, uids: "array[int]", sizes: "array[int]") -> int:
    """Add letters up to the UID `last`; the next such UID where the server gave only some (RFC 9738 §3.1), else 0."""
    below, before = 0, len(uids)
    tag = await remote.send(b"UID FETCH 1:%b (UID RFC822.SIZE)" % last)
    async for event in remote.events():
        if isinstance(event, Status):
            if len(event.code) == 3 and event.code[0] == b"MESSAGELIMIT":
                below = _number(event.code[2]) - 1
            if event.tag == tag:
                if event.status != "OK":
                    raise Refused(event.text)
                break
        if isinstance(event, Untagged) and event.name == "FETCH":
            facts = _facts(event)
            if b"UID" in facts and b"RFC822.SIZE" in facts:
                uids.append(_number(facts[b"UID"]))
                sizes.append(_number(facts[b"RFC822.SIZE"]))
        if len(uids) > MAX_LETTERS:
            raise Gone("a folder without end")
    if below > 0 and len(uids) == before:
        raise Gone("a folder without end")
    return max(below, 0)


def _chunk(remote: Remote) -> int:
    """Letters asked for at once."""
    limits = (_number(word.removeprefix(LIMIT)) for word in remote.abilities if word.startswith(LIMIT))
    return min([CHUNK, *filter(None, limits)])


def _chunks(
    uids: Sequence[int], sizes: Sequence[int], validity: int, desk: Desk, folder: str, most: int
) -> Iterator[tuple[int, ...]]:
    """UIDs to be asked for together: those that were not taken before."""
    some: list[int] = []
    octets = 0
    for start in range(0, len(uids), LOOK):
        known = desk.known([_item(validity, uid) for uid in uids[start : start + LOOK]])
        for uid, size in zip(uids[start : start + LOOK], sizes[start : start + LOOK], strict=True):
            if _item(validity, uid) in known:
                continue
            if size > MAX_LETTER:
                desk.troubles.add(f"{folder} UID {uid}", "larger than 1 GiB")
                continue
            if some and (len(some) == most or octets + size > CHUNK_OCTETS):
                yield tuple(some)
                some, octets = [], 0
            some.append(uid)
            octets += size
    if some:
        yield tuple(some)


class Fetching:
    """Questions for letters of one folder, some ahead of their answers."""

    def __init__(self, remote: Remote, validity: int, desk: Desk, folder: str) -> None:
        self._remote = remote
        self._validity = validity
        self._desk = desk
        self._folder = folder
        self._asked: list[tuple[str, set[int]]] = []  # tag, and UIDs not told yet

    @property
    def is_under_way(self) -> bool:
        return bool(self._asked)

    async def take(self, uids: Sequence[int]) -> list[Coming]:
        """Ask for these; the letters of the oldest question, when enough are under way or nothing is to be asked."""
        if uids:
            tag = await self._remote.send(b"UID FETCH " + compact(uids) + b" " + ITEMS)
            self._asked.append((tag, set(uids)))
            if len(self._asked) < AHEAD:
                return []
        tag, missing = self._asked[0]
        found = [coming async for coming in self._told(tag)]
        del self._asked[0]
        self._desk.tally.went += len(missing)
        return found

    async def _told(self, tag: str) -> AsyncIterator[Coming]:
        letter: _Letter | None = None
        try:
            async for event in self._remote.events():
                if isinstance(event, Octets):
                    letter = letter or _Letter(self._desk)
                    letter.add(event.octets)
                elif isinstance(event, Untagged) and event.name == "FETCH":
                    coming, letter = self._coming(_facts(event), letter), None
                    if coming is not None:
                        yield coming
                elif isinstance(event, Status) and event.tag == tag:
                    if event.status != "OK":
                        self._desk.troubles.add(self._folder, event.text)
                    return
            raise Gone("the server hung up")
        finally:
            if letter is not None:
                letter.gathering.discard()

    def _coming(self, facts: dict[bytes, Data], letter: "_Letter | None") -> Coming | None:
        """The letter, if it is one of those we asked for."""
        uid, body = _number(facts.get(b"UID")), facts.get(b"BODY[]")
        if isinstance(body, Streamed) != (letter is not None):
            raise Gone("octets of a letter that nobody asked for")
        waiting = next((waiting for _, waiting in self._asked if uid in waiting), None)
        if waiting is None or body is None:  # flags that somebody changed meanwhile, or a letter that is gone
            if letter is not None:
                letter.gathering.discard()
            return None
        waiting.discard(uid)
        letter = letter or _Letter(self._desk)
        if isinstance(body, bytes):
            letter.add(body)
        return letter.coming(_item(self._validity, uid), facts)


class _Letter:
    """Octets on their way into a mailbox."""

    def __init__(self, desk: Desk) -> None:
        self.gathering = Gathering(desk.spool)
        self.crlf = Crlf()

    def add(self, octets: bytes) -> None:
        self.gathering.add(self.crlf.feed(octets))

    def coming(self, item: str, facts: dict[bytes, Data]) -> Coming:
        self.gathering.add(self.crlf.end())
        gathered = self.gathering.finish()
        words, date = facts.get(b"FLAGS"), facts.get(b"INTERNALDATE")
        flags = tolerated(_text(word) for word in (words if isinstance(words, list) else []) if isinstance(word, bytes))
        internal_us = _instant(date) if isinstance(date, bytes) else None
        if internal_us is None:
            internal_us = dated_us(gathered.header) or 0
        return Coming(item, gathered, flags, internal_us, self.crlf.mended)


# ── pieces of answers ──


def _facts(event: Untagged) -> dict[bytes, Data]:
    """What FETCH says of one letter."""
    inner = event.data[0] if event.data else []
    return _paired(inner if isinstance(inner, list) else [])


def _paired(data: list[Data]) -> dict[bytes, Data]:
    try:
        return pairs(data)
    except NotImap as error:
        raise Gone(f"this is no IMAP: {error}") from error


def _number(value: Data) -> int:
    """0 for what is none."""
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) <= 19 else 0


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _instant(date: bytes) -> int | None:
    try:
        return max(1, parse_date_time(date.decode("latin-1")))
    except NotADate:
        return None


def _item(validity: int, uid: int) -> str:
    return f"{validity}.{uid}"
