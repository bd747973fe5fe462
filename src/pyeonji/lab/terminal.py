"""On a terminal: SMTP typed by hand with a coach who whispers, and a scene in a lab of its own."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from pyeonji.daemon.supervisor import loop_factory
from pyeonji.lab.beat import Beat, Told, printed
from pyeonji.lab.byhand import begin
from pyeonji.lab.run import Out, play_once
from pyeonji.lab.voice import Voice
from pyeonji.net.listener import PortTaken

ReadLine = Callable[[], str]  # "" at the end of the input
OFFSETS = range(211, 6_211, 300)  # where a lab that is opened for one scene looks for free ports


def by_hand(port: int, language: str, read_line: ReadLine, out: Out) -> int:
    """Until somebody says QUIT or there is nothing more to read; exit code 0 when the server said goodbye."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_by_hand(port, Voice(language), read_line, out))


async def _by_hand(port: int, voice: Voice, read_line: ReadLine, out: Out) -> int:
    def show(beats: list[Beat]) -> None:
        for beat in beats:
            for line in printed(beat, voice, str):
                out(line)

    try:
        session = await begin(port)
    except (OSError, TimeoutError) as error:
        out(voice("scene.unreachable", what=f"127.0.0.1:{port}", why=error))
        return 1
    try:
        show(session.beats)
        while not session.is_over and (line := await asyncio.to_thread(read_line)):
            show(await session.type(line))
    finally:
        await session.close()
    return 0 if session.is_over else 1


def scene_once(scene: str, ending: str, language: str, offset: int, out: Out, told: Told = printed) -> int:
    """A lab of its own, in a folder that goes away with it; exit code 0 only when the scene came true."""
    taken: OSError | None = None
    for tried in (offset,) if offset else OFFSETS:
        with tempfile.TemporaryDirectory(prefix="pyeonji-lab-") as folder:
            try:
                return 0 if play_once(Path(folder) / "lab", tried, language, scene, ending, out, told) else 1
            except PortTaken as error:
                taken = error
    out(Voice(language)("lab.port_taken", what=taken.filename if taken else ""))
    return 1
