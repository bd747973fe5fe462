"""POP3: take letters away, or leave them (RFC 1939)."""

import asyncio
import contextlib

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext
from pyeonji.access.pop3.commands import answer
from pyeonji.access.pop3.station import FAIR, PIECE, Station
from pyeonji.net.stream import Stream
from pyeonji.proto.pop3.answer import GREETING
from pyeonji.store.engine.base import StoreError

__all__ = ["serve"]


async def serve(stream: Stream, context: AccessContext) -> None:
    """One connection, from the greeting to the end."""
    with context.guard.visit(stream.peer_ip, logs_in=True) as turned:
        recorder = Recorder.visited(context.home, context.clock, context.ids, context.service, stream)
        station = Station(stream, context, recorder)
        because = "closed without QUIT"
        try:
            if turned is not None:
                because = turned.value
                if not context.guard.is_news(stream.peer_ip):
                    recorder.fold()
                station.turn_away(because)
                await station.flush()
                return
            because = await _converse(station)
            if because:
                await stream.linger()
        except TimeoutError:
            because = "idle for too long"
        except ConnectionError as error:
            because = str(error)
        finally:
            station.close()
            await stream.close()
            await recorder.close(because)


async def _converse(station: Station) -> str:
    """Until the end; why it ended ("" after QUIT)."""
    station.hear()
    station.say(GREETING)
    await station.flush()
    station.stream.parting = station.part
    while station.over is None:
        octets = await station.stream.read()
        if not octets:
            return "closed without QUIT"
        station.machine.feed(octets)
        done = 0
        while station.over is None and (event := station.machine.next_event()) is not None:
            done += 1
            if done % FAIR == 0:
                await asyncio.sleep(0)
            station.recorder.line("in", event.line)
            await answer(station, event)
            await station.flush(PIECE)
        await station.flush()
        if station.maildrop is not None and station.over is None:
            with contextlib.suppress(StoreError):  # told when the letter is asked for
                await station.maildrop.read_ahead()
    return station.over
