"""One try at handing a letter to the hosts of one domain: which host next, and what their words mean.

The rules of RFC 5321 §5.1 and §4.2.1 are here; sockets, TLS and patience are in `courier`.  The owner asks for
next_hop(), talks to it, and reports what happened.  In the end every recipient has an outcome.

 * 5yz to a command about the letter ends it for that recipient: no other host is asked.
 * 4yz, 421, silence and broken connections lead to the next host, and to a later try when there is none.
 * 5yz to the greeting or the hello says only that this host will not talk to us: the next one is asked; when all of
   them say so, it is final (RFC 7504 §4).
 * Silence after the final dot ends the try: whether the letter arrived is unknown, so it is sent again later, never to
   another host at once (RFC 1047; a second copy may arrive, losing it may not).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pyeonji.proto.smtp.reply import Reply
from pyeonji.queue.outcome import HandedOver, Later, Never, Outcome
from pyeonji.relay.hops import Host

MAX_TALKS = 2  # hosts one try really talks to (reliability F14)

# Said before the letter was spoken of: a 5yz here is about us and this host, not about the letter.
BEFORE_THE_LETTER = frozenset({"connect", "greeting", "hello", "tls"})


@dataclass(frozen=True, slots=True)
class Hop:
    """One address of one host."""

    host: str
    address: str


class Attempt:
    """See the top of this module.

    `recipients` are the numbers of the job's recipients; `cause_of` finds a reply, said in a phase, in the catalogue.
    """

    def __init__(
        self,
        recipients: Iterable[int],
        hosts: Sequence[Host],
        cause_of: Callable[[Reply, str], str],
        max_talks: int = MAX_TALKS,
    ) -> None:
        self._cause_of = cause_of
        self._hops = [Hop(host.name, address) for host in hosts for address in host.addresses]
        self._left_host = ""
        self._talks = max_talks
        self._decided: dict[int, Outcome] = {}
        self._words: dict[int, list[Later | Never]] = {n: [] for n in recipients}

    @property
    def undecided(self) -> tuple[int, ...]:
        """Recipients another host may still take."""
        return tuple(n for n in self._words if n not in self._decided)

    def next_hop(self) -> Hop | None:
        """Where to go next; None when the try is over."""
        if not self.undecided or self._talks <= 0:
            return None
        while self._hops:
            hop = self._hops.pop(0)
            if hop.host != self._left_host:
                return hop
        return None

    def unreachable(self, hop: Hop, why: str) -> None:
        """No connection came about: another address of the same host may still work."""
        reply = f"450 4.4.1 {hop.host} [{hop.address}] does not answer: {why}"
        self._say(self.undecided, Later(reply, "net.no_answer", hop.host, "connect", silent=True))

    def talked(self, hop: Hop) -> None:
        """The host spoke: its other addresses would say the same."""
        self._talks -= 1
        self._left_host = hop.host

    def led_back(self) -> None:
        """That host is ourselves: no worse one is asked, for it would bring the letter to us (RFC 5321 §5.1)."""
        self._hops.clear()

    def passed_over(self, hop: Hop, reply: Reply) -> None:
        """This host gets nothing, and is not dialled: it counts as refused in the phase of encryption."""
        self._left_host = hop.host
        self.refused(self.undecided, hop, "tls", reply)

    def handed_over(self, n: int, hop: Hop, reply: Reply, *, tells: bool = False) -> None:
        """The host is responsible now."""
        self._decided[n] = HandedOver(hop.host, str(reply), tells)

    def refused(self, recipients: Iterable[int], hop: Hop, phase: str, reply: Reply) -> None:
        """A reply that is not the wanted one.  Codes that no standard knows count as temporary (reliability F08)."""
        text = str(reply)
        cause = self._cause_of(reply, phase)
        # A login that is refused is our own mistake: the letters wait until somebody mends it.
        if not reply.permanent or reply.code > 599 or phase == "login" or means_too_many(reply, phase):
            self._say(recipients, Later(text, cause, hop.host, phase))
        elif phase in BEFORE_THE_LETTER:
            self._say(recipients, Never(text, cause, hop.host, phase))
        else:
            self._decide(recipients, Never(text, cause, hop.host, phase))

    def refused_by_us(self, recipients: Iterable[int], hop: Hop, phase: str, words: str, cause: str) -> None:
        """We see that this host can never take it: nothing is sent, no other host is asked."""
        self._decide(recipients, Never(words, cause, hop.host, phase))

    def broke_off(self, recipients: Iterable[int], hop: Hop, phase: str, reply: Reply) -> None:
        """The connection ended, with their last words or ours.  `phase` "content" is: after the final dot."""
        if phase == "content":
            self._decide(recipients, Later(str(reply), self._cause_of(reply, phase), hop.host, phase))
        else:
            self.refused(recipients, hop, phase, reply)

    def outcomes(self) -> dict[int, Outcome]:
        """How it ended for each recipient, once next_hop() has nothing more."""
        return {n: self._decided.get(n) or summed_up(words) for n, words in self._words.items()}

    def _say(self, recipients: Iterable[int], word: Later | Never) -> None:
        for n in recipients:
            if n not in self._decided:
                self._words[n].append(word)

    def _decide(self, recipients: Iterable[int], outcome: Outcome) -> None:
        for n in recipients:
            self._decided.setdefault(n, outcome)


def summed_up(words: Sequence[Later | Never]) -> Outcome:
    """One outcome of what several hosts said: what was spoken counts before silence, "later" before "never"."""
    spoken = [word for word in words if isinstance(word, Never) or not word.silent]
    later = [word for word in spoken if isinstance(word, Later)]
    if later:
        return later[-1]
    if spoken and len(spoken) == len(words):
        return spoken[-1]
    if spoken:  # one host will not talk to us, another is silent: it may take the letter tomorrow
        last = spoken[-1]
        return Later(last.reply, last.cause, last.host, last.phase)
    if words:
        return replace(words[-1], silent=True) if isinstance(words[-1], Later) else words[-1]
    return Later("450 4.4.1 no host could be asked", "net.no_answer", phase="connect", silent=True)


def means_too_many(reply: Reply, phase: str) -> bool:
    """552 to RCPT is an old way to say "too many recipients": to be read as 452 (RFC 5321 §4.5.3.1.10)."""
    return phase == "rcpt" and reply.code == 552 and reply.detail in ("", "5.3")
