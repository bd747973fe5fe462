"""Finding stories in one home or several, and showing each to whom it may be shown."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyeonji.journey.event import Filed
from pyeonji.journey.receipt import NotAReceipt, compact, parse_receipt
from pyeonji.journey.story import Story, session_story, story
from pyeonji.journey.view import Viewer, redact
from pyeonji.store import journey, sent, support
from pyeonji.store.accept import SessionRef
from pyeonji.store.engine.base import Tx
from pyeonji.store.finding import ALL, EVER
from pyeonji.store.home import Home
from pyeonji.store.named import named
from pyeonji.store.support import SupportCode
from pyeonji.web.hits import find

SHOWN = 30  # letters on the front page
SERVICES = ("smtp", "submission", "submissions", "lmtp")  # whose refused connections are listed


@dataclass(frozen=True, slots=True)
class Found:
    """A story and the server that keeps it.  `filed`: by which address each account here has it, both folded."""

    place: str
    story: Story
    filed: Mapping[str, str] = field(default_factory=dict)


class Archive:
    """The journeys of all `homes`, by the name of their server."""

    def __init__(self, homes: Mapping[str, Home]) -> None:
        self._homes = homes

    async def letter(self, number: int) -> Found | None:
        for place, home in self._homes.items():
            if found := await home.engine.scan(_letter, place, number):
                return found
        return None

    async def connection(self, number: int) -> Found | None:
        """The story of a connection, whether it brought a letter or not."""
        for place, home in self._homes.items():
            rows = await home.engine.scan(journey.of_session, number)
            if rows:
                return Found(place, session_story(rows))
        return None

    async def search(self, query: str) -> list[Found]:
        """By whatever it looks like (`web.hits`), for who may see all; the newest first."""
        hits: list[tuple[int, str]] = []
        for place, home in self._homes.items():
            found = await home.engine.scan(find, query.strip(), ALL, EVER)
            hits += [(number, place) for number in found.numbers]
        return await self._stories(hits)

    async def support(self, query: str) -> SupportCode | None:
        """What is behind a support code; None when it is none of theirs."""
        try:
            code = compact(parse_receipt(query.strip()).number)
        except NotAReceipt:
            return None
        for home in self._homes.values():
            if found := await home.engine.read(support.find, code):
                return found
        return None

    async def latest(self) -> list[Found]:
        hits = []
        for place, home in self._homes.items():
            hits += [(number, place) for number in await home.engine.scan(journey.latest, SHOWN)]
        return await self._stories(hits)

    async def refused(self) -> list[tuple[str, SessionRef]]:
        """The latest connections that brought no letter."""
        found = []
        for place, home in self._homes.items():
            for session in await home.engine.scan(journey.sessions_without_message, SERVICES, SHOWN):
                rows = await home.engine.scan(journey.of_session, session.id)
                if session_story(rows).recipients:
                    found.append((place, session))
        return sorted(found, key=lambda pair: -pair[1].id)[:SHOWN]

    def as_seen_by(self, found: Found, address: str) -> Viewer | None:
        """Through the eyes of the writer or of a recipient; None for anybody else."""
        me, told = address.strip().casefold(), found.story
        if me in (told.reverse_path.casefold(), told.login.casefold()) and me:
            return Viewer("writer", me)
        if me not in {one.address.casefold() for one in told.recipients}:
            return None
        return Viewer("recipient", me, next((who for who, address in found.filed.items() if address == me), ""))

    async def seen_by(self, found: Found, address: str) -> Story | None:
        """What they see of it; None for anybody else."""
        viewer = self.as_seen_by(found, address)
        return await self.redacted(found, viewer) if viewer is not None else None

    async def redacted(self, found: Found, viewer: Viewer) -> Story:
        """The story as somebody in this role may see it."""
        if viewer.role not in ("recipient", "public"):
            return await asyncio.to_thread(redact, found.story, viewer)
        home = self._homes[found.place]
        visible = await home.engine.scan(named, home.blobs, found.story.id)
        return await asyncio.to_thread(redact, found.story, viewer, visible)

    async def _stories(self, hits: list[tuple[int, str]]) -> list[Found]:
        found = []
        for number, place in sorted(hits, reverse=True)[:SHOWN]:
            if one := await self._homes[place].engine.scan(_letter, place, number):
                found.append(one)
        return found


def _letter(tx: Tx, place: str, number: int) -> Found | None:
    if journey.message(tx, number) is None:
        return None
    rows = journey.of_message(tx, number)
    filed = {
        event.account.casefold(): event.address.casefold()
        for row in rows if row.message_id == number
        for event in row.events if isinstance(event, Filed)
    }  # fmt: skip
    return Found(place, story(number, rows, journey.recipients(tx, number), trace=sent.trace_of(tx, number)), filed)
