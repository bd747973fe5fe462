"""IMAP: look into mailboxes and leave the letters there (RFC 3501).  One file per command or pair of commands."""

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext
from pyeonji.access.imap.station import Station
from pyeonji.net.stream import Stream

__all__ = ["serve"]

MAX_EVENTS = 60  # kept of a connection between two facts: it may stay open, and talk, for days


async def serve(stream: Stream, context: AccessContext) -> None:
    """One connection, from the greeting to the end."""
    recorder = Recorder.visited(context.home, context.clock, context.ids, context.service, stream, limit=MAX_EVENTS)
    station = Station(stream, context, recorder)
    because = "closed without LOGOUT"
    try:
        because = await station.run()
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
