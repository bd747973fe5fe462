"""Letters that an alias sends on, and what comes back of them (SRS)."""

from collections.abc import Sequence

from pyeonji.address import Address, parse_address, verp
from pyeonji.address.srs import NotOurs, Rewriter, is_srs
from pyeonji.delivery.expand import Expansion, Remote, Step, expand
from pyeonji.delivery.plan import Plan, Wanted
from pyeonji.journey.event import Decided, Event
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.ids import Ids
from pyeonji.store import directory, journey
from pyeonji.store.home import Home

SECRET = "srs"
VERP = "return address"  # the rule of a Step
DAY_US = 86_400 * SECOND_US


class Forwarding:
    """Rewrites reverse-paths for one home; its secret is made with the first letter."""

    def __init__(self, home: Home, clock: Clock, ids: Ids) -> None:
        self._home = home
        self._clock = clock
        self._ids = ids
        self._known: Rewriter | None = None

    async def comes_back(self, address: Address, *, null_path: bool) -> Expansion | None:
        """Where an address that looks like one of these leads: to its writer, or to nobody.  None for any other.

        Only bounces come back: whoever has seen such an address may not write to its writer through us.
        """
        if verp.is_verp(address):
            return await self._came_back(address, null_path=null_path)
        if not is_srs(address) or not await self._home.engine.read(directory.domain_exists, address.domain):
            return None
        try:
            if not null_path:
                raise NotOurs("it is for bounces only")
            writer = (await self._rewriter()).back(address, self._day)
        except NotOurs as error:
            return Expansion(address, [], [Step("srs", str(address), str(error))])
        return Expansion(address, [Remote(writer)], [Step("srs", str(address), f"back: {writer}")])

    async def named(self, address: Address) -> tuple[int, int] | None:
        """The letter (its number) and the recipient that a return address of ours stands for; None for any other."""
        if not verp.is_verp(address):
            return None
        secret = await self._home.engine.read(directory.kept_secret, verp.SECRET)
        try:
            receipt, n = verp.Returning(secret.encode()).read(address) if secret else ("", 0)
            return (parse_receipt(receipt).number, n) if receipt else None
        except (verp.NotOurs, NotAReceipt):
            return None

    async def _came_back(self, address: Address, *, null_path: bool) -> Expansion | None:
        """To the writer of the letter whose recipient's it is, or to nobody: nobody can guess one."""
        if not await self._home.engine.read(directory.domain_exists, address.domain):
            return None
        known = await self.named(address) if null_path else None
        letter = await self._home.engine.read(journey.message, known[0]) if known else None
        if letter is None or not letter.reverse_path:
            because = "the mark is wrong" if null_path else "it is for bounces only"
            return Expansion(address, [], [Step(VERP, str(address), because)])
        writer = parse_address(letter.reverse_path)
        found = await self._home.engine.read(expand, writer)
        return Expansion(address, found.targets, [Step(VERP, str(address), f"back: {writer}"), *found.steps])

    async def onward(
        self, reverse_path: Address | None, recipients: Sequence[tuple[Wanted, Expansion]], plan: Plan
    ) -> tuple[Address | None, tuple[Event, ...]]:
        """With which reverse-path the letter is sent on, None for its own; and what the journey is told."""
        if reverse_path is None or not plan.relayings:
            return None, ()
        if await self._home.engine.read(directory.domain_exists, reverse_path.domain):
            return None, ()
        domain = next(wanted.address.domain for wanted, expansion in recipients if _leaves(expansion))
        rewritten = (await self._rewriter()).onward(reverse_path, domain, self._day)
        outcome = f"onward: {rewritten}" if rewritten else "kept: it would be too long"
        return rewritten, (Decided(self._clock.now_us(), "srs", str(reverse_path), outcome),)

    @property
    def _day(self) -> int:
        return self._clock.now_us() // DAY_US

    async def _rewriter(self) -> Rewriter:
        if self._known is None:
            fresh = self._ids.token(32)
            self._known = Rewriter((await self._home.engine.write(directory.secret, SECRET, fresh)).encode())
        return self._known


def came_to(expansion: Expansion) -> list[Address]:
    """The address a letter came to, and the writer's that it holds."""
    if expansion.steps and expansion.steps[0].rule == VERP:
        return [expansion.forward_path]  # the recipient that it stands for is known for certain
    back = [one.address for one in expansion.targets if isinstance(one, Remote) and expansion.steps[0].rule == "srs"]
    return [expansion.forward_path, *back]


def _leaves(expansion: Expansion) -> bool:
    return any(isinstance(target, Remote) and target.through is None for target in expansion.targets)
