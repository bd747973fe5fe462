"""HTML made plain in one pass: blocks become lines, links keep their address, nothing is executed or fetched.

Linear and bounded, whatever the sender invents: every search that fails once is never made again, and reading stops
when the text is long enough.  The standard library's parser takes minutes on 60 kB of "<a ".
"""

import re

MAX_TEXT = 1 << 20  # characters of text that are made; ours

MARKUP = re.compile(r"<(?=/?[A-Za-z]|[!?])")
TAG_NAME = re.compile(r"/?[A-Za-z][^\s/<>]{0,31}")
TAG_END = re.compile(r"""[<>]|=\s*+["']""")  # a quote opens a value only behind "="
ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));?")
HREF = re.compile(r"""\bhref\s{0,9}=\s{0,9}["']?(https?://[^\s"'<>]{1,2000})""", re.IGNORECASE)
SKIPPED = frozenset({"script", "style", "title", "template"})
BLOCKS = frozenset({
    "blockquote", "br", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "ul",
})  # fmt: skip
# Many programs put each line into one of these: between two of them a line ends, and there is no empty one.
LINES = frozenset({
    "address", "article", "center", "dd", "div", "dt", "fieldset", "footer", "form", "header", "section", "tr",
})  # fmt: skip
SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
BLANK_LINES = re.compile(r"\n{3,}")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def html_to_text(html: str, limit: int = MAX_TEXT) -> str:
    """The text a person reads, at most about `limit` characters of it."""
    scanner = _Scanner(html, limit)
    scanner.run()
    text = "\n".join([line.strip(" ") for line in "".join(scanner.pieces).split("\n")])
    return BLANK_LINES.sub("\n\n", CONTROL.sub("", text)).strip()


class _Scanner:
    """One walk over the text; `_absent` holds what has been looked for in vain."""

    def __init__(self, html: str, limit: int) -> None:
        self.pieces: list[str] = []
        self._html = html
        self._limit = limit
        self._absent: set[str] = set()
        self._link = ""
        self._begins = True  # does a line begin here?

    def run(self) -> None:
        html, position, end = self._html, 0, len(self._html)
        while position < end and self._limit > 0:
            match = MARKUP.search(html, position)
            stop = match.start() if match else end
            if stop > position:
                self._text(html[position:stop])
            position = self._markup(stop) if match else end

    def _text(self, raw: str) -> None:
        text = SPACES.sub(" ", unescape(raw[: self._limit * 2]))
        self._limit -= len(text)
        self._begins = self._begins and text == " "
        self.pieces.append(text)

    def _markup(self, start: int) -> int:
        """What begins with "<"; the place behind it."""
        html = self._html
        if html.startswith("<!--", start):
            found = self._find("-->", start + 4)
            return found + 3 if found >= 0 else len(html)
        if html.startswith(("<!", "<?"), start):
            found = self._find(">", start + 2)
            return found + 1 if found >= 0 else len(html)
        match = TAG_NAME.match(html, start + 1)
        assert match is not None  # MARKUP has seen its beginning
        position = self._tag_end(match.end())
        self._tag(match[0].lower(), html[match.end() : position])
        return self._behind(match[0].lower(), position)

    def _tag_end(self, position: int) -> int:
        """Behind the ">" of a tag, which is none between quotes; an unfinished tag ends where the next begins."""
        html = self._html
        while match := TAG_END.search(html, position):
            mark, position = match[0][-1], match.end()
            if mark == ">":
                return position
            if mark == "<":
                return position - 1
            closing = self._find(mark, position)
            if closing >= 0:
                position = closing + 1
        return len(html)

    def _tag(self, name: str, inside: str) -> None:
        if name == "a" and (target := HREF.search(inside)):
            self._link = target[1]
        elif name == "/a" and self._link:
            if not self.pieces or self._link not in self.pieces[-1]:
                self._text(f" <{self._link}>")
            self._link = ""
        elif name.removeprefix("/") in BLOCKS:
            self._text_end("\n- " if name == "li" else "\n")
        elif name.removeprefix("/") in LINES and not self._begins:
            self._text_end("\n")
        elif name in ("td", "th"):
            self._text_end(" ")

    def _text_end(self, between: str) -> None:
        self._limit -= len(between)
        self._begins = between == "\n" or (self._begins and between == " ")
        self.pieces.append(between)

    def _behind(self, name: str, position: int) -> int:
        """Elements whose content is not text are passed over; one that never ends takes the rest, as in browsers."""
        if name not in SKIPPED:
            return position
        closing = self._find_closing(name, position)
        return self._tag_end(closing + len(name) + 2) if closing >= 0 else len(self._html)

    def _find_closing(self, name: str, position: int) -> int:
        """`</name` in any case of the letters."""
        match = CLOSING[name].search(self._html, position)
        return match.start() if match else -1

    def _find(self, what: str, position: int) -> int:
        if what in self._absent:
            return -1
        found = self._html.find(what, position)
        if found < 0:
            self._absent.add(what)
        return found


CLOSING = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII) for name in SKIPPED}


def unescape(text: str) -> str:
    """Character references as characters; those that mean nothing stay as they are (HTML §13.5)."""
    return ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    from html.entities import html5  # 2,000 names, needed only here

    decimal, hexadecimal, name = match.groups()
    if name:
        found = html5.get(name + ";") if match[0].endswith(";") else html5.get(name)
        return found if found is not None else match[0]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if 0x80 <= code < 0xA0:  # written by programs that meant Windows-1252
        return bytes([code]).decode("cp1252", "replace")
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"
