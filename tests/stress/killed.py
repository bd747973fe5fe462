"""Sessions that copy, move, expunge and append while their server is killed, and what they know afterwards.

A change is certain when its tagged OK was read, and in doubt when it was sent and the server was killed: then it
happened or not, and never half.  What was told (VANISHED, APPENDUID, COPYUID) is certain though the OK behind it never
came.
"""

import contextlib
import random
from dataclasses import dataclass, field

from stress.ledger import MARK, Contradiction, Ledger, letter
from stress.wire import Connection, Response, numbers

BOXES = ("INBOX", "Desk", "Shelf")
MOST = 4  # letters one command moves, copies or expunges


@dataclass(frozen=True)
class Change:
    """One command: its letters gain a place, lose one, or both; `whole`: all of them or none."""

    letters: tuple[int, ...]
    gains: str = ""
    loses: str = ""
    whole: bool = False

    def done(self, places: frozenset[str]) -> frozenset[str]:
        return (places | {self.gains} if self.gains else places) - {self.loses}


@dataclass
class Truth:
    """What all sessions together were told: each letter's places, and UIDs that hold for ever."""

    ledger: Ledger = field(default_factory=Ledger)
    places: dict[int, frozenset[str]] = field(default_factory=dict)
    uids: dict[tuple[int, str], int] = field(default_factory=dict)
    doubts: set[Change] = field(default_factory=set)
    acknowledged: int = 0
    uncertain: list[bool] = field(default_factory=list)  # of each change in doubt: had it been made?

    def begin(self, change: Change) -> None:
        self.doubts.add(change)

    def succeeded(self, change: Change) -> None:
        self.doubts.remove(change)
        self.acknowledged += 1
        for one in change.letters:
            self.places[one] = change.done(self.places.get(one, frozenset()))
            if change.loses:
                self.uids.pop((one, change.loses), None)

    def highest(self, name: str) -> int:
        """The greatest UID of a mailbox that anybody was told."""
        return self.ledger.place(self.ledger.names[name]).highest_uid

    def named(self, number: int, name: str, uid: int, above: int) -> None:
        """A UID was told, for a letter that came after UID `above`; it is this letter's and no other's, for ever."""
        uidvalidity = self.ledger.names[name]
        self.ledger.given(uidvalidity, uid, above)
        self.ledger.told(uidvalidity, uid, "letter", number)
        self.uids[number, name] = uid

    def audit(self, found: dict[int, dict[str, int]]) -> None:
        """Compare with what is there; afterwards nothing is in doubt."""
        for change in self.doubts:
            made = [self._was_made(change, one, found) for one in change.letters]
            if change.whole and len(set(made)) > 1:
                raise Contradiction(f"half of it was done: {change}, {made}")
            self.uncertain += made
        self.doubts.clear()
        for one, names in self.places.items():
            is_now = found.get(one, {})
            if names != is_now.keys():
                raise Contradiction(f"letter {one} is in {sorted(is_now)}, not in {sorted(names)}")
            for name, uid in is_now.items():
                if self.uids.setdefault((one, name), uid) != uid:
                    raise Contradiction(f"letter {one} was UID {self.uids[one, name]} of {name}, is {uid}")
        if strangers := found.keys() - self.places.keys():
            raise Contradiction(f"letters nobody wrote: {sorted(strangers)[:5]}")

    def _was_made(self, change: Change, one: int, found: dict[int, dict[str, int]]) -> bool:
        before = self.places.get(one, frozenset())
        now = frozenset(found.get(one, {}))
        if now not in (before, change.done(before)):
            raise Contradiction(f"letter {one} is in {sorted(now)} after {change}, was in {sorted(before)}")
        self.places[one] = now
        if change.loses and change.loses not in now:
            self.uids.pop((one, change.loses), None)
        return now != before


class Session:
    """One connection at a time; it touches only letters it has written itself, beside those of the others."""

    def __init__(self, port: int, login: tuple[str, str], truth: Truth, seed: str) -> None:
        self.port, self.login, self.truth = port, login, truth
        self.chance = random.Random(seed)
        self.own: set[int] = set()
        self.name = ""
        self.uidvalidity = 0
        self.connection: Connection
        self.connections: list[Connection] = []
        self.tags = 0

    async def open(self, name: str) -> None:
        self.connection = await Connection.open(self.port, self.connections)
        await self.do(f"LOGIN {self.login[0]} {self.login[1]}")
        await self.do("ENABLE QRESYNC")
        await self.select(name)

    async def hang_up(self) -> None:
        for connection in self.connections:
            await connection.hang_up()
        self.connections.clear()

    async def do(self, command: str | bytes) -> list[Response]:
        """All responses of a command that succeeds."""
        self.tags += 1
        tag = f"t{self.tags}"
        octets = command.encode() if isinstance(command, str) else command
        self.connection.send(tag.encode() + b" " + octets + b"\r\n")
        found: list[Response] = []
        while not found or found[-1].tag != tag:
            found.append(await self.connection.response())
            self._hear(found[-1])
        if found[-1].kind != "OK":
            raise Contradiction(f"{octets[:100]!r} was refused: {found[-1].octets!r}")
        return found

    def _hear(self, response: Response) -> None:
        if response.kind == "BYE":
            raise ConnectionError("the server said goodbye")
        if response.kind == "VANISHED" and response.values[0] != [b"EARLIER"]:
            for uid in numbers(response.values[-1]):
                self.truth.ledger.vanished(self.uidvalidity, uid)

    async def select(self, name: str) -> None:
        ledger = self.truth.ledger
        uidnext = ledger.place(ledger.names.get(name, 0)).uidnext
        answer = await self.do(f"SELECT {name}")
        codes = {one.code: one.arguments for one in answer if one.tag == "*" and one.code}
        self.name, self.uidvalidity = name, int(codes["UIDVALIDITY"])
        ledger.opened(name, self.uidvalidity, int(codes["UIDNEXT"]), uidnext)

    # ── what it does ──

    async def work(self) -> None:
        """Until the server goes away."""
        acts = (self.append, self.append, self.copy, self.move, self.expunge, self.elsewhere)
        try:
            with contextlib.suppress(OSError, EOFError):  # IncompleteReadError is an EOFError
                await self.open(self.chance.choice(BOXES))
                while True:
                    await self.chance.choice(acts)()
        finally:
            await self.hang_up()

    async def elsewhere(self) -> None:
        await self.select(self.chance.choice(BOXES))

    async def append(self, name: str = "") -> None:
        number = next(self.truth.ledger.letters)
        self.own.add(number)
        octets = letter(number)
        change = Change((number,), gains=name or self.chance.choice(BOXES))
        above = self.truth.highest(change.gains)
        answer = await self._change(change, b"APPEND %b {%d+}\r\n%b" % (change.gains.encode(), len(octets), octets))
        _, uid = answer[-1].arguments.split()
        self.truth.named(number, change.gains, int(uid), above)

    async def copy(self) -> None:
        await self._to_another("COPY", loses="")

    async def move(self) -> None:
        await self._to_another("MOVE", loses=self.name)

    async def _to_another(self, verb: str, loses: str) -> None:
        target = self.chance.choice([name for name in BOXES if name != self.name])
        chosen = [one for one in self._some() if target not in self.truth.places[one]]
        if not chosen:
            return
        uids = {self.truth.uids[one, self.name]: one for one in chosen}
        change = Change(tuple(chosen), gains=target, loses=loses, whole=not loses)
        above = self.truth.highest(target)
        answer = await self._change(change, f"UID {verb} {','.join(map(str, uids))} {target}".encode())
        copied = next((one.arguments for one in answer if one.code == "COPYUID"), "0 0 0")
        _, source, copies = copied.split()
        if numbers(source) != sorted(uids):
            raise Contradiction(f"{verb} of {sorted(uids)} was OK, but is told of {source}")
        for old, new in zip(numbers(source), numbers(copies), strict=True):
            self.truth.named(uids[old], target, new, above)

    async def expunge(self) -> None:
        if not (chosen := self._some()):
            return
        uids = ",".join(str(self.truth.uids[one, self.name]) for one in chosen)
        await self.do(f"UID STORE {uids} +FLAGS.SILENT (\\Deleted)")
        await self._change(Change(tuple(chosen), loses=self.name), f"UID EXPUNGE {uids}".encode())

    def _some(self) -> list[int]:
        """A few letters of its own in the mailbox that is open."""
        here = [one for one in sorted(self.own) if (one, self.name) in self.truth.uids]
        return self.chance.sample(here, min(len(here), self.chance.randint(1, MOST)))

    async def _change(self, change: Change, command: bytes) -> list[Response]:
        self.truth.begin(change)
        answer = await self.do(command)
        self.truth.succeeded(change)
        return answer

    # ── what is there ──

    async def contents(self) -> dict[int, dict[str, int]]:
        """Letters, the mailboxes each is in, and its UID there; octets and UIDs fit all that was ever told."""
        found: dict[int, dict[str, int]] = {}
        for name in BOXES:
            await self.select(name)
            gone = frozenset(self.truth.ledger.place(self.uidvalidity).gone)
            for response in await self.do("UID FETCH 1:* (BODY.PEEK[])"):
                if response.kind == "FETCH":
                    self._found(response, gone, found)
        return found

    def _found(self, response: Response, gone: frozenset[int], found: dict[int, dict[str, int]]) -> None:
        pairs = response.values[0]
        items = {bytes(name).upper(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        uid, octets = int(items[b"UID"]), items[b"BODY[]"]
        self.truth.ledger.seen(self.uidvalidity, uid, gone)
        self.truth.ledger.content(self.uidvalidity, uid, octets)
        number = int(MARK.search(octets)[1])
        if self.name in found.setdefault(number, {}):
            raise Contradiction(f"letter {number} is twice in {self.name}")
        found[number][self.name] = uid

    async def searches(self, found: dict[int, dict[str, int]], times: int) -> None:
        """SEARCH finds what somebody finds who reads all letters."""
        for name in BOXES:
            await self.select(name)
            here = {where[name]: letter(one) for one, where in found.items() if name in where}
            for _ in range(times if here else 0):
                key, words = self._wanted(self.chance.choice(sorted(here.values())))
                naive = {uid for uid, octets in here.items() if words in _searched(key, octets)}
                answer = await self.do(b"UID SEARCH CHARSET UTF-8 %b {%d+}\r\n%b" % (key, len(words), words))
                (heard,) = (one.values for one in answer if one.kind == "SEARCH")
                told = {int(value) for value in heard if isinstance(value, bytes)}
                if told != naive:
                    raise Contradiction(
                        f"{key!r} {words!r} in {name}: {sorted(told ^ naive)[:5]} are too many or missing"
                    )

    def _wanted(self, octets: bytes) -> tuple[bytes, bytes]:
        """A key, and words of this letter it should find."""
        key = self.chance.choice((b"SUBJECT", b"BODY", b"TEXT"))
        lines = [line for line in _searched(key, octets).split(b"\r\n") if line]
        line = self.chance.choice(lines) if lines else b"none"
        start = self.chance.randrange(len(line))
        words = line[start : start + self.chance.randint(1, 9)]
        return key, words.decode("utf-8", "ignore").encode().strip() or b"kim"


def _searched(key: bytes, octets: bytes) -> bytes:
    """What a key looks at, in small letters."""
    octets = octets.lower()
    header, _, body = octets.partition(b"\r\n\r\n")
    if key == b"SUBJECT":
        return next(line for line in header.split(b"\r\n") if line.startswith(b"subject: "))[len(b"subject: ") :]
    return body if key == b"BODY" else octets
