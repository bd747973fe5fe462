"""What a search means to one session: message numbers, "*", "$" and \\Recent as its client knows them, as UIDs."""

from collections.abc import Sequence

from pyeonji.access.imap.view import View
from pyeonji.proto.imap import flags, keys
from pyeonji.proto.imap.numbers import NumberSet, Range, merged
from pyeonji.search.places import Places


def asked(key: keys.Key, view: View) -> keys.Key:
    """The same question in UIDs alone."""
    return keys.rewritten(key, lambda leaf: _in_uids(leaf, view))


def settled(key: keys.Key, view: View) -> keys.Key:
    """The same question with message numbers and "$" as they are now: they mean these letters for ever (RFC 5267
    §4.3)."""

    def change(leaf: keys.Key) -> keys.Key:
        is_passing = isinstance(leaf, keys.Numbers) or (isinstance(leaf, keys.Uids) and leaf.numbers.saved)
        return _in_uids(leaf, view) if is_passing else leaf

    return keys.rewritten(key, change)


def floats(key: keys.Key, view: View) -> bool:
    """May letters that do not change themselves come and go, because "*" means the last letter, whichever it is?"""
    opens = [leaf.numbers.open_from for leaf in keys.walk(key) if isinstance(leaf, keys.Uids)]
    return any(first is not None and first > view.last_uid for first in opens)


def _in_uids(leaf: keys.Key, view: View) -> keys.Key:
    match leaf:
        case keys.Numbers(numbers):
            if numbers.saved:
                return _saved(view)
            spans = [(first, min(last, len(view))) for first, last in numbers.resolve(len(view))]
            return _uids([(view.uids[first - 1], view.uids[last - 1]) for first, last in spans if 0 < first <= last])
        case keys.Uids(numbers):
            return _saved(view) if numbers.saved else _uids(numbers.resolve(view.last_uid))
        case keys.HasFlags(flags.RECENT, wanted):
            recent = _uids(view.recent)
            return recent if wanted else keys.Not(recent)
    return leaf


def _uids(ranges: Sequence[Range]) -> keys.Uids:
    return keys.Uids(NumberSet(tuple(ranges)))


def _saved(view: View) -> keys.Uids:
    return _uids(merged((uid, uid) for uid in view.saved))


def known_places(view: View) -> Places:
    """Where in the image the letters stand that the client knows and that are still there."""
    if view.uids is view.image.letters.uids:
        return range(len(view))
    return [place for _, first, count in view.runs(range(len(view))) for place in range(first, first + count)]
