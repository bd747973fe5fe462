"""Questions of one session to the letters of a mailbox: what SEARCH, SORT, THREAD and ESEARCH share."""

from pyeonji.access.imap.asked import asked, known_places
from pyeonji.access.imap.results import Found
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View
from pyeonji.proto.imap import keys
from pyeonji.search.places import Places
from pyeonji.search.searching import Search, Where
from pyeonji.search.texts import Look


async def find(station: Station, view: View, key: keys.Key, among: Places | None = None) -> Found:
    """The letters of a view that fit, or those `among` these places of its image, in the order of their numbers.

    Raises StoreError, ConnectionError.
    """
    where = Where(view.mailbox_id, view.image.letters, known_places(view) if among is None else among)
    places = await searching(station).matching(where, asked(key, view))
    return Found(view, where.letters, places)


def searching(station: Station) -> Search:
    """Questions of this session."""
    return Search(station.me.known, station.context.clock.now_us(), look_at(station))


def look_at(station: Station) -> Look:
    """Ends work whose result nobody waits for any more."""

    def look() -> None:
        if station.stream.is_lost:
            raise ConnectionResetError("the client has gone")

    return look
