"""How well a letter fits a fuzzy question, from 1 to 100 (RFC 6203 §4).

A word weighs most in the subject, then in the author's name, among the recipients, and least anywhere else; that the
words stand together as they were asked for counts, too.
"""

from collections.abc import Sequence

from pyeonji.message.folded import fold_line
from pyeonji.proto.imap import keys
from pyeonji.search.fuzzy import MAX_WORDS
from pyeonji.search.places import Places
from pyeonji.search.texts import Look
from pyeonji.store import digests
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home

WEIGHTS = (4, 3, 2)  # of a word in the subject, the author, the recipients; 1 elsewhere
TOGETHER = 2  # weight of all words together, where there are several
BEST, LEAST = 100, 1
SLICE = 200  # letters looked at in one go


def is_fuzzy(key: keys.Key) -> bool:
    return any(isinstance(inner, keys.Fuzzy) for inner in keys.walk(key))


def texts_of(key: keys.Key) -> list[str]:
    """The folded texts that are looked for."""
    found = [
        fold_line(inner.text)
        for inner in keys.walk(key)
        if isinstance(inner, keys.Field | keys.InBody | keys.InText)
    ]  # fmt: skip
    return list(dict.fromkeys(filter(None, found)))[:MAX_WORDS]


def score(heading: bytes, text: bytes, sought: Sequence[bytes]) -> int:
    """Of one letter."""
    sections = heading.split(b"\0")
    total = most = 0
    for phrase in sought:
        words = phrase.split()[:MAX_WORDS]
        for word in words:
            most += WEIGHTS[0]
            total += next(
                (weight for weight, part in zip(WEIGHTS, sections, strict=True) if word in part), word in text
            )
        if len(words) > 1:
            most += TOGETHER
            total += TOGETHER if phrase in heading or phrase in text else 0
    return max(LEAST, BEST * total // most) if most else BEST


async def scores(home: Home, column: Sequence[int], among: Places, key: keys.Key, look: Look) -> dict[int, int]:
    """The score of each place's letter (receipt numbers in `column`)."""
    sought = [text.encode("utf-8", "replace") for text in texts_of(key)]
    if not sought:
        return dict.fromkeys(among, BEST)
    found: dict[int, int] = {}
    for start in range(0, len(among), SLICE):
        look()
        part = among[start : start + SLICE]
        numbers = list({column[place] for place in part})
        known = await home.digests.scan(_scores, numbers, sought)
        missing = [number for number in numbers if number not in known]
        if missing:
            known |= await home.engine.scan(_read_scores, home, missing, sought)
        found |= {place: known.get(column[place], LEAST) for place in part}
    return found


def _scores(tx: Tx, numbers: Sequence[int], sought: Sequence[bytes]) -> dict[int, int]:
    wordings = digests.wordings(tx, numbers)
    return {number: score(heading, text, sought) for number, (heading, text) in wordings.items()}


def _read_scores(tx: Tx, home: Home, numbers: Sequence[int], sought: Sequence[bytes]) -> dict[int, int]:
    found = {}
    for number in numbers:
        try:
            wording = digests.make(tx, home.blobs, number).wording
        except Damaged:
            continue
        found[number] = score(wording.heading, wording.text, sought)
    return found
