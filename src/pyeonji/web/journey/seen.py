"""Who asks for a letter, which part of it and how; and what goes back into the links of its page."""

from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pyeonji.journey.receipt import NotAReceipt, parse_receipt, written
from pyeonji.journey.story import Story
from pyeonji.journey.view import Viewer
from pyeonji.web.archive import Found
from pyeonji.web.journey.page import LEVELS, Level
from pyeonji.web.viewer import Watcher

LEVEL = "level"  # the cookie that remembers it


class Gate(Protocol):
    """Knows who sits before the pages."""

    async def watcher(self, request: Request) -> Watcher | None:
        """None: nobody has said who they are."""
        ...

    def token(self, request: Request) -> str:
        """What a form of a page must bring."""
        ...

    def is_token(self, request: Request, token: str) -> bool: ...


class Seen:
    """A letter as one person sees it."""

    def __init__(
        self, found: Found, story: Story, viewer: Viewer, watcher: Watcher, as_address: str, here: str = ""
    ) -> None:
        self.found, self.story, self.viewer, self.watcher, self.as_address = found, story, viewer, watcher, as_address
        self.here = here or f"/j/{story.display_id}"

    @property
    def is_public(self) -> bool:
        return self.viewer.role == "public"


def level_of(request: Request, viewer: Viewer) -> Level:
    """?level=, else what was chosen before, else technical for who runs the server and plain words for people."""
    for wish in (request.query_params.get(LEVEL), request.cookies.get(LEVEL)):
        for level in LEVELS:
            if wish == level:
                return level
    return "tech" if viewer.role == "admin" and not viewer.opened else "plain"


def sole(story: Story) -> tuple[str, ...]:
    """The one to whom a letter went, when there is no other: the header may be gone, and hides nobody from himself."""
    return (story.recipients[0].address,) if len(story.recipients) == 1 else ()


def receipt_in(text: str) -> int:
    """0 when it is none."""
    try:
        return parse_receipt(text).number
    except NotAReceipt:
        return 0


def mood_of(word: str, status: int) -> str:
    """How what was done is marked: refused, done, or neither."""
    return "bad" if status >= 400 else "" if word in ("", "nothing") else "good"


def number_in(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def to_sign_in(request: Request) -> Response:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/signin?" + urlencode({"next": path}), 303)


def query(seen: Seen, **more: object) -> str:
    found: dict[str, Any] = {"as": seen.as_address, **more}
    text = urlencode({name: value for name, value in found.items() if value})
    return f"?{text}" if text else ""


def more(seen: Seen, **more: object) -> str:
    """The same behind another parameter."""
    return query(seen, **more).replace("?", "&", 1)


def as_file(request: Request, seen: Seen, kind: str) -> dict[str, str]:
    return {"content-disposition": f'inline; filename="{written(seen.story.id)}.{kind}"'}
