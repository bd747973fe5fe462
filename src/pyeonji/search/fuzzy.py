"""What FUZZY asks for (RFC 6203): all words of a text, in any order and anywhere, instead of the text as it stands.

Words are parts of words as everywhere here, so `회의` finds `주간회의를`; every letter that holds the text as it stands
is among those that are found.
"""

from collections.abc import Callable

from pyeonji.message.folded import fold_line
from pyeonji.proto.imap import keys

MAX_WORDS = 20  # looked for of one text; ours


def loosened(key: keys.Key) -> keys.Key:
    """The key that is meant; as deep as the parser lets keys be nested."""
    match key:
        case keys.Field(name, text):
            return _words(text, key, lambda word: keys.Field(name, word))
        case keys.InBody(text):
            return _words(text, key, keys.InBody)
        case keys.InText(text):
            return _words(text, key, keys.InText)
        case keys.Not(inner):
            return keys.Not(loosened(inner))
        case keys.Or(left, right):
            return keys.Or(loosened(left), loosened(right))
        case keys.And(several):
            return keys.And(tuple(map(loosened, several)))
        case keys.Fuzzy(inner):
            return loosened(inner)
    return key


def _words(text: str, key: keys.Key, sought: Callable[[str], keys.Key]) -> keys.Key:
    words = list(dict.fromkeys(fold_line(text).split()))[:MAX_WORDS]
    if len(words) < 2:
        return key
    return keys.And(tuple(sought(word) for word in words))
