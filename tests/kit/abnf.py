"""Does a grammar know these octets?  ABNF as RFC 5234 has it, read from a file; all ways are followed at once.

Repetitions of characters, numbers in their bounds and literals of counted octets are terminals, made here.
"""

import re
from functools import cache
from pathlib import Path

GRAMMAR = Path(__file__).parents[1] / "cases" / "imap" / "responses.abnf"
RULE = re.compile(r"([A-Za-z][\w.-]*)\s*(=/?)\s*(.*)")
TOKEN = re.compile(r'\s*(?:"([^"]*)"|(\d*)\*(\d*)|(\d+)(?=[("A-Za-z])|([A-Za-z][\w.-]*)|([()/\[\]]))')
ATOM = rb"[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]+"
ASTRING_ATOM = ATOM.replace(rb"\[", rb"\[\]")
ASCII = rb"[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\[\"\\]"
UTF8 = rb"|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
DATE = rb'"[ 0-3][0-9]-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{4} [0-9:]{8} [+-][0-9]{4}"'
# Not of a bracket first, or a code that nobody knows would be text.
TEXT = rb"[\x01-\x09\x0b\x0c\x0e-\x5a\x5c-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*"
PATTERNS = {
    "SP": rb" ", "CRLF": rb"\r\n", "DQUOTE": rb'"', "nil": rb"(?i:NIL)", "atom": ATOM, "astring-atom": ASTRING_ATOM,
    "tag": ASTRING_ATOM.replace(rb"+,", rb",", 1), "capability": ATOM, "date-time": DATE,
    "text": TEXT, "QUOTED-CHAR": ASCII, "objectid": rb"[A-Za-z0-9_-]{1,255}",
    "base64": rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", "rights": rb'""|[a-z0-9]+',
    "url-resp-text": rb"[\x01-\x09\x0b\x0c\x0e-\x5c\x5e-\x7f]+", "partial-range": rb"-?[1-9]\d*:-?[1-9]\d*",
    "media-message": rb'(?i:"MESSAGE" "(?:RFC822|GLOBAL)")',
}  # fmt: skip
NUMBERS = {
    "number": (0, 2**32), "nz-number": (1, 2**32), "number64": (0, 2**63), "mod-sequence-value": (1, 2**63),
    "score": (1, 101),
}  # fmt: skip


class Grammar:
    """Rules by name.  `utf8`: a string between quotes may hold UTF-8 (RFC 9051 §4.3, RFC 9755 §3)."""

    def __init__(self, source, *, utf8):
        self.rules = {}
        self.terminals = {name: _matching(pattern) for name, pattern in PATTERNS.items()}
        self.terminals |= {name: _number(*bounds) for name, bounds in NUMBERS.items()}
        self.terminals["uid-set"] = _uid_set
        self.terminals["quoted"] = quoted = _matching(b'"(?:' + ASCII + (UTF8 if utf8 else b"") + b')*"')
        self.terminals["literal"] = literal = _literal(b"", nul=False)
        self.terminals["literal8"] = _literal(b"~", nul=True)

        def string(octets, at):
            return quoted(octets, at) or literal(octets, at)

        self.terminals["media-basic"] = lambda octets, at: _media(octets, at, string, basic=True)
        self.terminals["media-text"] = lambda octets, at: _media(octets, at, string, basic=False)
        for name, how, body in _rules(source):
            node = _Parser(body).choice()
            self.rules[name] = ("choice", [self.rules[name], node]) if how == "=/" else node
        named = {found[4] for _, _, body in _rules(source) for found in TOKEN.findall(body)} - {""}
        assert named <= self.rules.keys() | self.terminals.keys(), named - self.rules.keys() - self.terminals.keys()

    def knows(self, octets, rule="response"):
        """... as a whole; where not, `reached` is how far it went."""
        self.octets, self.known, self.reached = octets, {}, 0
        return len(octets) in self._ends(("rule", rule), 0)

    def _ends(self, node, at):
        """Where this node can end that begins here."""
        kind, what = node
        if kind == "word":
            return {at + len(what)} if self.octets[at : at + len(what)].lower() == what else set()
        if kind == "rule":
            return self._rule(what, at)
        if kind == "choice":
            return set().union(*(self._ends(each, at) for each in what))
        if kind == "repeat":
            return self._repeated(*what, at)
        ends = {at}
        for each in what:
            ends = set().union(*(self._ends(each, end) for end in ends))
        return ends

    def _rule(self, name, at):
        if (name, at) not in self.known:
            terminal = self.terminals.get(name)
            ends = terminal(self.octets, at) if terminal else self._ends(self.rules[name], at)
            self.known[name, at] = ends
            self.reached = max(self.reached, *ends, 0)
        return self.known[name, at]

    def _repeated(self, least, most, node, at):
        last, found = {at}, {at} if not least else set()
        count = 0
        while last and (most is None or count < most):
            count += 1
            last = set().union(*(self._ends(node, end) for end in last)) - found
            if count >= least:
                found |= last
        return found


class _Parser:
    """One rule's right side: a node is (kind, what)."""

    def __init__(self, source):
        self.tokens = [found.groups() for found in TOKEN.finditer(source)]
        self.at = 0

    def choice(self):
        found = [self.sequence()]
        while self._is("/"):
            found.append(self.sequence())
        return ("choice", found)

    def sequence(self):
        found = []
        while self.at < len(self.tokens) and self.tokens[self.at][5] not in ("/", ")", "]"):
            found.append(self.repetition())
        return ("sequence", found)

    def repetition(self):
        _, least, most, exactly, _, _ = self.tokens[self.at]
        if exactly is not None:
            self.at += 1
            return ("repeat", (int(exactly), int(exactly), self.element()))
        if least is not None:
            self.at += 1
            return ("repeat", (int(least or 0), int(most) if most else None, self.element()))
        return self.element()

    def element(self):
        word, _, _, _, name, sign = self.tokens[self.at]
        self.at += 1
        if word is not None:
            return ("word", word.lower().encode())
        if name is not None:
            return ("rule", name)
        inside = self.choice()
        assert self._is({"(": ")", "[": "]"}[sign])
        return inside if sign == "(" else ("repeat", (0, 1, inside))

    def _is(self, sign):
        found = self.at < len(self.tokens) and self.tokens[self.at][5] == sign
        self.at += found
        return found


def _rules(source):
    """(name, "=" or "=/", right side)."""
    found = []
    for line in source.splitlines():
        if line.startswith(";") or not line.strip():
            continue
        if line[0].isspace():
            found[-1][2] += " " + line.strip()
        else:
            found.append(list(RULE.fullmatch(line).groups()))
    return found


def _matching(pattern):
    """As much as fits: in this grammar no run of characters may be followed by one of its own."""
    compiled = re.compile(pattern)

    def ends(octets, at):
        found = compiled.match(octets, at)
        return {found.end()} if found else set()

    return ends


def _number(first, beyond):
    def ends(octets, at):
        found = re.compile(rb"0|[1-9][0-9]*").match(octets, at)
        return {found.end()} if found and first <= int(found[0]) < beyond else set()

    return ends


def _uid_set(octets, at):
    found = re.compile(rb"[1-9]\d*(?::[1-9]\d*)?(?:,[1-9]\d*(?::[1-9]\d*)?)*").match(octets, at)
    return {found.end()} if found and all(int(word) < 2**32 for word in re.findall(rb"\d+", found[0])) else set()


def _literal(mark, *, nul):
    head = re.compile(mark + rb"\{([0-9]+)\}\r\n")

    def ends(octets, at):
        found = head.match(octets, at)
        if found is None:
            return set()
        end = found.end() + int(found[1])
        return {end} if end <= len(octets) and (nul or b"\0" not in octets[found.end() : end]) else set()

    return ends


def _media(octets, at, string, *, basic):
    """Type and subtype; what has rules of its own is no media-basic (RFC 9051 §9: the earlier rule takes priority)."""
    for end in string(octets, at):
        for last in string(octets, end + 1) if octets[end : end + 1] == b" " else ():
            kind, sub = octets[at:end].upper(), octets[end + 1 : last].upper()
            own = kind in (b'"TEXT"', b'"MULTIPART"') or (kind == b'"MESSAGE"' and sub in (b'"RFC822"', b'"GLOBAL"'))
            if own != basic and (basic or kind == b'"TEXT"'):
                return {last}
    return set()


@cache
def imap(*, utf8=False):
    return Grammar(GRAMMAR.read_text("utf-8"), utf8=utf8)
