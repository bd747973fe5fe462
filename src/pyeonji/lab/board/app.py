"""The board's page /board/: the visitor asks for a letter, and (this is the lab) sees what became of it.

What the visitor is told never depends on whether the address has an account.
"""

import secrets
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyeonji.lab import roster
from pyeonji.lab.board.codes import DOMAIN, code_for
from pyeonji.lab.board.post import ByPhp, BySendmail, NotHandedIn, ResetLetter, post_office, without_php
from pyeonji.lab.commands import fits
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World
from pyeonji.web.app import Routes
from pyeonji.web.journeys import Journeys
from pyeonji.web.letter import page
from pyeonji.web.pages import render

STRANGERS = ("nobody@3ban.test", "minsu@scholl.test", "bora@nomail.test")  # members whose address went wrong
MEMBERS = frozenset(
    {f"{person.local_part}@{place.domain}" for place in roster.PLACES for person in place.people} | set(STRANGERS)
)
SUGGESTED = ("john@test.com", "younghee@2ban.test", "full@3ban.test", "greylist@3ban.test", *STRANGERS)
MAX_REMEMBERED = 1_000  # letters that could not be handed in, of which the page still knows why
NUMBER_OCTETS = 9  # of chance in a Message-ID


class Board:
    """The board of one lab."""

    def __init__(self, world: World) -> None:
        self._world = world
        node = world.nodes[DOMAIN]
        self._office = post_office(node.settings.data)
        self._problems: OrderedDict[str, str] = OrderedDict()  # by support code
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
        """A PHP that does not come up is done without: the lab has more to show than it."""
        if self._office is None:
            return
        try:
            await self._office.start()
        except NotHandedIn:
            self._office = without_php(self._world.nodes[DOMAIN].settings.data)

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
        message_id = problem = ""
        if email.lower() in MEMBERS:
            message_id, problem = await self._write(email.lower(), Voice(self._journeys.language(request)))
        code = await code_for(self._world, message_id)
        if problem:
            self._problems[code] = problem
            if len(self._problems) > MAX_REMEMBERED:
                self._problems.popitem(last=False)
        return RedirectResponse(f"/board/?n={code}", 303)

    # ── below ──

    @property
    def _journeys(self) -> Journeys:
        assert self.journeys is not None, "the board is shown only with the pages"
        return self.journeys

    async def _write(self, email: str, voice: Voice) -> tuple[str, str]:
        """(the Message-ID, why it could not be handed in)."""
        text = voice("board.text", token=secrets.token_urlsafe(16))
        letter = ResetLetter(email, secrets.token_urlsafe(NUMBER_OCTETS), voice("board.subject"), text)
        if self._office is None:
            return letter.message_id, "pyeonji-sendmail"
        try:
            await self._office.hand_in(letter)
        except NotHandedIn as error:
            return letter.message_id, str(error)
        return letter.message_id, ""

    def _form(self, request: Request, email: str = "", *, wrong: bool = False) -> Response:
        return render(
            request, "board.html", self._journeys.language(request), status=422 if wrong else 200, number="",
            email=email[:254], wrong=wrong, waiting=False, members=SUGGESTED,
        )  # fmt: skip

    async def _outcome(self, request: Request, number: str) -> Response:
        archive = self._journeys.archive
        code = await archive.support(number)
        found = await archive.letter(code.message_id) if code is not None and code.message_id else None
        reader = self._journeys.reader(request)
        shown = page(found.story, reader) if found is not None else None
        return render(
            request, "board.html", reader.language, number=number[:64], page=shown,
            problem=self._problems.get(number, ""), how=self._office.key if self._office else "",
            waiting=shown is not None and not shown.settled,
        )  # fmt: skip
