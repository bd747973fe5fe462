"""Playing a scene by its name: what it shows, and whether it came true."""

import imaplib
import poplib
from dataclasses import dataclass

from pyeonji.lab.beat import Act, Check, Heard, Tell
from pyeonji.lab.play import NotPlayed
from pyeonji.lab.scenes import (
    address,
    by_hand,
    confiscated,
    dialogue,
    forge,
    hangul,
    mx,
    opening,
    peek,
    php,
    pop_imap,
    reset,
    to_cc_bcc,
)
from pyeonji.lab.stage import Scene, Stage
from pyeonji.lab.world import World
from pyeonji.store.engine.base import StoreError

SCENES: dict[str, Scene] = {
    "opening": opening.play,
    "address": address.play,
    "dialogue": dialogue.play,
    "by-hand": by_hand.play,
    "mx": mx.play,
    "to-cc-bcc": to_cc_bcc.play,
    "peek": peek.play,
    "hangul": hangul.play,
    "pop-imap": pop_imap.play,
    "forge": forge.play,
    "confiscated": confiscated.play,
    "php": php.play,
    "reset": reset.play,
}


# A server that somebody has broken, or that hangs up: the scene fails, and says so.
AWAY = (OSError, TimeoutError, EOFError, imaplib.IMAP4.error, poplib.error_proto, StoreError)


@dataclass(frozen=True, slots=True)
class Played:
    """How a scene ended: what did not come true."""

    problems: tuple[Check, ...]

    @property
    def good(self) -> bool:
        return not self.problems


def key_of(name: str) -> str:
    """ "to-cc-bcc" is called scene.to_cc_bcc in the catalogue."""
    return f"scene.{name.replace('-', '_')}"


async def perform(world: World, name: str, heard: Heard, choice: str = "") -> Played:
    """Play a scene of SCENES; all is well again when it ends."""
    stage = Stage(world, heard, choice)
    async with world.stage:
        await world.forget_allowed()
        heard(Act(f"{key_of(name)}.title"))
        heard(Tell(f"{key_of(name)}.lead"))
        try:
            await SCENES[name](stage)
        except NotPlayed as failure:
            stage.check(False, failure.key, **failure.slots)
        except AWAY as error:
            stage.check(False, "scene.unreachable", what=name, why=str(error) or type(error).__name__)
    heard(Check(not stage.problems, "scene.bad" if stage.problems else "scene.good"))
    return Played(tuple(stage.problems))
