"""The board's page /board/: the visitor asks for a letter, and (this is the lab) sees what became of it.

What the visitor is told never depends on whether the address has an account.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyeonji.lab import roster
from pyeonji.lab.board.post import ByPhp, BySendmail, NotHandedIn, ResetLetter, post_office
from pyeonji.lab.commands import fits
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World
from pyeonji.web.app import Routes
from pyeonji.web.journeys import Journeys
from pyeonji.web.letter import page
from pyeonji.web.pages import render

DOMAIN = "board.test"
STRANGERS = ("nobody@3ban.test", "minsu@scholl.test", "bora@nomail.test")  # members whose address went wrong
MEMBERS = frozenset(
    {f"{person.local_part}@{place.domain}" for place in roster.PLACES for person in place.people} | set(STRANGERS)
)
SUGGESTED = ("john@test.com", "younghee@2ban.test", "full@3ban.test", "greylist@3ban.test", *STRANGERS)
MAX_REMEMBERED = 1_000  # wishes whose number still shows something
NUMBER_OCTETS = 9  # of chance in a number: nobody guesses another's


@dataclass(slots=True)
class Wish:
    """One visitor's wish for a letter; `message_id` is "" when none was made."""

    message_id: str = ""
    problem: str = ""


class Board:
    """The board of one lab."""

    def __init__(self, world: World) -> None:
        self._world = world
        node = world.nodes[DOMAIN]
        self._office = post_office(node.settings.data)
        self._wishes: OrderedDict[str, Wish] = OrderedDict()
        self.journeys: Journeys | None = None
        self.routes: Routes = [
            Route("/board", lambda request: RedirectResponse("/board/")),
            Route("/board/", self.form, methods=["GET"]),
            Route("/board/", self.ask, methods=["POST"]),
        ]

    @property
    def office(self) -> ByPhp | BySendmail | None:
        """How its letters are handed in; None without our sendmail command."""
        return self._office

    async def start(self) -> None:
        if self._office is not None:
            await self._office.start()

    async def stop(self) -> None:
        if self._office is not None:
            await self._office.stop()

    async def form(self, request: Request) -> Response:
        number = request.query_params.get("n", "")
        return await self._outcome(request, number) if number else self._form(request)

    async def ask(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=4)
        email = str(form.get("email", "")).strip()
        if not fits(email) or len(email) > 254:
            return self._form(request, email, wrong=True)
        number = secrets.token_urlsafe(NUMBER_OCTETS)
        asked = self._wishes[number] = Wish()
        if len(self._wishes) > MAX_REMEMBERED:
            self._wishes.popitem(last=False)
        if email.lower() in MEMBERS:
            await self._write(asked, email.lower(), number, Voice(self._journeys.language(request)))
        return RedirectResponse(f"/board/?n={number}", 303)

    # ── below ──

    @property
    def _journeys(self) -> Journeys:
        assert self.journeys is not None, "the board is shown only with the pages"
        return self.journeys

    async def _write(self, asked: Wish, email: str, number: str, voice: Voice) -> None:
        text = voice("board.text", token=secrets.token_urlsafe(16))
        letter = ResetLetter(email, number, voice("board.subject"), text)
        asked.message_id = letter.message_id
        if self._office is None:
            asked.problem = "pyeonji-sendmail"
            return
        try:
            await self._office.hand_in(letter)
        except NotHandedIn as error:
            asked.problem = str(error)

    def _form(self, request: Request, email: str = "", *, wrong: bool = False) -> Response:
        return render(
            request, "board.html", self._journeys.language(request), status=422 if wrong else 200, number="",
            email=email[:254], wrong=wrong, waiting=False, members=SUGGESTED,
        )  # fmt: skip

    async def _outcome(self, request: Request, number: str) -> Response:
        asked = self._wishes.get(number, Wish())
        found = await self._journeys.archive.search(asked.message_id) if asked.message_id else []
        ours = [one for one in found if one.place == DOMAIN]
        reader = self._journeys.reader(request)
        shown = page(ours[-1].story, reader) if ours else None
        return render(
            request, "board.html", reader.language, number=number[:64], problem=asked.problem, page=shown,
            how=self._office.key if self._office else "", waiting=shown is not None and not shown.settled,
        )  # fmt: skip
