"""docs/api-reference.md: every operation and every problem, from the tables that answer."""

from collections.abc import Iterator

from pyeonji.catalog.say import say
from pyeonji.web.api.app import BASE, OPERATIONS
from pyeonji.web.api.openapi import parameters, tag
from pyeonji.web.api.operation import Operation
from pyeonji.web.api.problem import PROBLEMS


def reference() -> Iterator[str]:
    yield "# The API, operation by operation"
    yield ""
    yield "Printed from the code by `python -m pyeonji.cli.manual`; do not edit.  How it is used: [api.md](api.md)."
    yield f"All paths are below `{BASE}`; types and fields are in `{BASE}/openapi.json` and on the page `/api/`."
    for name in dict.fromkeys(map(tag, OPERATIONS)):
        yield ""
        yield f"## {name}"
        yield ""
        yield "| | scope | |"
        yield "|---|---|---|"
        yield from (_row(one) for one in OPERATIONS if tag(one) == name)
    yield ""
    yield "## Problems"
    yield ""
    yield "| code | status | | what to do |"
    yield "|---|---|---|---|"
    for code, status in PROBLEMS.items():
        fix = say("en", f"problem.{code}.fix", **dict.fromkeys(("scope", "login", "seconds"), "…"))
        yield f"| `{code}` | {status} | {say('en', f'problem.{code}.title')} | {fix} |"


def _row(one: Operation) -> str:
    query = "&".join(each["name"] for each in parameters(one) if each["in"] == "query")
    asked = f"`{one.method} {one.path}{'?' + query if query else ''}`"
    return f"| {asked} | {'' if one.scope == 'anybody' else one.scope} | {one.summary.replace('|', '&#124;')} |"
