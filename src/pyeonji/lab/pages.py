"""The lab in a browser: what there is, what can be broken and pushed, and the scenes.  Complete without a script.

What changes anything is a form that is sent (POST); `web.security` takes none from another site.  A scene is played
once and then read by plain links, so that one can step back, and reload a page without playing it again.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from pyeonji.journey.instants import clock, lasting
from pyeonji.lab import roster
from pyeonji.lab.byhand import HOST, Sessions
from pyeonji.lab.commands import DNS_HOWS, Commands
from pyeonji.lab.detective import ENDINGS, Cases, found_out
from pyeonji.lab.host import HOWS
from pyeonji.lab.perform import SCENES, key_of
from pyeonji.lab.view import seen
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World
from pyeonji.net.clock import SECOND_US
from pyeonji.web.app import Routes
from pyeonji.web.journeys import Journeys
from pyeonji.web.pages import HERE, local_zone, render

WARPS = {"30m": 1_800, "4h": 14_400, "1d": 86_400, "5d": 432_000}  # seconds
MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
SLIDE = (
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
)  # seconds at each place of the slider: retries lie close together first, then days apart
SPEEDS = {"1": 4, "2": 2, "3": 1}  # seconds a line stands before the next one comes by itself
FIELDS = 8  # of a form
MAX_FIELD = 2_000  # characters


class LabPages:
    """The pages of one lab."""

    def __init__(self, world: World, commands: Commands, cases: Cases) -> None:
        self._world = world
        self._commands = commands
        self._cases = cases
        self._runs = commands.runs
        self._sessions = Sessions()
        world.at_end(self._sessions.close)
        self.journeys: Journeys | None = None
        self.routes: Routes = [
            Route("/lab", lambda request: RedirectResponse("/lab/")),
            Route("/lab.css", sheet),
            Route("/lab/", self.overview),
            Route("/lab/break", self._doing(commands.break_, "host", "how"), methods=["POST"]),
            Route("/lab/heal", self._doing(commands.heal, "host"), methods=["POST"]),
            Route("/lab/warp", self.warp, methods=["POST"]),
            Route("/lab/reset", self.reset, methods=["POST"]),
            Route("/lab/scenes/{name}", self.scene, methods=["GET"]),
            Route("/lab/scenes/{name}", self.start, methods=["POST"]),
            Route("/lab/runs/{word}", self.run),
            Route("/lab/by-hand/{word}", self.by_hand, methods=["GET"]),
            Route("/lab/by-hand/{word}", self.type, methods=["POST"]),
            Route("/lab/case/", self.new_case, methods=["POST"]),
            Route("/lab/case/{number}", self.case, methods=["GET"]),
            Route("/lab/case/{number}", self.answer, methods=["POST"]),
        ]

    async def overview(self, request: Request) -> Response:
        voice = self._voice(request)
        return self._render(
            request, "lab.html", places=self._places(voice), scenes=_scenes(voice), warps=self._slide(voice, WARPS),
            slide=self._slide(voice, dict(enumerate(SLIDE))),
            state=await self._commands.status({}), hows=_named(voice, HOWS), dns_hows=_named(voice, DNS_HOWS),
        )  # fmt: skip

    async def warp(self, request: Request) -> Response:
        form = await read(request)
        at = number_of(word(form, "slide"), -1)
        slid = SLIDE[at] if 0 <= at < len(SLIDE) else 0
        await self._commands.warp({"seconds": WARPS.get(word(form, "time"), slid)})
        return RedirectResponse("/lab/#clock", 303)

    async def reset(self, request: Request) -> Response:
        answer = await self._commands.reset({})
        return self._render(
            request, "lab_reset.html", status=503 if "error" in answer else 200, error=answer.get("error", "")
        )

    # ── scenes ──

    async def scene(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in SCENES:
            return self._missing(request)
        voice = self._voice(request)
        key = key_of(name)
        lead = "lab.by_hand_lead" if name == "by-hand" else f"{key}.lead"
        return self._render(
            request, "scene.html", name=name, title=voice(f"{key}.title"), lead=voice(lead), beats=[],
            word="", at=0, last=0, over=False, play="", speeds=list(SPEEDS), wait_s=0,
        )  # fmt: skip

    async def start(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in SCENES:
            return self._missing(request)
        if name == "by-hand":
            return await self._begin_by_hand(request)
        return RedirectResponse(f"/lab/runs/{self._runs.start(name)}?at=2", 303)

    async def run(self, request: Request) -> Response:
        """The first `at` beats; with `play` the next one comes by itself."""
        run = self._runs.get(request.path_params["word"])
        if run is None:
            return self._missing(request)
        at = number_of(request.query_params.get("at", ""), 1)
        await run.until(at)
        over = run.played is not None and at >= len(run.beats)
        at = min(at, len(run.beats))
        play = request.query_params.get("play", "")
        voice, key = self._voice(request), key_of(run.name)
        return self._render(
            request, "scene.html", name=run.name, title=voice(f"{key}.title"), lead="",
            beats=[seen(beat, voice) for beat in run.beats[1:at]], word=request.path_params["word"], at=at,
            last=len(run.beats) if run.played is not None else at + 50, over=over,
            play="" if over or play not in SPEEDS else play, speeds=list(SPEEDS), wait_s=SPEEDS.get(play, 0),
        )  # fmt: skip

    # ── by hand ──

    async def _begin_by_hand(self, request: Request) -> Response:
        try:
            found = await self._sessions.open(self._world.hosts[HOST].port)
        except (OSError, TimeoutError):
            return self._missing(request)
        return RedirectResponse(f"/lab/by-hand/{found}", 303)

    async def by_hand(self, request: Request) -> Response:
        session = self._sessions.get(request.path_params["word"])
        if session is None:
            return self._missing(request)
        voice = self._voice(request)
        return self._render(
            request, "by_hand.html", beats=[seen(beat, voice) for beat in session.beats], over=session.is_over,
            host=HOST, title=voice("scene.by_hand.title"), in_content=session.coach.in_content,
        )  # fmt: skip

    async def type(self, request: Request) -> Response:
        line = word(await read(request), "line")
        session = await self._sessions.type(request.path_params["word"], line)
        if session is None:
            return self._missing(request)
        return RedirectResponse(f"/lab/by-hand/{request.path_params['word']}#line", 303)

    # ── the case ──

    async def new_case(self, request: Request) -> Response:
        voice = self._voice(request)
        ending = word(await read(request), "ending")
        text = voice("board.text", token="example")
        case = await self._cases.open(ending, voice("board.subject"), text)
        return RedirectResponse(f"/lab/case/{case.number}", 303)

    async def case(self, request: Request) -> Response:
        case = self._cases.get(request.path_params["number"])
        if case is None:
            return self._missing(request)
        voice = self._voice(request)
        _, told = await found_out(self._world, case) if case.solved else ("", None)
        return self._render(
            request, "case.html", case=case, solved=case.solved, tries=len(case.answers),
            answer=case.answers[-1] if case.answers else "", journey=told.display_id if told else "",
            endings={name: voice(f"lab.ending.{name}") for name in ENDINGS},
            solution=voice(f"scene.reset.is_{case.ending.name}") if case.solved else "",
        )  # fmt: skip

    async def answer(self, request: Request) -> Response:
        found = self._cases.answer(request.path_params["number"], word(await read(request), "ending"))
        if found is None:
            return self._missing(request)
        return RedirectResponse(f"/lab/case/{found.number}#answer", 303)

    # ── below ──

    @property
    def _journeys(self) -> Journeys:
        assert self.journeys is not None, "the lab is shown only with the other pages"
        return self.journeys

    def _voice(self, request: Request) -> Voice:
        return Voice(self._journeys.language(request))

    def _render(self, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
        return render(request, template, self._journeys.language(request), status=status, **values)

    def _missing(self, request: Request) -> Response:
        return render(request, "missing.html", self._journeys.language(request), status=404, query="")

    def _doing(self, act: Callable[[dict[str, Any]], Any], *names: str) -> Callable[[Request], Any]:
        async def do(request: Request) -> Response:
            form = await read(request)
            await act({name: word(form, name) for name in names})
            return back(request)

        return do

    def _slide(self, voice: Voice, some: Mapping[Any, int]) -> dict[Any, tuple[str, str]]:
        """How long each is, and what the clock would say then."""
        now = self._world.clock.now_us()
        zone = local_zone(now)
        return {
            key: (lasting(voice.language, s * SECOND_US), clock(now + s * SECOND_US, now, zone))
            for key, s in some.items()
        }

    def _places(self, voice: Voice) -> list[dict[str, Any]]:
        """Every class with its servers, and how each is."""
        return [
            {
                "domain": place.domain,
                "people": [f"{person.local_part}@{place.domain}" for person in place.people],
                "note": voice(f"lab.place.{NOTES[place.domain]}") if place.domain in NOTES else "",
                "hosts": [
                    {"name": name, "preference": preference, "how": self._world.hosts[name].how}
                    for preference, name in place.mx
                ],
            }
            for place in roster.PLACES
        ]


NOTES = {"3ban.test": "trouble", "4ban.test": "strict", "board.test": "board"}


def _scenes(voice: Voice) -> list[dict[str, str]]:
    keys = {name: key_of(name) for name in SCENES}
    return [{"name": name, "title": voice(f"{key}.title"), "lead": voice(f"{key}.lead")} for name, key in keys.items()]


def _named(voice: Voice, hows: Iterable[str]) -> dict[str, str]:
    return {how: voice(f"lab.how.{how}") for how in hows}


async def sheet(request: Request) -> Response:
    return FileResponse(HERE / "static" / "lab.css", headers={"cache-control": "max-age=60"})


async def read(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=FIELDS)


def word(form: FormData, name: str) -> str:
    return str(form.get(name, ""))[:MAX_FIELD]


def number_of(text: str, least: int) -> int:
    return max(least, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else least


def back(request: Request) -> Response:
    return RedirectResponse("/lab/", 303)
