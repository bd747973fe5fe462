"""/api/: every operation with a form to try it.  Its script is ours, and nothing comes from elsewhere.

It is made from the operations, like the document; it can be read without a script, and tried with one.
"""

import json
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from pyeonji.catalog.say import say
from pyeonji.web.api.openapi import parameters, tag
from pyeonji.web.api.operation import Operation
from pyeonji.web.api.problem import PROBLEMS
from pyeonji.web.pages import HERE, render

SCRIPTED = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'none'"
)
NOBODYS = "board.example"  # whose addresses stand in the examples
NOWHERE = "…"  # slots of a sentence that is told without an occasion


def page_routes(
    operations: Sequence[Operation], language: Callable[[Request], str], place: str = NOBODYS
) -> list[Route]:
    """`place`: a domain of ours, so that the examples can be tried as they stand."""
    shown: dict[str, list[dict[str, object]]] = {}
    for one in operations:
        shown.setdefault(tag(one), []).append(_shown(one, place))

    async def page(request: Request) -> Response:
        spoken = language(request)
        found = render(request, "api.html", spoken, groups=list(shown.items()), problems=_problems(spoken))
        found.headers["content-security-policy"] = SCRIPTED
        return found

    async def script(request: Request) -> Response:
        return FileResponse(HERE / "static" / "try.js", headers={"cache-control": "max-age=60"})

    async def home(request: Request) -> Response:
        return RedirectResponse("/api/")

    return [Route("/api/", page), Route("/api/try.js", script), Route("/api/v1/", home)]


def _shown(one: Operation, place: str) -> dict[str, object]:
    example = json.dumps(one.example, ensure_ascii=False, indent=2) if one.example is not None else ""
    return {
        "method": one.method,
        "path": one.path,
        "scope": "" if one.scope == "anybody" else one.scope,
        "summary": one.summary,
        "parameters": [(each["name"], each["in"], each["required"]) for each in parameters(one)],
        "example": example.replace(NOBODYS, place),
    }


def _problems(language: str) -> list[tuple[str, int, str, str]]:
    return [
        (code, status, say(language, f"problem.{code}.title"), _fix(language, code))
        for code, status in PROBLEMS.items()
    ]


def _fix(language: str, code: str) -> str:
    slots = dict.fromkeys(("scope", "login", "seconds"), NOWHERE)
    return say(language, f"problem.{code}.fix", **slots)
