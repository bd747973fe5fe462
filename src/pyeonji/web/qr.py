"""A text as a picture that a telephone reads from the screen."""

from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from pyeonji.web.security import HERE

SCALE = 4  # CSS pixels of one module


def qr(text: str) -> Markup:
    """SVG for the page itself, black on white in the dark, too: readers of codes want it so."""
    code = segno.make(text, error="m", micro=False)
    return Markup(code.svg_inline(scale=SCALE, dark="#000", light="#fff", svgclass="qr", lineclass=None))


def qr_of_link(url: str) -> Markup | str:
    """ "" for a page that only this computer reaches."""
    host = urlsplit(url).hostname or ""
    return "" if not host or host in HERE or f"[{host}]" in HERE else qr(url)
