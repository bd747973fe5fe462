"""One attempt to log in: the machine asks, whoever stands at the door answers, the guard counts, the owner can look.

The same for SMTP, IMAP and POP3, and for every mechanism; IMAP's LOGIN and POP3's USER are attempts without a machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from pyeonji.directory.guard import Guard
from pyeonji.directory.names import folded
from pyeonji.proto.sasl import (
    Challenge,
    Done,
    NeedsCheck,
    NeedsToken,
    NeedsVerifier,
    Outcome,
    Refused,
    Server,
    Verifier,
    denied,
    server,
)
from pyeonji.store.apps import Key
from pyeonji.store.logins import BARRED, BROKEN, IN, LATER, WRONG

Who = TypeVar("Who", covariant=True)
Found = TypeVar("Found")

SCOPES = {
    "submission": "smtp", "submissions": "smtp", "imap": "imap", "imaps": "imap", "pop3": "pop3", "pop3s": "pop3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who knocks: from where, at which of our ports, through what."""

    peer_ip: str
    service: str
    bindings: Mapping[str, bytes] = field(default_factory=dict)
    encrypted: bool = False
    certified: tuple[str, ...] = ()  # logins that the client's certificate vouches for

    @property
    def scope(self) -> str:
        """What an app password must be good for."""
        return SCOPES.get(self.service, self.service)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Who]):
    """What became of a password or token: whose it is, or why it is nobody's here; and which app password it was."""

    who: Who | None
    outcome: str = WRONG
    credential: str = ""
    login: str = ""  # folded, where only the token says it
    because: str = ""  # for the journey, where there is more to say
    key: Key | None = None  # of the app that came with it


class Door(Protocol[Who]):
    """Knows who may come in; says who came, in the form its owner needs."""

    async def password(self, login: str, password: str, scope: str) -> Answer[Who]: ...
    def issuer(self) -> str:
        """Where the issuer is described whose tokens are taken; "" when none is."""
        ...

    async def token(self, login: str, token: str) -> Answer[Who]:
        """`login` "": whose it is, is what the token says."""
        ...

    async def verifier(self, login: str, kind: str) -> Verifier:
        """Of a login, for SCRAM of this kind; a false one, always the same, when there is none (RFC 5802 §9)."""
        ...

    async def visitor(self, login: str) -> Who | None:
        """Whoever has proved to be this login already."""
        ...

    async def knows(self, login: str, place: str) -> bool:
        """Has this login come in from there lately?"""
        ...

    def note(self, login: str, place: str, service: str, mechanism: str, answer: Answer[object]) -> None:
        """Keep this attempt, for its owner to see."""
        ...


def takes_tokens(door: Door[object], *, encrypted: bool) -> bool:
    """A token is good for whoever overhears it (RFC 6750 §5.3): never in clear, from this machine neither."""
    return encrypted and bool(door.issuer())


class Exchange(Generic[Found]):
    """`found` is set when it succeeded, `because` when it did not; `barred`: not now, whatever the password."""

    def __init__(self, door: Door[Found], guard: Guard, caller: Caller, mechanism: str, nonce: str = "") -> None:
        self.mechanism = mechanism.upper()
        self.found: Found | None = None
        self.because = ""
        self.barred = False
        self.key: Key | None = None  # of the app that came in
        self.outcome = ""  # store.logins.OUTCOMES
        self._door = door
        self._guard = guard
        self._caller = caller
        self._login = ""
        self._is_over = False
        self._machine: Server | None = None
        if nonce:
            tokens = takes_tokens(door, encrypted=caller.encrypted)
            self._machine = server(
                mechanism, nonce=nonce, bindings=caller.bindings, tokens=tokens, certified=caller.certified
            )

    @property
    def login(self) -> str:
        """The (folded) name that was tried; "" when none was said."""
        return self._login

    @property
    def is_known(self) -> bool:
        """Do we offer this mechanism here?"""
        return self._machine is not None

    async def step(self, response: bytes | None) -> bytes | None:
        """The next challenge (not yet base64), or None when the exchange is over."""
        assert self._machine is not None
        if self._is_over:
            return None  # an answer to the challenge that said so
        if self._login and await self._is_barred(self._login):
            return None  # meanwhile others have failed: whoever held many challenges has no more guesses for it
        outcome = self._machine.step(response)
        if isinstance(outcome, NeedsVerifier):
            if await self._is_barred(outcome.login):
                return None
            outcome = self._machine.verifier(await self._door.verifier(outcome.login, outcome.kind))
        if isinstance(outcome, NeedsToken):
            return await self._bearer(outcome)
        if isinstance(outcome, Challenge):
            return outcome.octets
        await self._end(outcome)
        return None

    async def password(self, login: str, password: str) -> None:
        """A whole attempt, where the words of the protocol say both."""
        await self._end(NeedsCheck(login, password))

    async def _bearer(self, outcome: NeedsToken) -> bytes | None:
        """Counted now: whoever hangs up without the last answer has tried all the same."""
        answer = await self._door.token(outcome.login, outcome.token)
        self.barred = answer.outcome == LATER
        self._login = answer.login or (folded(outcome.login) if outcome.login else "")
        await self._over(answer, f"no good token of {outcome.login or 'somebody'}: {answer.because}", guessed=False)
        if answer.who is not None:
            return None
        self._is_over = True
        return denied(self._door.issuer())

    async def _end(self, outcome: Outcome) -> None:
        match outcome:
            case NeedsCheck():
                if not await self._is_barred(outcome.login):
                    with self._guard.trying(self._login):
                        answer = await self._door.password(outcome.login, outcome.password, self._caller.scope)
                    self.barred = answer.outcome == LATER
                    why = answer.because or "wrong password"
                    await self._over(answer, f"{why} for {outcome.login}")
            case Done():
                self._login = folded(outcome.login)
                found = await self._door.visitor(outcome.login)
                await self._over(Answer(found, IN if found else WRONG), f"no account {outcome.login}")
            case Refused():
                await self._over(Answer(None, WRONG if self._login else BROKEN), outcome.why)
            case _:
                await self._over(Answer(None, BROKEN), "the mechanism asked twice")

    async def _is_barred(self, login: str) -> bool:
        """Strangers may not try this name now: nothing is checked, so they learn nothing, and nothing is counted."""
        self._login = folded(login)
        guard, peer = self._guard, self._caller.peer_ip
        if not guard.bars_strangers(peer, self._login) or await self._door.knows(self._login, guard.place(peer)):
            return False
        self.barred, self.because = True, f"too many failed logins by {login}, and none by it from there"
        self._note(Answer(None, BARRED))
        return True

    async def _over(self, answer: Answer[Found], because: str, *, guessed: bool = True) -> None:
        """`guessed`: somebody may come nearer to a password of this name; nobody comes nearer to a token."""
        self.key = answer.key
        self.found, self.because = answer.who, "" if answer.who is not None else because
        self._note(answer)
        if answer.who is None and answer.outcome != LATER:
            await self._guard.login_failed(self._caller.peer_ip, self._login if guessed else "")

    def _note(self, answer: Answer[Found]) -> None:
        self.outcome = answer.outcome
        place = self._guard.place(self._caller.peer_ip, exempt=False)
        self._door.note(self._login, place, self._caller.service, self.mechanism, answer)
