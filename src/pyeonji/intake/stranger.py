"""What is asked of the one stranger on a connection to port 25, and what the journey is told of it."""

from pyeonji.acceptance.recorder import Recorder
from pyeonji.address import Address
from pyeonji.delivery.expand import ROLES
from pyeonji.filters.dnsbl import Standing
from pyeonji.filters.front import Front
from pyeonji.filters.greylist import Greylist
from pyeonji.journey.event import Decided
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store.engine.base import StoreError


class Stranger:
    """One peer.  `marks`: why its letters are junk, in words of ours; asked only when it names a recipient."""

    def __init__(self, front: Front, greylist: Greylist, ip: str, recorder: Recorder) -> None:
        self._front = front
        self._greylist = greylist
        self.ip = ip.partition("%")[0]
        self._recorder = recorder
        self._standing: Standing | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        standing = self._standing
        if standing is None or standing.score < self._front.settings.junk_score:
            return ()
        return tuple(f"listed by {hit.zone}" for hit in standing.hits if hit.weight > 0)

    async def refusal(self, forward_path: Address) -> Reply | None:
        """Why a letter for this address is not taken from such a peer, or None.

        Postmaster and abuse hear everybody (RFC 5321 §4.5.1): who is on a list by mistake must be able to say so.
        """
        standing = await self._looked_up()
        if standing.score < self._front.settings.refuse_score or forward_path.local_part.lower() in ROLES:
            return None
        return replies.listed(self.ip, standing.worst.zone, standing.worst.why)

    def unwelcome(self) -> tuple[str, Reply] | None:
        """Why this connection must go at once, and what is said, or None."""
        rates = self._front.rates
        if rates.is_over("errors", self.ip):
            return "too many errors in a minute", replies.TOO_MANY_ERRORS
        if not rates.take("connections", self.ip):
            return "too many connections in a minute", replies.TOO_MANY_CONNECTIONS
        return None

    def may_send(self) -> bool:
        """One letter more; False when there were too many in this minute."""
        return self._front.rates.take("letters", self.ip)

    def may_err(self) -> bool:
        """One mistake more; False when there were too many in this minute."""
        return self._front.rates.take("errors", self.ip)

    async def delay(self, hello: str, reverse_path: Address | None, forward_path: Address) -> Reply | None:
        """Asked of a recipient that is somebody here: who writes for the first time may have to come again.

        Not whom a list of the good knows, nor letters to postmaster and abuse.
        """
        wanted = self._greylist.settings.strangers
        if wanted == "taken" or (await self._looked_up()).score < 0 or forward_path.local_part.lower() in ROLES:
            return None
        try:
            outcome, wait = await self._greylist.met(self.ip, hello, reverse_path, forward_path)
        except StoreError:
            return None  # the letter itself will hear that the store is away
        if outcome == "known":
            return None
        value = f"{reverse_path or '<>'} from {self.ip} to {forward_path}"
        if wanted == "told" or outcome == "passed":
            self._decided("greylist", value, "passed" if outcome == "passed" else "first")
            return None
        self._decided("greylist", value, f"{'delayed' if outcome == 'first' else 'early'}: {wait}")
        return replies.first_time(wait)

    async def _looked_up(self) -> Standing:
        if self._standing is None:
            self._standing = await self._front.lists.standing(self.ip)
            self._tell(self._standing)
        return self._standing

    def _tell(self, standing: Standing) -> None:
        for zone, trouble in standing.troubles:
            self._decided("dnsbl", zone, f"ignored: {trouble}")
        for hit in standing.hits:
            rule = "dnsbl" if hit.weight > 0 else "dnswl"
            why = ", ".join((*hit.records, f"{hit.weight:+d}", *filter(None, (hit.why,))))
            self._decided(rule, hit.zone, f"listed: {why}")
        if standing.hits:
            self._decided("dnsbl score", str(standing.score), self._outcome(standing.score))

    def _outcome(self, score: int) -> str:
        settings = self._front.settings
        return "refused" if score >= settings.refuse_score else "junk" if score >= settings.junk_score else "taken"

    def _decided(self, rule: str, value: str, outcome: str) -> None:
        self._recorder.event(Decided(self._recorder.now_us, rule, value, outcome))
