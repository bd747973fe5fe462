"""/ of a server: looking for letters.  That nothing was handed to us is an answer, too.

Whoever is signed in finds what they wrote and what they got; an administrator finds everything, support codes, and when
each app called last.
"""

import datetime
import json

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyeonji.catalog.say import say
from pyeonji.journey import tell
from pyeonji.journey.instants import clock, distance
from pyeonji.journey.receipt import parse_receipt, written
from pyeonji.journey.story import Story
from pyeonji.net.ids import number_at
from pyeonji.store import apps, directory
from pyeonji.store.engine.base import Tx
from pyeonji.store.finding import ALL, EVER, Days, Whose
from pyeonji.store.home import Home
from pyeonji.store.support import SupportCode
from pyeonji.web.archive import Archive, Found
from pyeonji.web.hits import find
from pyeonji.web.journey.page import chosen
from pyeonji.web.journey.routes import JourneyPages
from pyeonji.web.journey.seen import Gate, to_sign_in
from pyeonji.web.letter import MOODS, Reader
from pyeonji.web.pages import render
from pyeonji.web.viewer import Watcher, viewer_of

MAX_QUERY = 998  # characters
MAX_APPS = 50  # whose last call is told
DAY_MS = 86_400_000


class FindingPages:
    """The search of one server."""

    def __init__(self, home: Home, gate: Gate, pages: JourneyPages) -> None:
        self._home, self._gate, self._pages = home, gate, pages
        self._archive: Archive = pages.archive
        self.routes = [Route("/", self.front, methods=["GET"])]

    async def front(self, request: Request) -> Response:
        watcher = await self._gate.watcher(request)
        if watcher is None:
            return to_sign_in(request)
        reader = self._pages.reader(request)
        asked = {name: request.query_params.get(name, "")[:MAX_QUERY].strip() for name in ("q", "since", "until")}
        days = days_of(asked["since"], asked["until"], reader.zone)
        whose = await self._home.engine.read(_whose, watcher)
        hits = await self._home.engine.scan(find, asked["q"], whose, days)
        letters = [
            entry for number in hits.numbers if (entry := await self._entry(number, watcher, reader, hits.looked_for))
        ]
        if len(letters) == 1 and asked["q"] and hits.support is None:
            return RedirectResponse(f"/j/{letters[0]['number']}", 303)
        return render(
            request, "find_letters.html", reader.language, letters=letters, asked=asked, watcher=watcher,
            limited=say(reader.language, "find.limited", count=hits.limited) if hits.limited else "",
            support=behind(hits.support, reader), form_token=self._gate.token(request),
            apps=await self._calls(watcher, reader) if asked["q"] and not letters else [],
        )  # fmt: skip

    async def _entry(
        self, number: int, watcher: Watcher, reader: Reader, looked_for: str
    ) -> dict[str, str] | None:  # fmt: skip
        """One row; None for what is not theirs, or was found by what is not."""
        found: Found | None = await self._archive.letter(number)
        viewer = viewer_of(found, watcher) if found else None
        if found is None or viewer is None:
            return None
        told = await self._archive.redacted(found, viewer)
        if viewer.role == "recipient" and not says(told, looked_for):
            return None
        one = chosen(told, 0)
        return {
            "number": told.display_id, "subject": told.subject, "author": told.reverse_path or told.author,
            "readers": ", ".join(person.address for person in told.recipients[:5]),
            "time": clock(told.accepted_at, reader.now_us, reader.zone),
            "glyph": tell.mark(one) if one else "", "mood": MOODS.get(one.state, "bad") if one else "",
            "state": tell.headline(one, reader.language) if one else "",
        }  # fmt: skip

    async def _calls(self, watcher: Watcher, reader: Reader) -> list[str]:
        """When the apps called last: of all for an administrator, else of one's own."""
        me = await self._home.engine.read(directory.account, watcher.address)
        found = []
        for app in (await self._home.engine.read(apps.every))[:MAX_APPS]:
            if not watcher.is_admin and (me is None or app.account_id != me.id):
                continue
            if not app.used_us:
                found.append(say(reader.language, "find.app_never", name=app.name))
                continue
            when = clock(app.used_us, reader.now_us, reader.zone)
            away = distance(reader.language, app.used_us, reader.now_us)
            found.append(say(reader.language, "find.app_called", name=app.name, when=when, distance=away))
        return found


def behind(code: SupportCode | None, reader: Reader) -> str:
    """What a support code leads to, as a sentence; "" without one."""
    if code is None:
        return ""
    display = written(parse_receipt(code.code).number)
    if code.message_id:
        return say(reader.language, "find.support", code=display)
    when = clock(code.made_us, reader.now_us, reader.zone)
    return say(reader.language, "find.support_none", when=when)


def days_of(since: str, until: str, zone: datetime.tzinfo) -> Days:
    """Days in the reader's zone as a range of receipt numbers; what is no day is no limit."""
    first, last = _day_ms(since, zone), _day_ms(until, zone)
    return Days(
        number_at(first) if first is not None else EVER.first,
        number_at(last + DAY_MS) - 1 if last is not None else EVER.last,
    )


def _day_ms(text: str, zone: datetime.tzinfo) -> int | None:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return int(datetime.datetime.combine(day, datetime.time(), zone).timestamp() * 1000)


def _whose(tx: Tx, watcher: Watcher) -> Whose:
    if watcher.is_admin:
        return ALL
    account = directory.account(tx, watcher.address)
    return Whose(watcher.address, account.id if account else 0)


def says(told: Story, words: str) -> bool:
    """Can they be read in what somebody may see?  Else finding a letter by them would tell who got it, too (Bcc)."""
    return words.casefold() in json.dumps(tell.to_json(told), ensure_ascii=False).casefold()
