"""One session that acts at random and checks every answer."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from itertools import takewhile

from kit.following import found_by
from stress.belief import Belief, Known
from stress.ledger import Contradiction, Ledger, letter
from stress.wire import Connection, Response, numbers

BOXES = ("INBOX", "Archive", "Work")
MOST = 300  # letters in one mailbox before the actors clear it out
MOST_FOLLOWED = 5  # searches whose changes one session is told
FOLLOWED = ("SEARCH RETURN (UPDATE ALL) ", "SORT RETURN (UPDATE ALL) (REVERSE ARRIVAL) UTF-8 ")
KEYS = ("ALL", "UNSEEN", "NOT FLAGGED", "UNDELETED SEEN", "KEYWORD {keyword}", "NOT UID *", "SUBJECT 1")
ITEMS = ("FLAGS", "UID FLAGS", "UID RFC822.SIZE INTERNALDATE", "UID ENVELOPE", "UID BODYSTRUCTURE")


class Gone(Exception):
    """The server ended the session in good order (a mailbox was deleted, it is stopping)."""


class Actor:
    """`number` names its keyword; `chance` decides everything it does."""

    def __init__(self, port: int, login: tuple[str, str], ledger: Ledger, number: int, seed: int) -> None:
        self.port, self.login, self.ledger = port, login, ledger
        self.chance = random.Random(f"{seed}-{number}")
        self.keyword = f"$actor{number}"
        self.connection: Connection
        self.connections: list[Connection] = []  # all that were ever opened
        self.belief: Belief | None = None
        self.qresync = False
        self.tags = 0
        self.done = 0
        self.commands: list[str] = []

    # ── the connection ──

    async def connect(self, *, qresync: bool | None = None) -> None:
        self.connection = await Connection.open(self.port, self.connections)
        self.belief = None
        self.qresync = False
        await self.ok(f"LOGIN {self.login[0]} {self.login[1]}")
        if self.chance.random() < 0.5 if qresync is None else qresync:
            answer = await self.do("ENABLE QRESYNC")
            self.qresync = any(one.kind == "ENABLED" and b"QRESYNC" in one.values for one in answer)

    async def hang_up(self) -> None:
        await self.connection.hang_up()

    async def do(self, command: str | bytes, name: str = "") -> list[Response]:
        """All responses of a command; each untagged one is checked as it comes."""
        self.tags += 1
        tag = f"t{self.tags}"
        octets = command.encode() if isinstance(command, str) else command
        name = name or octets.split(b" ", 1)[0].decode()
        self.commands = [*self.commands[-10:], octets[:100].decode("utf-8", "replace")]
        self.connection.send(tag.encode() + b" " + octets + b"\r\n")
        found: list[Response] = []
        while not found or found[-1].tag != tag:
            found.append(await self.connection.response())
            self.hear(found[-1], name)
        return found

    def hear(self, response: Response, name: str) -> None:
        if response.kind == "BYE" and name != "LOGOUT":
            raise Gone(response.octets)
        if self.belief is not None and response.tag == "*":
            self.belief.hear(response, name)

    async def ok(self, command: str | bytes, name: str = "") -> list[Response]:
        answer = await self.do(command, name)
        if answer[-1].kind != "OK":
            raise Contradiction(f"{self.commands[-1]!r} was refused: {answer[-1].octets!r}")
        return answer

    # ── what it does ──

    async def run(self, until: Callable[[], bool]) -> None:
        await self.connect()
        await self.select()
        while not until():
            action = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            await action(self)
            self.done += 1

    async def select(self, remembered: Belief | None = None, name: str = "") -> None:
        """Open a mailbox; with `remembered`, as a client that was away (RFC 7162 §3.2.5)."""
        name = remembered.name if remembered else name or self.chance.choice(BOXES)
        known = self.ledger.names.get(name, 0)
        place = self.ledger.place(known)
        gone, highest = frozenset(place.gone), place.uidnext
        self.belief = None  # what comes before CLOSED still speaks of the old one, which is not looked at any more
        fresh = Belief(self.ledger, name, self.keyword, gone)
        command = f"SELECT {name}"
        if remembered is not None:
            fresh.uidvalidity = remembered.uidvalidity
            uids = remembered.uids
            known_uids = f" {','.join(map(str, uids))}" if uids and self.chance.random() < 0.5 else ""
            command += f" (QRESYNC ({remembered.uidvalidity} {remembered.modseq}{known_uids}))"
        answer = await self.ok(command)
        codes = {one.code: one.arguments for one in answer if one.tag == "*" and one.code}
        fresh.uidvalidity, fresh.uidnext = int(codes["UIDVALIDITY"]), int(codes["UIDNEXT"])
        fresh.modseq = int(codes.get("HIGHESTMODSEQ", 0))
        self.ledger.opened(name, fresh.uidvalidity, fresh.uidnext, highest if fresh.uidvalidity == known else 0)
        if fresh.uidvalidity != known:
            fresh.gone_before = frozenset()
        if remembered is not None and remembered.uidvalidity == fresh.uidvalidity:
            await self._resynchronise(fresh, remembered, answer, named=bool(known_uids))
            return
        self.belief = fresh
        for one in answer[:-1]:
            fresh.hear(one, "SELECT")
        await self.look()

    async def _resynchronise(self, fresh: Belief, old: Belief, answer: list[Response], *, named: bool) -> None:
        """What was remembered, mended by what the server told, must be what is there.

        Where the client `named` the UIDs it knows, new letters are told by EXISTS alone (RFC 7162 §3.2.5.1).
        """
        kept = {message.uid: message.flags for message in old.messages if message.uid}
        snapshot, news = _parted(answer[:-1])
        for one in snapshot:
            if one.kind == "VANISHED":
                for uid in numbers(one.values[-1]):
                    kept.pop(uid, None)
        for one in snapshot:
            if one.kind == "FETCH":
                items = dict(zip(map(bytes, one.values[0][::2]), one.values[0][1::2], strict=True))
                kept[int(items[b"UID"])] = frozenset(bytes(flag).decode() for flag in items[b"FLAGS"])
        count = next(one.number or 0 for one in snapshot if one.kind == "EXISTS")
        if len(kept) > count:
            raise Contradiction(f"{fresh.name}: {len(kept)} letters are known after QRESYNC, but {count} EXISTS")
        self.belief = fresh
        # One that went meanwhile is not told of: then the client does not know which number it has.
        fresh.messages = [Known(uid) for uid in sorted(kept)] if len(kept) == count else [Known() for _ in range(count)]
        fresh.marks = {uid: self.keyword in flags for uid, flags in kept.items() if flags is not None}
        for one in [*snapshot, *news]:
            if one.kind not in ("EXISTS", "VANISHED") or one in news:
                fresh.hear(one, "SELECT")
        await self.look()
        extra = {uid for uid in fresh.uids if uid < (old.uidnext if named else fresh.uidnext)} - kept.keys()
        if extra:
            raise Contradiction(f"{fresh.name}: UIDs {sorted(extra)[:5]} are there and QRESYNC did not say so")

    async def look(self) -> None:
        """All numbers, UIDs and flags; again when a letter went away meanwhile (RFC 2180 §4.1.2)."""
        while self.open:
            answer = await self.do("FETCH 1:* (UID FLAGS MODSEQ)" if self.qresync else "FETCH 1:* (UID FLAGS)")
            if answer[-1].kind == "OK":
                return
            if answer[-1].code != "EXPUNGEISSUED":
                raise Contradiction(f"FETCH was refused: {answer[-1].octets!r}")
            await self.noop()

    @property
    def open(self) -> Belief | None:
        """The belief, when there is anything in the mailbox."""
        return self.belief if self.belief and len(self.belief) else None

    def some(self) -> str:
        """A set of message numbers."""
        assert self.belief is not None
        last = len(self.belief)
        first = self.chance.randint(1, last)
        return f"{first}:{min(last, first + self.chance.randint(0, 20))}"

    def some_uids(self) -> list[int]:
        assert self.belief is not None
        uids = self.belief.uids
        return sorted(self.chance.sample(uids, min(len(uids), self.chance.randint(1, 8))))

    async def noop(self) -> None:
        await self.ok("NOOP")

    async def append(self) -> None:
        name = self.chance.choice(BOXES)
        before = self.ledger.place(self.ledger.names.get(name, 0)).highest_uid
        count = self.chance.choice((1, 1, 1, 2, 3))
        parts, made = [], []
        for _ in range(count):
            number = next(self.ledger.letters)
            octets = letter(number)
            made.append(number)
            parts.append(b"(%s) {%d+}\r\n%s" % (self.keyword.encode(), len(octets), octets))
        answer = await self.ok(f"APPEND {name} ".encode() + b" ".join(parts))
        self._given(answer[-1], name, before, made)

    def _given(self, last: Response, name: str, before: int, made: list[int]) -> None:
        if last.code != "APPENDUID":
            raise Contradiction(f"no APPENDUID: {last.octets!r}")
        uidvalidity, uids = last.arguments.split(" ")
        if self.ledger.names.get(name, 0) != int(uidvalidity):
            return
        for uid, number in zip(numbers(uids), made, strict=True):
            self.ledger.given(int(uidvalidity), uid, before)
            self.ledger.told(int(uidvalidity), uid, "letter", number)
            if self.belief is not None and self.belief.uidvalidity == int(uidvalidity):
                self.belief.marks[uid] = True

    async def store(self) -> None:
        """Its own keyword, or \\Deleted, or \\Seen."""
        if not self.open:
            return
        flag = self.chance.choice((self.keyword, self.keyword, "\\Seen", "\\Deleted"))
        add, silent = self.chance.random() < 0.6, self.chance.random() < 0.4
        uids = self.some_uids()
        if not uids:
            return
        assert self.belief is not None
        marks = self.belief.marks
        before = {uid: marks.pop(uid, None) for uid in uids} if flag == self.keyword else {}
        how = f"{'+' if add else '-'}FLAGS{'.SILENT' if silent else ''} ({flag})"
        answer = await self.do(f"UID STORE {','.join(map(str, uids))} {how}", "UID STORE")
        if answer[-1].kind != "OK":
            return
        for uid in before:
            if marks.setdefault(uid, add) is not add and uid in self.belief.uids:
                raise Contradiction(f"UID {uid}: {self.keyword} is {not add} after {how}")

    async def store_numbered(self) -> None:
        if self.open:
            await self.do(f"STORE {self.some()} {self.chance.choice('+-')}FLAGS (\\Flagged)")

    async def fetch(self) -> None:
        if self.open:
            await self.do(f"FETCH {self.some()} ({self.chance.choice(ITEMS)})")

    async def fetch_body(self) -> None:
        if self.open and (uids := self.some_uids()):
            await self.do(f"UID FETCH {','.join(map(str, uids[:3]))} (BODY.PEEK[])", "UID FETCH")

    async def search(self) -> None:
        if not self.open:
            return
        await self.noop()
        await self.look()
        if not self.open:
            return
        messages = self.belief.messages
        unknown = any(message.uid not in self.belief.marks for message in messages)
        wanted = {n for n, message in enumerate(messages, 1) if self.belief.marks.get(message.uid)}
        uids = [message.uid for message in messages]
        answer = await self.ok(f"SEARCH KEYWORD {self.keyword}")
        found = {int(n) for one in answer if one.kind == "SEARCH" for n in one.values if not isinstance(n, list)}
        # Letters it is told of before it reads their numbers may be copies of its own: they have its keyword, too.
        before = takewhile(lambda one: one.kind != "SEARCH", answer)
        count = max((one.number or 0 for one in before if one.kind == "EXISTS"), default=len(uids))
        self.belief.searched(found, None if unknown else wanted | set(range(len(uids) + 1, count + 1)))
        if unknown:
            return
        # What was not found was expunged elsewhere meanwhile: the next answer says so.
        missing = {uids[n - 1] for n in wanted - found}
        await self.noop()
        if still := missing & set(self.belief.uids):
            raise Contradiction(f"SEARCH did not find UIDs {sorted(still)[:5]}, which are there")

    async def follow(self) -> None:
        """Be told from here on what a search would find (RFC 5267)."""
        belief = self.belief
        if belief is None or len(belief.followed) >= MOST_FOLLOWED:
            return
        uid = self.qresync or self.chance.random() < 0.5  # VANISHED does not say which numbers went
        how = self.chance.choice(FOLLOWED)
        command = ("UID " if uid else "") + how + self.chance.choice(KEYS).format(keyword=self.keyword)
        answer = await self.ok(command, _name(command))
        tag = f"t{self.tags}"
        belief.followed[tag] = command
        belief.following.begin(tag, found_by([one.octets for one in answer]), uid=uid, in_order=how.startswith("SORT"))
        for one in answer:
            if f'"{tag}"'.encode() in one.octets:
                belief.follow(one.octets)

    async def ask_again(self) -> None:
        """Nothing happens any more: what is followed is what a search finds now."""
        belief = self.belief
        for tag, command in belief.followed.items() if belief is not None else ():
            answer = await self.ok(command.replace("UPDATE ", ""), _name(command))
            found, told = found_by([one.octets for one in answer]), belief.following.results[tag]
            if found != told:
                raise Contradiction(f"{command} finds {found[:20]}, and by what was told it is {told[:20]}")

    async def expunge(self) -> None:
        if not self.open:
            return
        if self.chance.random() < 0.5 or len(self.open) > MOST:
            await self.ok("EXPUNGE")
            return
        uids = self.some_uids()
        if uids:
            await self.do(f"UID STORE {','.join(map(str, uids))} +FLAGS.SILENT (\\Deleted)", "UID STORE")
            await self.ok(f"UID EXPUNGE {','.join(map(str, uids))}", "UID EXPUNGE")

    async def clear_out(self) -> None:
        if self.belief and len(self.belief) > MOST:
            await self.do(f"STORE 1:{len(self.belief) // 2} +FLAGS.SILENT (\\Deleted)")
            await self.ok("EXPUNGE")

    async def copy(self) -> None:
        await self._copied("COPY")

    async def move(self) -> None:
        await self._copied("MOVE")

    async def _copied(self, how: str) -> None:
        if not self.open or not (uids := self.some_uids()):
            return
        name = self.chance.choice(BOXES)
        before = self.ledger.place(self.ledger.names.get(name, 0)).highest_uid
        source = self.belief
        assert source is not None
        answer = await self.do(f"UID {how} {','.join(map(str, uids))} {name}", f"UID {how}")
        for one in answer:
            if one.code == "COPYUID":
                uidvalidity, old, new = one.arguments.split(" ")
                if self.ledger.names.get(name, 0) != int(uidvalidity):
                    return
                pairs = list(zip(numbers(old), numbers(new), strict=True))
                if not {uid for uid, _ in pairs} <= set(uids):
                    raise Contradiction(f"COPYUID tells of letters that were not asked for: {one.arguments}")
                for there, here in pairs:
                    self.ledger.given(int(uidvalidity), here, before)
                    known = source.place.facts.get((there, "letter"))
                    if known is not None:
                        self.ledger.told(int(uidvalidity), here, "letter", known)

    async def status(self) -> None:
        name = self.chance.choice(BOXES)
        known = self.ledger.names.get(name, 0)
        uidnext = self.ledger.place(known).uidnext
        for one in await self.ok(f"STATUS {name} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"):
            if one.kind == "STATUS":
                pairs = zip(one.values[1][::2], one.values[1][1::2], strict=True)
                items = {bytes(key).decode(): int(value) for key, value in pairs}
                if items["UIDVALIDITY"] == known and items["UIDNEXT"] < uidnext:
                    raise Contradiction(f"{name}: STATUS UIDNEXT {items['UIDNEXT']} after {uidnext}")
                if items["UNSEEN"] > items["MESSAGES"]:
                    raise Contradiction(f"{name}: more unseen letters than letters")

    async def idle(self) -> None:
        self.tags += 1
        self.connection.send(b"t%d IDLE\r\n" % self.tags)
        response = await self.connection.response()
        while response.tag == "*":
            self.hear(response, "IDLE")
            response = await self.connection.response()
        waiting = asyncio.ensure_future(self.connection.response())
        try:
            for _ in range(3):
                with contextlib.suppress(TimeoutError):
                    self.hear(await asyncio.wait_for(asyncio.shield(waiting), 0.05), "IDLE")
                    waiting = asyncio.ensure_future(self.connection.response())
            self.connection.send(b"DONE\r\n")
            response = await waiting
        finally:
            waiting.cancel()
        while response.tag == "*":
            self.hear(response, "IDLE")
            response = await self.connection.response()

    async def reselect(self) -> None:
        await self.select()

    async def go_away(self) -> None:
        """Remember, go, change something through another connection, come back and say what was remembered.

        The MODSEQ said is the HIGHESTMODSEQ of the SELECT: all that was told since may be told again (RFC 7162 §6).
        """
        if not self.qresync or not self.belief or not self.belief.modseq:
            return
        await self.look()
        remembered = self.belief
        await self.hang_up()
        for _ in range(self.chance.randint(0, 2)):
            await self.connect(qresync=self.chance.random() < 0.5)
            await self.select(name=remembered.name)
            await self.store()
            await self.expunge()
            await self.hang_up()
        await self.connect(qresync=True)
        await self.select(remembered)

    async def come_again(self) -> None:
        if self.chance.random() < 0.5:
            await self.hang_up()
        else:
            await self.do("LOGOUT")
            await self.hang_up()
        await self.connect()
        await self.select()


def _name(command: str) -> str:
    """Of a search: what may be told meanwhile depends on it."""
    words = command.split(" ")
    return " ".join(words[: 2 if words[0] == "UID" else 1])


def _parted(answer: list[Response]) -> tuple[list[Response], list[Response]]:
    """What a SELECT says of the mailbox as it was opened, and what happened to it since."""
    opened = False
    for index, one in enumerate(answer):
        fresh = one.kind == "EXPUNGE" or (one.kind == "VANISHED" and one.values[0] != [b"EARLIER"])
        if fresh or (opened and one.kind == "EXISTS"):
            return answer[:index], answer[index:]
        opened = opened or one.kind == "EXISTS"
    return answer, []


Action = Callable[[Actor], Awaitable[None]]
WEIGHTS: dict[Action, int] = {
    Actor.noop: 8, Actor.append: 10, Actor.store: 14, Actor.store_numbered: 5, Actor.fetch: 14, Actor.fetch_body: 5,
    Actor.search: 8, Actor.expunge: 6, Actor.clear_out: 2, Actor.copy: 5, Actor.move: 5, Actor.status: 4,
    Actor.follow: 4, Actor.idle: 4, Actor.reselect: 6, Actor.go_away: 6, Actor.come_again: 2,
}  # fmt: skip
