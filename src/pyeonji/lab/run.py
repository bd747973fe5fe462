"""`pyeonji lab`: opens the world, plays the opening scene, stays until told to stop."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from pyeonji.daemon.control import Control
from pyeonji.daemon.supervisor import loop_factory
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.api import lab_api
from pyeonji.lab.beat import Beat, printed
from pyeonji.lab.board.app import DOMAIN, Board
from pyeonji.lab.catch import CATCHER
from pyeonji.lab.commands import Commands
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
    out: Out,
) -> int:
    """Exit code: 0 good, 1 the scene did not come true or a port is taken, 2 no such ports.  `out` prints one line."""
    if not 0 <= port_offset <= roster.MAX_OFFSET:
        out(Voice(language)("lab.bad_offset", most=roster.MAX_OFFSET))
        return 2
    if afresh:
        reset(data)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_run(World(data, port_offset, catch=catch), Voice(language), once, out, scene, ending))


async def _run(world: World, voice: Voice, once: bool, out: Out, scene: str, ending: str) -> int:
    try:
        await open_lab(world, voice)
    except PortTaken as error:
        out(voice("lab.port_taken", what=error.filename))
        return 1
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        for line in welcome(world, voice):
            out(line)
        good = world.catch or await shown(world, voice, out, scene or "opening", ending)
        if not once:
            await stop.wait()
    finally:
        await world.stop()
    out(voice("lab.stopped", data=world.data))
    return 1 if once and not good else 0


def play_once(data: Path, offset: int, language: str, scene: str, ending: str, out: Out) -> bool:
    """Open a lab, play a scene, close it: whether the scene came true.  Raises OSError when the ports are taken."""
    world, voice = World(data, offset), Voice(language)

    async def run() -> bool:
        await open_lab(world, voice)
        try:
            return await shown(world, voice, out, scene, ending)
        finally:
            await world.stop()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run())


async def shown(world: World, voice: Voice, out: Out, scene: str, ending: str = "") -> bool:
    """Play a scene, printed beat by beat as it takes place; whether it came true."""
    url = journey_url(world)

    def heard(beat: Beat) -> None:
        for line in printed(beat, voice, url):
            out(line)

    return (await perform(world, scene, heard, ending)).good


async def open_lab(world: World, voice: Voice) -> None:
    """All servers, the pages, the board and the control socket; raises OSError."""
    await world.start()
    try:
        sock = open_tcp(LOOPBACK, roster.HTTP + world.offset)
        board = Board(world)
        world.at_end(board.stop)
        await board.start()
        caught = CaughtPages(world.gateway.home)
        journeys = Journeys(
            {domain: node.home for domain, node in world.nodes.items()}, world.clock,
            language=voice.language, routes=[*board.routes, *(caught.routes if world.catch else [])],
        )  # fmt: skip
        board.journeys = caught.journeys = journeys
        port = sock.getsockname()[1]
        sites = {place.domain: world.nodes[place.domain] for place in sorted(roster.PLACES, key=is_not_board)}
        world.at_end(await serve_app(sock, Parted(lab_api(sites, voice.language), journeys.app)))
        world.http.append({"service": "http", "host": LOOPBACK, "port": port, "tls": "none", "domain": None})
        commands = Commands(world, voice.language, journey_url(world))
        control = open_unix(world.data / "run" / CONTROL)
        await world.gateway.serve_control(control, Control(commands.actions).serve)
    except OSError:
        await world.stop()
        raise


def is_not_board(place: roster.Place) -> bool:
    """The board is the lab's application: where it does not matter whose server is asked, it is its server."""
    return place.domain != DOMAIN


def journey_url(world: World) -> Callable[[int], str]:
    base = f"http://{LOOPBACK}:{roster.HTTP + world.offset}/j/"
    return lambda number: base + written(number)


def welcome(world: World, voice: Voice) -> list[str]:
    """What the lab says when it is open."""
    offset = world.offset
    base = f"http://{LOOPBACK}:{roster.HTTP + offset}"
    lines = [
        voice("lab.open"), "",
        f"  {voice('lab.web'):6} {base}",
        f"  SMTP   {LOOPBACK}:{roster.SMTP + offset}   {voice('lab.caught_note' if world.catch else 'lab.smtp_note')}",
        f"         {LOOPBACK}:{roster.SUBMISSION + offset} · {roster.SUBMISSIONS + offset} (TLS)"
        f"   LMTP {LOOPBACK}:{roster.LMTP + offset}",
        f"  IMAP   {LOOPBACK}:{roster.IMAP + offset}   POP3 {LOOPBACK}:{roster.POP3 + offset}"
        f"   DNS {LOOPBACK}:{world.dns.port}",
        f"  {voice('lab.password', password=roster.PASSWORD)}", "",
    ]  # fmt: skip
    if world.catch:
        lines += [voice("lab.caught", url=f"{base}/caught/", login=CATCHER, password=roster.PASSWORD)]
        return [*lines, voice("lab.stop"), ""]
    for place in roster.PLACES:
        mx = " · ".join(f"{preference} {host}" for preference, host in place.mx)
        if place.domain == "3ban.test":
            who = f"{voice('lab.trouble')}: nobody@ " + " ".join(f"{p.local_part}@" for p in place.people)
            who += " · " + " ".join(f"@{domain}" for domain in place.more)
        elif place.domain == "board.test":
            who = f"{voice('lab.board')}: {base}/board/"
        else:
            who = " ".join(f"{person.local_part}@" for person in place.people)
        lines.append(f"  {place.domain:12} MX {mx:50} {who}")
    return [*lines, f"  {voice('lab.port_note')}", "", voice("lab.first", data=world.data), voice("lab.stop"), ""]
