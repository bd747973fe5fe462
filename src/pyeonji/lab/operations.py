"""What only the lab's API has: /api/v1/lab/..., with the lab's own key."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pyeonji.config.values import WrongValue, read_time
from pyeonji.lab.commands import Commands
from pyeonji.lab.perform import SCENES
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import Operation, operation
from pyeonji.web.api.problem import Problem

Name = Annotated[str, Meta(max_length=255)]


class Break(msgspec.Struct):
    """`host` is a server such as mx1.2ban.test, a domain for all of its servers, "dns", or "dns:NAME"."""

    host: Name
    how: Annotated[Name, Meta(description="off, refuse, slow, disk, certificate, blocklist, silent, drop; fail.")] = ""


class Heal(msgspec.Struct):
    """Without `host` all is mended."""

    host: Name = ""


class Warp(msgspec.Struct):
    time: Annotated[str, Meta(max_length=20, examples=["30m", "4h", "1d", "5d"])]


class Scene(msgspec.Struct):
    name: Name
    ending: Annotated[Name, Meta(description="Of the board's case: typo, full, greylist, spf, junk, silent.")] = ""


class Broken(msgspec.Struct):
    """What does not work now, by its name, and how."""

    broken: dict[str, str]


class Pushed(msgspec.Struct):
    """The lab's clock, UTC."""

    now: str


class Performed(msgspec.Struct):
    """`good`: all that was shown came true; `problems` say what did not."""

    good: bool
    problems: list[str]
    text: str


class State(msgspec.Struct):
    now: str
    broken: dict[str, str]
    queue: dict[str, int]
    scenes: list[str]


class Begun(msgspec.Struct):
    ok: bool


def operations(commands: Commands) -> tuple[Operation, ...]:
    """Of one lab."""

    @operation("GET", "/lab", "read")
    async def lab_state(call: Call) -> State:
        """How the lab is."""
        found = await commands.status({})
        return State(found["now"], found["broken"], found["queue"], list(SCENES))

    @operation("POST", "/lab/break", "manage", problems=("invalid",))
    async def lab_break(call: Call, body: Break) -> Broken:
        """Break a server or the DNS."""
        found = await commands.break_({"host": body.host, "how": body.how, "lang": call.language})
        return Broken(_good(found, "$.host")["broken"])

    @operation("POST", "/lab/heal", "manage", problems=("invalid",))
    async def lab_heal(call: Call, body: Heal) -> Broken:
        """Mend a server, or all."""
        return Broken(_good(await commands.heal({"host": body.host, "lang": call.language}), "$.host")["broken"])

    @operation("POST", "/lab/warp", "manage", problems=("invalid",))
    async def lab_warp(call: Call, body: Warp) -> Pushed:
        """Push the clock of all servers."""
        try:
            seconds = read_time(body.time).total_seconds()
        except WrongValue as error:
            raise Problem("invalid", near="$.time", what="a time is written as 30m, 4h or 1d") from error
        return Pushed(_good(await commands.warp({"seconds": seconds, "lang": call.language}), "$.time")["now"])

    @operation("POST", "/lab/scene", "manage", problems=("invalid",))
    async def lab_scene(call: Call, body: Scene) -> Performed:
        """Play a scene to its end."""
        found = _good(await commands.scene({"name": body.name, "ending": body.ending, "lang": call.language}), "$.name")
        return Performed(not found["problems"], found["problems"], found["text"])

    @operation("POST", "/lab/reset", "manage", status=202, problems=("not_possible_now",))
    async def lab_reset(call: Call) -> Begun:
        """Forget all letters: the lab closes and opens afresh, on the same ports."""
        if "error" in await commands.reset({}):
            raise Problem("not_possible_now", state="open")
        return Begun(True)

    return (lab_state, lab_break, lab_heal, lab_warp, lab_scene, lab_reset)


def _good(answer: dict[str, Any], near: str) -> dict[str, Any]:
    """Raises Problem with the sentence for people that the lab has for it."""
    if "error" in answer:
        raise Problem("invalid", near=near, what=str(answer["error"]))
    return answer
