"""The OpenAPI 3.1 document, made from the operations: what is parsed and answered is what is described."""

import inspect
from collections.abc import Sequence
from typing import Any

import msgspec

from pyeonji.store.apps import SCOPES
from pyeonji.web.api.operation import Operation
from pyeonji.web.api.problem import MEDIA_TYPE, PROBLEMS, ProblemDetails

JSON = "application/json"
REF = "#/components/schemas/{name}"
EVERYWHERE = (
    "bad_request", "too_fast", "too_many_waiting", "too_many_bad_keys", "too_many_connections", "defect", "not_ready",
)  # fmt: skip
WITH_KEY = ("key_missing", "key_unknown", "key_taken_back", "scope_missing")
WITH_BODY = ("too_slow", "too_large", "wrong_media_type", "invalid")
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "description": "A receipt number, with or without hyphens."},
    "n": {"type": "integer", "minimum": 1, "description": "Which recipient, from 1."},
    "part": {"type": "string", "description": "Which part, as IMAP counts them: 1, 2.1."},
    "name": {"type": "string"},
    "address": {"type": "string"},
    "code": {"type": "string", "description": "A support code, with or without hyphens."},
    "key": {"type": "integer", "minimum": 1, "description": "The number of a key."},
    "hook": {"type": "integer", "minimum": 1, "description": "The number of a webhook."},
    "route": {"type": "integer", "minimum": 1, "description": "The number of a route."},
}
HEADERS = {
    "idempotency-key": {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "The same key and the same body are the same letter, for seven days.",
    },
    "last-event-id": {
        "name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "string"},
        "description": "`id` of the last event that was read; the stream goes on behind it.",
    },
}  # fmt: skip
TEXT_ABOUT = "Mail as an API: letters, what became of them, and why.  Generated from the code that answers."


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    types = [kind for one in operations for kind in (one.body, one.result) if _is_struct(kind)]
    _, components = msgspec.json.schema_components([*types, ProblemDetails], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = described(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "pyeonji", "version": "1", "summary": TEXT_ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(map(tag, operations))],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {
                    "type": "http", "scheme": "bearer",
                    "description": f"A key of an app, pj_live_... or pj_test_...; scopes: {', '.join(SCOPES)}.",
                }
            },
        },
    }  # fmt: skip


def described(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name, "tags": [tag(one)], "summary": one.summary, "parameters": parameters(one),
        "responses": responses(one),
    }  # fmt: skip
    if one.scope == "anybody":
        found["security"] = [{}, {"key": []}]
    else:
        found["description"] = f"The key needs the scope `{one.scope}`."
    if one.body is not None or one.other_bodies:
        content: dict[str, Any] = {}
        if one.body is not None:
            content[JSON] = {"schema": {"$ref": REF.format(name=one.body.__name__)}, "example": one.example}
        content |= {media: {} for media in one.other_bodies}
        found["requestBody"] = {"required": True, "content": content}
    return found


def tag(one: Operation) -> str:
    return one.path.split("/")[1].removesuffix(".json")


def parameters(one: Operation) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": PATH_PARAMETERS[name]}
        for name in _names_in(one.path)
    ]  # fmt: skip
    if one.query is not None:
        found += list(map(_query, msgspec.json.schema(one.query)["$defs"][one.query.__name__]["properties"].items()))
    return found + [HEADERS[name] for name in one.headers]


def responses(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {str(one.status): _success(one)}
    for status, codes in sorted(problems(one).items()):
        found[str(status)] = {
            "description": " or ".join(f"`{code}`" for code in codes),
            "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(name="ProblemDetails")}}},
        }
    return found


def problems(one: Operation) -> dict[int, list[str]]:
    """Codes by status."""
    codes = [*EVERYWHERE, *one.problems]
    codes += WITH_KEY if one.scope != "anybody" else ("key_unknown",)
    if one.changes_what_is_real:
        codes.append("test_key_changes_nothing")
    if one.body is not None or one.other_bodies:
        codes += WITH_BODY
    if one.query is not None:
        codes.append("invalid")
    if "{" in one.path:
        codes.append("not_found")
    found: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        found.setdefault(PROBLEMS[code], []).append(code)
    return found


def _success(one: Operation) -> dict[str, Any]:
    if one.status == 204:
        return {"description": "Done."}
    content: dict[str, Any] = {media: {"schema": {}} for media in one.media}
    if _is_struct(one.result):
        assert one.result is not None
        content = {JSON: {"schema": {"$ref": REF.format(name=one.result.__name__)}}, **content}
    return {"description": "Done." if one.status != 202 else "Taken: it is on disk.", "content": content}


def _query(item: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    name, schema = item
    found = {"name": name, "in": "query", "required": False, "schema": schema}
    if "description" in schema:
        found["description"] = schema.pop("description")
    return found


def _names_in(path: str) -> list[str]:
    return [piece.partition("}")[0] for piece in path.split("{")[1:]]


def _is_struct(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, msgspec.Struct)
