"""What a search means to one session: message numbers, "*", "$" and \\Recent as its client knows them, as UIDs."""

from collections.abc import Sequence

from pyeonji.access.imap.view import View
from pyeonji.proto.imap import flags, keys
from pyeonji.proto.imap.numbers import NumberSet, Range, merged
from pyeonji.search.places import Places


def asked(key: keys.Key, view: View) -> keys.Key:
    """The same question in UIDs alone; as deep as the parser lets keys be nested."""
    match key:
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
        case keys.Not(inner):
            return keys.Not(asked(inner, view))
        case keys.Fuzzy(inner):
            return keys.Fuzzy(asked(inner, view))
        case keys.Or(left, right):
            return keys.Or(asked(left, view), asked(right, view))
        case keys.And(several):
            return keys.And(tuple(asked(one, view) for one in several))
    return key


def _uids(ranges: Sequence[Range]) -> keys.Uids:
    return keys.Uids(NumberSet(tuple(ranges)))


def _saved(view: View) -> keys.Uids:
    return _uids(merged((uid, uid) for uid in view.saved))


def known_places(view: View) -> Places:
    """Where in the image the letters stand that the client knows and that are still there."""
    if view.uids is view.image.letters.uids:
        return range(len(view))
    return [place for _, first, count in view.runs(range(len(view))) for place in range(first, first + count)]
