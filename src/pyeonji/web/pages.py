"""Templates and languages of the pages.  Everything that is shown is escaped by the template engine."""

import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from pyeonji.catalog.say import LANGUAGES, Slot, say

HERE = Path(__file__).resolve().parent
OTHER = {"ko": ("en", "English"), "en": ("ko", "한국어")}

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def render(request: Request, template: str, language: str, *, status: int = 200, **values: object) -> Response:
    """A page in `language`; templates say("key", slot=...) by themselves."""

    def told(key: str, **slots: Slot) -> str:
        return say(language, key, **slots)

    other, other_name = OTHER[language]
    here_in_other = "?" + request.url.include_query_params(lang=other).query  # no host: the client's word is no name
    page = _templates.get_template(template).render(
        say=told, lang=language, other_language=here_in_other, other_name=other_name,
        frame=getattr(request.app.state, "frame", "lab"), **values,
    )  # fmt: skip
    response = HTMLResponse(page, status)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie("lang", language, max_age=365 * 86_400, samesite="lax", httponly=True)
    return response


def language_of(request: Request, default: str) -> str:
    """?lang=, else what was chosen before, else what the browser prefers, else the server's."""
    for chosen in (request.query_params.get("lang"), request.cookies.get("lang")):
        if chosen in LANGUAGES:
            return str(chosen)
    for wish in request.headers.get("accept-language", "")[:200].split(","):
        if (found := wish.strip()[:2].lower()) in LANGUAGES:
            return found
    return default if default in LANGUAGES else "en"


def local_zone(now_us: int) -> datetime.tzinfo:
    """The zone of this machine: a page without script cannot ask the reader's."""
    return datetime.datetime.fromtimestamp(now_us / 1_000_000, datetime.UTC).astimezone().tzinfo or datetime.UTC


async def style(request: Request) -> Response:
    return FileResponse(HERE / "static" / "pyeonji.css", headers={"cache-control": "max-age=60"})


async def script(request: Request) -> Response:
    return FileResponse(HERE / "static" / request.url.path.lstrip("/"), headers={"cache-control": "max-age=60"})


STYLE = Route("/pyeonji.css", style)
SCRIPTS = [Route(f"/{name}.js", script) for name in ("live", "passkey", "copy", "lab")]
