"""Forms of browsers: what was typed.  Whether it was our page on which it was typed, `Secured` and a token decide."""

import urllib.parse

from starlette.requests import Request

MAX_FIELDS = 50  # of one form
FORM = "application/x-www-form-urlencoded"


class NotOurForm(Exception):
    """None of ours, or of a page that is too old."""


async def typed(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name; raises NotOurForm.

    `Secured` has bounded its size, and takes none of another site's pages.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise NotOurForm
    try:
        pairs = urllib.parse.parse_qsl(
            (await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise NotOurForm from error
    if any("\0" in text for pair in pairs for text in pair):  # no field of ours brings one, and PostgreSQL takes none
        raise NotOurForm
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def safe_next(path: str, otherwise: str = "/") -> str:
    """Where to go on: a path of this site and nothing else (no open redirect)."""
    parts = urllib.parse.urlsplit(path)
    odd = any(char < "!" or char == "\\" or char == "\x7f" for char in path)
    if odd or parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//") or len(path) > 500:
        return otherwise
    return path
