"""What the API can do: each operation is one function, and its annotations are what is parsed, answered, documented.

The first argument is the Call.  An argument `body` is decoded from JSON, `query` from the query; the result, a
Struct, is the body of the answer.  A function that answers otherwise (text, a stream) returns a Response and says so
in `media`.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

if TYPE_CHECKING:
    from pyeonji.web.api.call import Call

# What a key may be good for.  "anybody" needs none.
Scope = Literal["send", "read", "manage", "admin", "anybody"]  # `store.apps.SCOPES`, and nobody's
Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """See the top of this module.  `status` is that of success."""

    method: str
    path: str  # below /api/v1
    scope: Scope
    run: Run
    status: int = 200
    problems: tuple[str, ...] = ()  # codes beyond those that every operation has
    media: tuple[str, ...] = ()  # of the answer, when it is not JSON alone
    other_bodies: tuple[str, ...] = ()  # media types of requests beyond JSON
    brings_letter: bool = False  # the request may be as large as a letter
    decodes: bool = False  # `body` is an argument of the function; else it reads the body itself
    example: Mapping[str, Any] | None = None  # a body that is taken
    headers: tuple[str, ...] = ()  # of the request, that this operation reads
    body: type | None = None
    query: type | None = None
    result: type | None = None

    @property
    def name(self) -> str:
        """As clients made from the document call it: "messages_send"."""
        return f"{self.run.__module__.rpartition('.')[2]}_{self.run.__name__}"

    @property
    def changes_what_is_real(self) -> bool:
        """Not for test keys: endpoints, routes, the do-not-send list and administrators' work have no test mode."""
        return self.scope in ("manage", "admin") and self.method != "GET"

    @property
    def summary(self) -> str:
        return " ".join((inspect.getdoc(self.run) or "").split())

    async def do(self, call: "Call") -> Any:
        arguments: dict[str, Any] = {}
        if self.query is not None:
            arguments["query"] = call.query(self.query)
        if self.body is not None and self.decodes:
            arguments["body"] = await call.decoded(self.body)
        return await self.run(call, **arguments)


def operation(method: str, path: str, scope: Scope, **facts: Any) -> Callable[[Run], Operation]:
    def made(run: Run) -> Operation:
        hints = get_type_hints(run, localns={"Call": object})
        result = hints.get("return")
        body = facts.pop("body", None)
        return Operation(
            method=method, path=path, scope=scope, run=run, body=hints.get("body", body), query=hints.get("query"),
            decodes=body is None, result=None if result in (None, type(None)) else result, **facts,
        )  # fmt: skip

    return made
