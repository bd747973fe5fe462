"""`pyeonji lab`: opens the world, plays the opening scene, stays until told to stop."""

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from pyeonji.daemon.control import Control
from pyeonji.daemon.supervisor import loop_factory
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.api import lab_api
from pyeonji.lab.beat import Beat, Told, printed
from pyeonji.lab.board.app import Board
from pyeonji.lab.board.codes import DOMAIN
from pyeonji.lab.catch import CATCHER
from pyeonji.lab.commands import Commands
from pyeonji.lab.detective import Cases
from pyeonji.lab.mailpit.app import AsMailpit, Mailpit
from pyeonji.lab.operations import operations
from pyeonji.lab.pages import LabPages
from pyeonji.lab.perform import perform
from pyeonji.lab.roster import LOOPBACK
from pyeonji.lab.shown import CaughtPages
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World, reset
from pyeonji.net.listener import PortTaken, open_tcp, open_unix
from pyeonji.web.app import Parted
from pyeonji.web.journeys import Journeys
from pyeonji.web.server import serve_app

Out = Callable[[str], None]
CONTROL = "control.sock"
COMMAND = "pyeonji lab"


def main(
    data: Path,
    *,
    once: bool = False,
    port_offset: int = 0,
    language: str = "ko",
    afresh: bool = False,
    catch: bool = False,
    scene: str = "",
    ending: str = "",
    command: str = COMMAND,
    out: Out,
) -> int:
    """Exit code: 0 good, 1 the scene did not come true or a port is taken, 2 no such ports.

    `out` prints one line; `command` is what to type here to reach this lab.
    """
    if not 0 <= port_offset <= roster.MAX_OFFSET:
        out(Voice(language)("lab.bad_offset", most=roster.MAX_OFFSET))
        return 2
    if afresh:
        reset(data)
    lab = _Lab(data, port_offset, catch, Voice(language), command, out)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(lab.run(once, scene or "opening", ending))


class _Lab:
    """Opens the world, and opens it afresh when somebody asks for it."""

    def __init__(self, data: Path, offset: int, catch: bool, voice: Voice, command: str, out: Out) -> None:
        self._make = partial(World, data, offset, catch=catch)
        self._voice = voice
        self._command = command
        self._out = out
        self._stop = asyncio.Event()
        self._again = False

    async def run(self, once: bool, scene: str, ending: str) -> int:
        """The exit code of `main`."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        good = True
        while True:
            world = self._make()
            try:
                await open_lab(world, self._voice, self._afresh)
            except PortTaken as error:
                self._out(self._voice("lab.port_taken", what=error.filename))
                return 1
            try:
                good = await self._opened(world, once, scene, ending)
            finally:
                await world.stop()
            if not self._again:
                break
            reset(world.data)
            self._again, scene = False, ""
            self._stop.clear()
        self._out(self._voice("lab.stopped", data=world.data))
        return 1 if once and not good else 0

    async def _opened(self, world: World, once: bool, scene: str, ending: str) -> bool:
        """Until somebody wants it to close; whether the scene came true."""
        for line in welcome(world, self._voice, self._command):
            self._out(line)
        good = world.catch or not scene or await shown(world, self._voice, self._out, scene, ending)
        if not once:
            await self._stop.wait()
        return good

    def _afresh(self) -> None:
        self._again = True
        self._stop.set()


def play_once(
    data: Path, offset: int, language: str, scene: str, ending: str, out: Out, told: Told = printed
) -> bool:  # fmt: skip
    """Open a lab, play a scene, close it: whether the scene came true.  Raises OSError when the ports are taken."""
    world, voice = World(data, offset), Voice(language)

    async def run() -> bool:
        await open_lab(world, voice)
        try:
            return await shown(world, voice, out, scene, ending, told)
        finally:
            await world.stop()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run())


async def shown(
    world: World, voice: Voice, out: Out, scene: str, ending: str = "", told: Told = printed
) -> bool:  # fmt: skip
    """Play a scene, printed beat by beat as it takes place; whether it came true."""
    url = journey_url(world)

    def heard(beat: Beat) -> None:
        for line in told(beat, voice, url):
            out(line)

    return (await perform(world, scene, heard, ending)).good


async def open_lab(world: World, voice: Voice, afresh: Callable[[], None] | None = None) -> None:
    """All servers, the pages, the board and the control socket; raises OSError.  `afresh` opens it anew."""
    await world.start()
    try:
        sock = open_tcp(LOOPBACK, roster.HTTP + world.offset)
        port = sock.getsockname()[1]
        commands = Commands(world, voice.language, journey_url(world), afresh)
        world.at_end(await serve_app(sock, await _pages(world, voice, commands)))
        world.http.append({"service": "http", "host": LOOPBACK, "port": port, "tls": "none", "domain": None})
        control = open_unix(world.data / "run" / CONTROL)
        await world.gateway.serve_control(control, Control(commands.actions).serve)
    except OSError:
        await world.stop()
        raise


async def _pages(world: World, voice: Voice, commands: Commands) -> ASGIApp:
    """Everything the lab answers in a browser, and to programs."""
    board = Board(world)
    world.at_end(board.stop)
    await board.start()
    lab = LabPages(world, commands, Cases(world, board.office))
    caught = CaughtPages(world.gateway.home)
    journeys = Journeys(
        {domain: node.home for domain, node in world.nodes.items()}, world.clock,
        language=voice.language, routes=[*lab.routes, *board.routes, *(caught.routes if world.catch else [])],
        wakes={domain: node.wake for domain, node in world.nodes.items()},
        doors={domain: node.door for domain, node in world.nodes.items()}, base_url=base_url(world),
    )  # fmt: skip
    lab.journeys = board.journeys = caught.journeys = journeys
    sites = {place.domain: world.nodes[place.domain] for place in sorted(roster.PLACES, key=is_not_board)}
    ours = Parted(lab_api(sites, voice.language, operations(commands)), journeys.app)
    if not world.catch:
        return ours
    return AsMailpit(Mailpit(world.gateway.home, world.clock, roster.SMTP + world.offset).app, ours)


def is_not_board(place: roster.Place) -> bool:
    """The board is the lab's application: where it does not matter whose server is asked, it is its server."""
    return place.domain != DOMAIN


def journey_url(world: World) -> Callable[[int], str]:
    base = f"{base_url(world)}/j/"
    return lambda number: base + written(number)


def base_url(world: World) -> str:
    return f"http://{LOOPBACK}:{roster.HTTP + world.offset}"


def welcome(world: World, voice: Voice, command: str) -> list[str]:
    """What the lab says when it is open."""
    offset = world.offset
    base = base_url(world)
    lines = [
        voice("lab.open"), "",
        f"  {voice('lab.web'):6} {base}/lab/",
        f"  SMTP   {LOOPBACK}:{roster.SMTP + offset}   {voice('lab.caught_note' if world.catch else 'lab.smtp_note')}",
        f"         {LOOPBACK}:{roster.SUBMISSION + offset} · {roster.SUBMISSIONS + offset} (TLS)"
        f"   LMTP {LOOPBACK}:{roster.LMTP + offset}",
        f"  IMAP   {LOOPBACK}:{roster.IMAP + offset}   POP3 {LOOPBACK}:{roster.POP3 + offset}"
        f"   DNS {LOOPBACK}:{world.dns.port}   API {base}/api/v1",
        f"  {voice('lab.password', password=roster.PASSWORD)}", "",
    ]  # fmt: skip
    if world.catch:
        lines += [voice("lab.caught", url=f"{base}/caught/", login=CATCHER, password=roster.PASSWORD)]
        return [*lines, voice("lab.stop", command=command), ""]
    lines += [_introduced(place, voice, base) for place in roster.PLACES]
    first = (voice("lab.first", command=command), voice("lab.first_scene", url=f"{base}/lab/"))
    return [*lines, f"  {voice('lab.port_note')}", "", *first, voice("lab.stop", command=command), ""]


def _introduced(place: roster.Place, voice: Voice, base: str) -> str:
    """One line: the domain, its servers, who lives there."""
    mx = " · ".join(f"{preference} {host}" for preference, host in place.mx)
    who = " ".join(f"{person.local_part}@" for person in place.people)
    if place.domain == "3ban.test":
        who = f"{voice('lab.trouble')}: nobody@ " + " ".join(f"{trouble}@" for trouble in roster.TROUBLES)
    elif place.domain == "board.test":
        who = f"{voice('lab.board')}: {base}/board/"
    elif place.strict:
        who = f"{voice('lab.place.strict')}: {who}"
    return f"  {place.domain:12} MX {mx:50} {who}"
