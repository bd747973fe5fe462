"""What happens to a letter, told as it happens (Server-Sent Events).

A stream says only that something is new, and how that is called for this viewer: the page itself is asked for again, by
the way on which everything is taken away that somebody may not see.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import StreamingResponse

from pyeonji.acceptance.wake import Wake
from pyeonji.journey import tell
from pyeonji.journey.instants import clock
from pyeonji.journey.story import Story
from pyeonji.net.clock import rest
from pyeonji.web.letter import Reader

HEARTBEAT_S = 15.0  # seconds of silence that no proxy takes for the end
LOOK_S = 2.0  # seconds after which it is looked all the same: another process may have forgotten to tell
WHOLE_S = 1_800.0  # seconds of one stream; a browser opens the next
MAX_STREAMS = 200  # open at once, in one worker
MAX_OF_ONE = 20  # of them, of one person: who opens more has them asked for again and again (`live.js`)
MAX_SAID = 5  # sentences told at once

Look = Callable[[], Awaitable[Story | None]]
HEADERS = {"x-accel-buffering": "no", "cache-control": "no-store"}


class Streams:
    """Counts those that are open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()  # by who looks; "" is everybody, in the lab

    def is_full(self, who: str) -> bool:
        return self._open.total() >= MAX_STREAMS or (bool(who) and self._open[who] >= MAX_OF_ONE)

    def answer(
        self, who: str, number: int, wake: Wake | None, look: Look, reader: Callable[[], Reader]
    ) -> StreamingResponse:
        told = self._told(who, number, wake, look, reader)
        return StreamingResponse(told, media_type="text/event-stream", headers=HEADERS)

    async def _told(
        self, who: str, number: int, wake: Wake | None, look: Look, reader: Callable[[], Reader]
    ) -> AsyncIterator[str]:
        news = asyncio.Event()
        self._open[who] += 1
        forget = wake.on_letter(number, news.set) if wake is not None else lambda: None
        loop = asyncio.get_running_loop()
        ends, heard = loop.time() + WHOLE_S, loop.time()
        known: int | None = None
        try:
            yield "retry: 2000\n\n"
            while loop.time() < ends:
                news.clear()
                story = await look()
                if story is None:
                    return
                if known is not None and len(story.steps) != known:
                    yield changed(story, known, reader())
                    heard = loop.time()
                known = len(story.steps)
                if is_settled(story):
                    yield changed(story, known, reader())
                    return
                if loop.time() - heard >= HEARTBEAT_S:
                    yield ": still here\n\n"
                    heard = loop.time()
                await rest(news, LOOK_S)
        finally:
            self._open[who] -= 1
            self._open = +self._open  # without those who have none
            forget()


def changed(story: Story, known: int, reader: Reader) -> str:
    """What is new since `known` steps, in a few sentences."""
    whispers = [
        tell.whisper(step, reader.language, lambda at: clock(at, reader.now_us, reader.zone))
        for step in story.steps[known:] if step.kind != "line"
    ]  # fmt: skip
    states = [f"{one.address}: {tell.headline(one, reader.language)}" for one in story.recipients[:MAX_SAID]]
    said = [*[text for text in whispers if text][-MAX_SAID:], *states]
    data = {"steps": len(story.steps), "settled": is_settled(story), "said": said}
    return f"event: changed\nid: {len(story.steps)}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def is_settled(story: Story) -> bool:
    return all(one.final for one in story.recipients)
