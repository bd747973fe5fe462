""" "Send again" on the page of a letter: who may, whether the letter is still there, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.address.near import meant
from pyeonji.journey.receipt import written
from pyeonji.journey.story import RecipientStory, Story
from pyeonji.journey.view import Viewer
from pyeonji.store import again, directory, finding
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.submission.again import BEGAN_HERE, Again, send_again
from pyeonji.submission.door import Door
from pyeonji.web.archive import Found

FROM = frozenset({"failed", "bounced", "cancelled", "held"})  # states in which the old letter goes nowhere any more
MAX_ADDRESS = 254  # octets
MISTYPED = "addr.domain_not_found"  # the cause for which another domain may have been meant


@dataclass(frozen=True, slots=True)
class Resend:
    """`number`: as which letter it was sent again, "" for none; `gone`: the letter itself is not kept any more."""

    number: str = ""
    gone: bool = False
    guess: str = ""  # the address that may have been meant

    @property
    def possible(self) -> bool:
        return not self.number and not self.gone


class Resending:
    """Of the letters in some homes, through the doors of their servers."""

    def __init__(self, homes: Mapping[str, Home], doors: Mapping[str, Door]) -> None:
        self._homes, self._doors = homes, doors

    async def about(self, found: Found, viewer: Viewer, one: RecipientStory | None) -> Resend | None:
        """None: nobody asks here whether it is sent again."""
        if one is None or "again" not in viewer.acts or found.place not in self._doors:
            return None
        if one.state not in FROM or found.story.via not in BEGAN_HERE:
            return None
        return await self._homes[found.place].engine.read(_resend, found.story, one)

    async def send(self, found: Found, one: RecipientStory, to: str, who: str) -> int:
        """The number of the new letter.  Raises NotAnAddress, and what `send_again` does."""
        if len(to.encode()) > MAX_ADDRESS:
            raise NotAnAddress(to[:MAX_ADDRESS])
        asked = Again(found.story.id, one.n, one.address, parse_address(to), who, held=one.state == "held")
        return await send_again(self._doors[found.place], asked)


def _resend(tx: Tx, story: Story, one: RecipientStory) -> Resend:
    known = again.sent_as(tx, story.id, one.n)
    guess = "" if known or one.cause != MISTYPED else _meant(tx, story.login, one.address)
    return Resend(written(known) if known else "", not again.has_octets(tx, story.id), guess)


def _meant(tx: Tx, login: str, address: str) -> str:
    """By the domains here, and those where this writer's letters arrived."""
    local_part, _, domain = address.rpartition("@")
    here = (one.name for one in directory.domains(tx))
    found = meant(domain, (*here, *finding.reached(tx, login)))
    return f"{local_part}@{found}" if found else ""
