"""MESSAGELIMIT: no command goes through more letters than the server is set to let it (RFC 9738); unset, through all.

Who asks for more gets the letters with the highest UIDs, from above, and the UID down to which that went: below it the
client goes on (§3.1).  What must be done of all or none is done of none.  EXPUNGE, CLOSE and STATUS know no limit.
"""

from collections.abc import Iterator, Sequence

from pyeonji.access.imap.asked import asked, known_places
from pyeonji.access.imap.place import Refused
from pyeonji.access.imap.station import Station
from pyeonji.access.imap.view import View, joined
from pyeonji.proto.imap import flags, keys
from pyeonji.proto.imap.numbers import Partial
from pyeonji.search.places import Places, by_columns


def highest(station: Station, view: View, spans: list[range]) -> tuple[list[range], str]:
    """As many of these letters as one command may go through, and the code that says so; "" where that is all."""
    most = station.context.message_limit
    if not most or sum(map(len, spans)) <= most:
        return spans, ""
    kept = view.part(spans, Partial(-1, -most))
    return kept, _code(most, view.uids[kept[0].start])


def all_or_none(station: Station, view: View, spans: list[range]) -> list[range]:
    """The same letters; raises Refused where they are too many."""
    kept, limited = highest(station, view, spans)
    if limited:
        raise Refused(*_refusal(station.context.message_limit, view.uids[kept[0].start]))
    return spans


def from_above(spans: Sequence[range]) -> list[range]:
    """The same letters one by one, those with the highest UIDs first."""
    return [range(index, index + 1) for span in reversed(spans) for index in reversed(span)]


def marked(station: Station, view: View, spans: list[range]) -> list[range]:
    """Those marked as deleted, where there are so many letters that it matters: UID EXPUNGE takes no others."""
    most = station.context.message_limit
    if not most or sum(map(len, spans)) <= most:
        return spans
    letters = view.image.letters
    return joined(
        number - 1 + step
        for span in spans
        for number, place, count in view.runs(span)
        for step in range(count)
        if letters.flags[place + step] & flags.DELETED
    )


def searched(station: Station, view: View, key: keys.Key) -> tuple[Places, str]:
    """Where the letters stand that a question is put to, and the code as in `highest`.

    They are counted as far as the question itself names them by their numbers: what else it asks may cost a look.
    """
    places, most = known_places(view), station.context.message_limit
    if not most or len(places) <= most:
        return places, ""
    letters = view.image.letters
    named = places
    for numbers in _sets(asked(key, view)):
        named = by_columns(numbers, letters, named, 0)
    if len(named) <= most:
        return places, ""
    kept = named[-most:]
    return kept, _code(most, letters.uids[kept[0]])


def searched_whole(station: Station, view: View, key: keys.Key) -> Places:
    """The same of all letters or none: an order is not put together from parts (§3.3).  Raises Refused."""
    places, limited = searched(station, view, key)
    if limited:
        raise Refused(*_refusal(station.context.message_limit))
    return places


def refusal(station: Station, count: int) -> tuple[str, str] | None:
    """Why so many letters at once are not taken, words and code; None where they are."""
    most = station.context.message_limit
    return _refusal(most) if 0 < most < count else None


def _refusal(most: int, lowest: int = 0) -> tuple[str, str]:
    return f"No more than {most} letters at once", _code(most, lowest)


def _code(most: int, lowest: int = 0) -> str:
    return f"MESSAGELIMIT {most} {lowest}" if lowest else f"MESSAGELIMIT {most}"


def _sets(key: keys.Key) -> Iterator[keys.Uids]:
    """The sets of UIDs that a letter has to be in, whatever else is asked."""
    match key:
        case keys.Uids():
            yield key
        case keys.And(several):
            for one in several:
                yield from _sets(one)
