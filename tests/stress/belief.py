"""What one session has been told about the mailbox it has open: every response must fit what was said before."""

from dataclasses import dataclass
from typing import Any

from kit.following import Following
from stress.ledger import Contradiction, Ledger
from stress.wire import Response, numbers

# RFC 9051 §7.5.1: no EXPUNGE while one of these is under way, nor while none is.
NUMBERED = {"FETCH", "STORE", "SEARCH", "SORT"}
FOREVER = {"RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "BODYSTRUCTURE", "SAVEDATE", "EMAILID"}


@dataclass
class Known:
    """One letter, as far as it was told."""

    uid: int = 0  # 0: not told yet
    flags: frozenset[str] | None = None
    modseq: int = 0


class Belief:
    """`name` is the mailbox; `marks` what this session's own keyword is on each UID (nobody else touches it)."""

    def __init__(self, ledger: Ledger, name: str, keyword: str, gone_before: frozenset[int]) -> None:
        self.ledger, self.name, self.keyword = ledger, name, keyword
        self.gone_before = gone_before
        self.messages: list[Known] = []
        self.marks: dict[int, bool] = {}
        self.uidvalidity = 0
        self.uidnext = 0
        self.modseq = 0
        self.unnamed_gone = 0  # letters that went before their UID was told
        self.followed: dict[str, str] = {}  # searches whose changes are told (RFC 5267): by tag, what was asked
        self.following = Following()

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def uids(self) -> list[int]:
        return [message.uid for message in self.messages if message.uid]

    @property
    def place(self) -> Any:
        return self.ledger.place(self.uidvalidity)

    def hear(self, response: Response, command: str) -> None:
        """One untagged response, while `command` is under way ("" for none)."""
        self.ledger.checks += 1
        self.follow(response.octets)
        match response.kind:
            case "EXISTS":
                self._exists(response.number or 0)
            case "EXPUNGE":
                self._may_expunge(command)
                self._expunge(response.number or 0)
            case "VANISHED":
                self._vanished(response, command)
            case "FETCH":
                self._fetch(response.number or 0, response.values[0])
            case "OK" if response.code == "HIGHESTMODSEQ":
                self.modseq = max(self.modseq, int(response.arguments))

    def follow(self, octets: bytes) -> None:
        """What a response says of searches whose changes are told."""
        try:
            self.following.hear(octets)
        except AssertionError as error:
            raise Contradiction(f"what is told of a search does not fit: {octets[:200]!r}") from error

    def _exists(self, count: int) -> None:
        if count < len(self.messages):
            raise Contradiction(f"{count} EXISTS, but {len(self.messages)} were there and none was expunged")
        self.messages += [Known() for _ in range(count - len(self.messages))]

    def _may_expunge(self, command: str) -> None:
        if not command or command in NUMBERED:
            raise Contradiction(f"EXPUNGE while {command or 'no command'} is under way")

    def _expunge(self, number: int) -> None:
        if not 1 <= number <= len(self.messages):
            raise Contradiction(f"{number} EXPUNGE of {len(self.messages)}")
        gone = self.messages.pop(number - 1)
        if not gone.uid:
            self.unnamed_gone += 1
            return
        self.marks.pop(gone.uid, None)
        self.ledger.vanished(self.uidvalidity, gone.uid)

    def _vanished(self, response: Response, command: str) -> None:
        earlier = response.values[0] == [b"EARLIER"]
        uids = set(numbers(response.values[-1]))
        if not earlier:
            self._may_expunge(command)
            for uid in sorted(uids - set(self.uids)):
                self._unnamed_vanished(uid)
        self.messages = [message for message in self.messages if message.uid not in uids or not message.uid]
        for uid in uids:
            self.marks.pop(uid, None)
            if not earlier:
                self.ledger.vanished(self.uidvalidity, uid)

    def _unnamed_vanished(self, uid: int) -> None:
        """A letter told by EXISTS alone is gone: one between the letters of lower and of higher UIDs."""
        first = max((n for n, message in enumerate(self.messages, 1) if 0 < message.uid < uid), default=0)
        for place in range(first, len(self.messages)):
            if not self.messages[place].uid:
                del self.messages[place]
                return
            if self.messages[place].uid > uid:
                break
        raise Contradiction(f"VANISHED {uid}: never told, and not among the new ones")

    def _fetch(self, number: int, pairs: list[Any]) -> None:
        if not 1 <= number <= len(self.messages):
            raise Contradiction(f"{number} FETCH of {len(self.messages)}")
        items = {bytes(name).decode().upper(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        message = self.messages[number - 1]
        if "UID" in items:
            self._named(number, message, int(items["UID"]))
        if "MODSEQ" in items:
            self._modseq(message, int(items["MODSEQ"][0]))
        if "FLAGS" in items:
            # \\Recent is another thing in each session (RFC 3501 §2.3.2)
            self._flags(message, frozenset(bytes(flag).decode() for flag in items["FLAGS"]) - {"\\Recent"})
        if message.uid:
            for item in FOREVER & items.keys():
                self.ledger.told(self.uidvalidity, message.uid, item, repr(items[item]))
            if "BODY[]" in items:
                self.ledger.content(self.uidvalidity, message.uid, items["BODY[]"])

    def _named(self, number: int, message: Known, uid: int) -> None:
        if message.uid not in (0, uid):
            raise Contradiction(f"message {number} was UID {message.uid}, is {uid}")
        below = max((known.uid for known in self.messages[: number - 1]), default=0)
        above = min((known.uid for known in self.messages[number:] if known.uid), default=uid + 1)
        if not below < uid < above:
            raise Contradiction(f"message {number} is UID {uid}, between {below} and {above}")
        if not message.uid:
            message.uid = uid
            self.ledger.seen(self.uidvalidity, uid, self.gone_before)

    def _modseq(self, message: Known, modseq: int) -> None:
        if modseq < message.modseq:
            raise Contradiction(f"UID {message.uid}: MODSEQ {modseq} after {message.modseq}")
        message.modseq = modseq

    def _flags(self, message: Known, flags: frozenset[str]) -> None:
        message.flags = flags
        if not message.uid:
            return
        marked = self.keyword in flags
        if self.marks.setdefault(message.uid, marked) is not marked:
            raise Contradiction(f"UID {message.uid}: {self.keyword} is {marked}, and only this session sets it")

    def searched(self, found: set[int], may: set[int] | None) -> None:
        """The message numbers of a SEARCH; `may` is what can be among them."""
        if found and max(found) > len(self.messages):
            raise Contradiction(f"SEARCH found message {max(found)} of {len(self.messages)}")
        if may is not None and not found <= may:
            raise Contradiction(f"SEARCH found messages {sorted(found - may)[:5]}, which do not fit")
        self.ledger.checks += 1
