"""IMAP: look into mailboxes and leave the letters there (RFC 3501).  One file per command or pair of commands."""

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext
from pyeonji.access.imap.station import Station
from pyeonji.net.stream import Stream

__all__ = ["serve"]

MAX_EVENTS = 60  # kept of a connection between two facts: it may stay open, and talk, for days


async def serve(stream: Stream, context: AccessContext) -> None:
    """One connection, from the greeting to the end."""
    with context.guard.visit(stream.peer_ip, logs_in=True) as turned:
        recorder = Recorder.visited(context.home, context.clock, context.ids, context.service, stream, limit=MAX_EVENTS)
        station = Station(stream, context, recorder)
        because = "closed without LOGOUT"
        try:
            if turned is not None:
                because = turned.value
                if not context.guard.is_news(stream.peer_ip):
                    recorder.fold()
                await station.say_bye(f"{because} from your address, try again later")
                return
            because = await station.run()
            if because:
                await stream.linger()
        except TimeoutError:
            because = "idle for too long"
        except ConnectionError as error:
            because = str(error)
        finally:
            await station.close()
            await stream.close()
            await recorder.close(because)
