"""One worker: a Node on the shared sockets, until it is told to stop."""

import asyncio
import gc
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyeonji.access.imap.commands  # noqa: F401 - before the fork: all workers share it, and nobody waits for it
from pyeonji.config.model import Settings
from pyeonji.daemon.apart import read_apart
from pyeonji.daemon.assemble import Node, Outside
from pyeonji.daemon.control import Control
from pyeonji.daemon.health import counts
from pyeonji.intake.aggregate import Aggregates
from pyeonji.net.certificates import Shown

if TYPE_CHECKING:
    from pyeonji.daemon.supervisor import Sockets


def run_worker(settings: Settings, sockets: "Sockets", number: int, spare: tuple[Shown, ...]) -> int:
    """The life of one worker process; its exit code.  `spare`: certificates, where those that are there are bad."""
    from pyeonji.daemon.supervisor import loop_factory

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_work(settings, sockets, number, spare))
    return 0


async def _work(settings: Settings, sockets: "Sockets", number: int, spare: tuple[Shown, ...]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the supervisor's business
    supervisor = os.getppid()
    reports = Aggregates(read_apart)  # one turn for all doors
    node = Node(
        settings,
        Outside(
            worker=number,
            indexer=False,
            writer=settings.writer_path,
            reload=lambda: os.kill(supervisor, signal.SIGHUP),
            spare=spare,
            intake=lambda context: replace(context, aggregates=reports),
        ),
    )
    await node.start(sockets.tcp)
    for path in settings.submit_paths:
        await node.serve_local(sockets.unix[path])
    await node.serve_control(sockets.unix[settings.control_path], Control(actions(node, supervisor)).serve)
    gc.freeze()  # what lives as long as the process need not be looked at again
    await stop.wait()
    await node.stop()


def actions(node: Node, supervisor: int) -> dict[str, Any]:
    """What the control socket of a server can do."""

    async def status(request: dict[str, Any]) -> dict[str, Any]:
        return {
            "pid": supervisor,
            "listeners": node.listeners,
            "pages": node.base_url,
            **node.watch.told(),
            **await counts(node.home, node.clock),
        }

    async def wake(request: dict[str, Any]) -> dict[str, Any]:
        node.wake.tell_queue()
        node.wake.tell_mailboxes([int(number) for number in request.get("mailboxes", ())])
        node.wake.tell_trees([int(number) for number in request.get("trees", ())])
        node.housekeeping.look_now()
        return {"ok": True}

    async def reload(request: dict[str, Any]) -> dict[str, Any]:
        os.kill(supervisor, signal.SIGHUP)
        return {"ok": True}

    async def barred(request: dict[str, Any]) -> dict[str, Any]:
        return {
            "barred": [
                {"what": what, "who": who, "until": until, "times": times}
                for what, who, until, times in node.guard.barred()
            ]
        }

    async def forgive(request: dict[str, Any]) -> dict[str, Any]:
        return {"forgiven": node.guard.forgive(str(request.get("who", "")))}

    return {"status": status, "wake": wake, "reload": reload, "barred": barred, "forgive": forgive}
