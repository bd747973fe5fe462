"""What `pyeonji lab send|break|heal|warp|scene` and `status` ask of a running lab, over LAB/run/control.sock.

Answers hold "text" (a sentence in the reader's language) beside the facts, or "error" with a sentence.
"""

import asyncio
import datetime
import os
from collections.abc import Callable
from typing import Any

from pyeonji.daemon.control import Action
from pyeonji.daemon.health import counts
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.beat import Beat, Letter, Tell, facts_of, printed
from pyeonji.lab.detective import ENDINGS
from pyeonji.lab.host import HOWS
from pyeonji.lab.perform import SCENES, perform
from pyeonji.lab.play import Note, NotPlayed, Play, settled
from pyeonji.lab.runs import Runs
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import World
from pyeonji.net.clock import SECOND_US

MAX_PUSH_S = 366 * 86_400  # seconds the clock may be pushed at a time
SEND_WAIT_S = 8.0  # seconds `lab send` follows a letter before it says where it is
AFRESH_S = 0.3  # seconds for whoever asked for it to read the answer
DNS_HOWS = ("silent", "fail")
NOTE = ("chulsoo@1ban.test", "younghee@2ban.test", "안녕", "점심 같이 먹자\n")


class Commands:
    """The actions of one lab's control socket."""

    def __init__(
        self, world: World, language: str, url: Callable[[int], str], afresh: Callable[[], None] | None = None
    ) -> None:
        """`afresh` closes the lab and opens it again without its letters; None where nobody can."""
        self._world = world
        self._language = language
        self._url = url
        self._afresh = afresh
        self.runs = Runs(world)
        world.at_end(self.runs.close)

    @property
    def actions(self) -> dict[str, Action]:
        return {
            "status": self.status, "wake": self.wake, "warp": self.warp, "break": self.break_, "heal": self.heal,
            "send": self.send, "scene": self.scene, "play": self.play, "beats": self.beats, "reset": self.reset,
        }  # fmt: skip

    async def status(self, request: dict[str, Any]) -> dict[str, Any]:
        """Like a server's, with the queues of all servers added up and the faults that are on."""
        queue: dict[str, int] = {}
        oldest = 0
        for node in self._world.nodes.values():
            found = await counts(node.home, node.clock)
            oldest = max(oldest, found["oldest_undecided_s"])
            for state, count in found["queue"].items():
                queue[state] = queue.get(state, 0) + count
        return {
            "pid": os.getpid(), "lab": True, "listeners": self._world.listeners(), "queue": queue,
            "oldest_undecided_s": oldest, "broken": self._broken(), "now": self._now(),
        }  # fmt: skip

    async def wake(self, request: dict[str, Any]) -> dict[str, Any]:
        """A command changed something in one of the folders: everybody looks again."""
        for node in self._world.nodes.values():
            node.wake.tell_queue()
            node.wake.tell_mailboxes([int(number) for number in request.get("mailboxes", ())])
            node.wake.tell_trees([int(number) for number in request.get("trees", ())])
            node.housekeeping.look_now()
        return {"ok": True}

    async def warp(self, request: dict[str, Any]) -> dict[str, Any]:
        seconds = request.get("seconds")
        if not isinstance(seconds, int | float) or not 0 < seconds <= MAX_PUSH_S:
            return {"error": self._voice(request)("lab.bad_seconds", most=MAX_PUSH_S)}
        self._world.push(seconds)
        return {"now": self._now(), "text": self._voice(request)("lab.warped", seconds=f"{seconds:g}", now=self._now())}

    async def break_(self, request: dict[str, Any]) -> dict[str, Any]:
        voice = self._voice(request)
        name = str(request.get("host", "")).rstrip(".").lower()
        names = [name] if name in self._world.hosts else [*getattr(roster.BY_DOMAIN.get(name), "hosts", ())]
        is_dns = name == "dns" or name.startswith("dns:")
        known = DNS_HOWS if is_dns else HOWS
        how = str(request.get("how") or known[0])
        if not names and not is_dns:
            return {"error": voice("lab.no_such_host", host=name, known=", ".join((*self._world.hosts, "dns")))}
        if how not in known:
            return {"error": voice("lab.no_such_fault", how=how, known=", ".join(known))}
        if is_dns:
            broken = self._world.dns.silent if how == "silent" else self._world.dns.failing
            broken.add(name.partition(":")[2])
        for host in names:
            await self._world.hosts[host].break_(how)
        return {"broken": self._broken(), "text": voice("lab.broken", host=name, how=how)}

    async def heal(self, request: dict[str, Any]) -> dict[str, Any]:
        voice = self._voice(request)
        name = str(request.get("host") or "").rstrip(".").lower()
        place = roster.BY_DOMAIN.get(name)
        chosen = [name] if name in self._world.hosts else [*place.hosts] if place else []
        if name and not chosen and not name.startswith("dns"):
            return {"error": voice("lab.no_such_host", host=name, known=", ".join((*self._world.hosts, "dns")))}
        for host in chosen or ([] if name else self._world.hosts):
            await self._world.hosts[host].heal()
        if not name or name.startswith("dns"):
            self._world.dns.heal()
        for node in self._world.nodes.values():
            node.queue_manager.ask_again()  # the next letter goes at once, or healing would not be seen
        return {"broken": self._broken(), "text": voice("lab.healed")}

    async def reset(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget everything that was written: done a moment after this answer."""
        voice = self._voice(request)
        if self._afresh is None:
            return {"error": voice("lab.no_reset")}
        asyncio.get_running_loop().call_later(AFRESH_S, self._afresh)
        return {"text": voice("lab.resets")}

    async def send(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"from", "to" (one or a list), "subject", "body"}; without them Chulsoo writes to Younghee."""
        voice = self._voice(request)
        to = request.get("to") or NOTE[1]
        readers = tuple(str(reader) for reader in to) if isinstance(to, list) else (str(to),)
        subject, text = str(request.get("subject") or NOTE[2]), str(request.get("body") or NOTE[3])
        beats: list[Beat] = []
        play = Play(self._world, beats.append)
        author = str(request.get("from") or NOTE[0])
        if any(not fits(address) for address in (author, *readers)):
            return {"error": voice("board.bad_address")}
        try:
            number = await play.hand_in(Note(author, readers, " ".join(subject.split()), text))
        except NotPlayed as failure:
            return {"error": failure.told(voice), "text": self._text(beats, voice)}
        place = roster.place_of(author)
        assert place is not None  # hand_in has checked it
        answer: dict[str, Any] = {"id": written(number), "url": self._url(number)}
        try:
            await play.follow(place.domain, number, float(request.get("wait") or SEND_WAIT_S))
        except NotPlayed as failure:
            beats.append(Tell(failure.key, failure.slots))
        answer["state"] = await settled(self._world.nodes[place.domain].home, number, 0.0)
        return {**answer, "text": self._text([*beats, Letter(number)], voice)}

    async def scene(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"name", "ending"}: played to its end."""
        voice = self._voice(request)
        name, ending, error = self._wanted(request, voice)
        if error:
            return {"error": error}
        beats: list[Beat] = []
        played = await perform(self._world, name, beats.append, ending)
        problems = [voice(one.key, **one.slots) for one in played.problems]
        return {"problems": problems, "text": self._text(beats, voice)}

    async def play(self, request: dict[str, Any]) -> dict[str, Any]:
        """The same, but only begun: {"run"} is what `beats` asks for."""
        name, ending, error = self._wanted(request, self._voice(request))
        return {"error": error} if error else {"run": self.runs.start(name, ending)}

    async def beats(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"run", "after"}: what has happened since so many beats, as soon as there is something; "over" at the end.

        With "facts" it is told as data ("beats"), too.
        """
        voice, after = self._voice(request), request.get("after")
        run = self.runs.get(str(request.get("run") or ""))
        if run is None or not isinstance(after, int) or after < 0:
            return {"error": voice("lab.no_such_run")}
        await run.until(after + 1)
        found = run.beats[after:]
        over = run.played is not None
        problems = run.played.problems if run.played is not None else ()
        facts = [facts_of(beat, voice, self._url) for beat in found] if request.get("facts") is True else []
        return {
            "text": self._text(found, voice), "beats": facts, "next": after + len(found), "over": over,
            "problems": [voice(one.key, **one.slots) for one in problems],
        }  # fmt: skip

    # ── below ──

    def _wanted(self, request: dict[str, Any], voice: Voice) -> tuple[str, str, str]:
        """(scene, ending, what is wrong with them)."""
        name, ending = str(request.get("name") or "opening"), str(request.get("ending") or "")
        if name not in SCENES:
            return name, ending, voice("lab.no_such_scene", name=name, known=", ".join(SCENES))
        if ending and ending not in ENDINGS:
            return name, ending, voice("lab.no_such_ending", name=ending, known=", ".join(ENDINGS))
        return name, ending, ""

    def _text(self, beats: list[Beat], voice: Voice) -> str:
        return "\n".join(line for beat in beats for line in printed(beat, voice, self._url))

    def _voice(self, request: dict[str, Any]) -> Voice:
        return Voice(str(request.get("lang") or self._language))

    def _broken(self) -> dict[str, str]:
        found = {name: host.how for name, host in self._world.hosts.items() if host.how}
        found |= {f"dns:{name}".rstrip(":"): "silent" for name in self._world.dns.silent}
        return found | {f"dns:{name}".rstrip(":"): "fail" for name in self._world.dns.failing}

    def _now(self) -> str:
        instant = datetime.datetime.fromtimestamp(self._world.clock.now_us() / SECOND_US, datetime.UTC)
        return instant.strftime("%Y-%m-%d %H:%M:%S")


def fits(address: str) -> bool:
    """One line of ASCII without brackets: what may stand between < and > without another look."""
    return address.isascii() and address.isprintable() and not set(address) & set("<> ") and "@" in address
