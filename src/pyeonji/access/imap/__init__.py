"""IMAP: look into mailboxes and leave the letters there (RFC 3501).  One file per command or pair of commands."""

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext
from pyeonji.access.imap.station import Station, tls_started
from pyeonji.net.stream import Stream
from pyeonji.store.accept import SessionRef

__all__ = ["serve"]

MAX_EVENTS = 60  # kept of a connection between two facts: it may stay open, and talk, for days


async def serve(stream: Stream, context: AccessContext) -> None:
    """One connection, from the greeting to the end."""
    session = SessionRef(context.ids.session(), context.clock.now_us(), context.service, stream.peer)
    recorder = Recorder.opened(context.home, context.clock, session, limit=MAX_EVENTS)
    station = Station(stream, context, recorder)
    if stream.tls is not None:
        tls_started(station, stream.tls.version, stream.tls.cipher)
    because = "closed without LOGOUT"
    try:
        because = await station.run()
    except TimeoutError:
        because = "idle for too long"
    except ConnectionError as error:
        because = str(error)
    finally:
        station.close()
        await stream.close()
        await recorder.close(because)
