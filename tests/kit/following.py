"""A client that follows searches by what it is told (RFC 5267 §4.3), and believes nothing else."""

import re

LINE = re.compile(r'\* ESEARCH \(TAG "(?P<tag>[^"]+)"[^)]*\)(?P<uid> UID)?(?P<items>.*)\r\n')
ALL = re.compile(rb"\* ESEARCH .* ALL (\S+)")
CHANGE = re.compile(r" (ADDTO|REMOVEFROM) \(([^)]*)\)")


def numbers_of(text):
    """A set in the order it is written in."""
    found = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        assert not last or int(first) < int(last), part  # RFC 5267 §3.2
        found += range(int(first), int(last or first) + 1)
    return found


def found_by(lines):
    """What a search that asked for ALL has found, in its order."""
    found = [match[1] for line in lines if (match := ALL.match(line))]
    assert len(found) <= 1, lines
    return numbers_of(found[0].decode()) if found else []


class Following:
    """Results by tag.  `by_number`: tags of searches that speak in message numbers; `sorted`: tags of SORT."""

    def __init__(self):
        self.results, self.by_number, self.sorted = {}, set(), set()

    def begin(self, tag, numbers, *, uid, in_order):
        self.results[tag] = list(numbers)
        self.by_number |= set() if uid else {tag}
        self.sorted |= {tag} if in_order else set()

    def hear(self, line):
        """One response, as a line without literals; of a search that has not begun nothing is known."""
        text = line.decode("latin-1")
        if found := re.fullmatch(r"\* (\d+) EXPUNGE\r\n", text):
            self._expunged(int(found[1]))
        elif (found := LINE.fullmatch(text)) and CHANGE.search(found["items"]):
            if found["tag"] not in self.results:
                return
            assert CHANGE.sub("", found["items"]) == "", text
            assert bool(found["uid"]) is (found["tag"] not in self.by_number)
            for what, pairs in CHANGE.findall(found["items"]):
                self._change(found["tag"], what, pairs.split(" "))

    def _expunged(self, gone):
        for tag in self.by_number & self.results.keys():
            assert gone not in self.results[tag], "REMOVEFROM comes before EXPUNGE"
            self.results[tag] = [number - (number > gone) for number in self.results[tag]]

    def _change(self, tag, what, pairs):
        results = self.results[tag]
        for place, text in zip(map(int, pairs[::2]), pairs[1::2], strict=True):
            numbers = numbers_of(text)
            assert (place > 0) is (tag in self.sorted)
            if what == "ADDTO":
                assert not set(numbers) & set(results), "nothing is added twice"
                results[max(place - 1, 0) : max(place - 1, 0)] = numbers
            elif place:
                assert results[place - 1 : place - 1 + len(numbers)] == numbers
                del results[place - 1 : place - 1 + len(numbers)]
            else:
                assert set(numbers) <= set(results), "nothing is removed that was not there"
                results[:] = [number for number in results if number not in numbers]
            if not place:
                results.sort()
