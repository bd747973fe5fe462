"""Why something was not done, as programs and people read it (RFC 9457): a stable code, two languages, what to do.

The sentences stand in `catalog.api_ko` and `catalog.api_en`; this table says which codes there are.
"""

import msgspec
from starlette.responses import Response

from pyeonji.catalog.amiss import korean
from pyeonji.catalog.say import LANGUAGES, Slot, say

MEDIA_TYPE = "application/problem+json"
ERRORS_PAGE = "/api/#"  # where a code is explained

PROBLEMS = {
    "bad_request": 400,  # not HTTP as it should be, or no JSON
    "key_missing": 401,
    "key_unknown": 401,
    "key_taken_back": 401,
    "scope_missing": 403,
    "not_for_this_host": 403,
    "from_domain_not_yours": 403,
    "test_key_only_simulator": 403,
    "test_key_changes_nothing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "idempotency_in_progress": 409,
    "exists_already": 409,
    "still_used": 409,
    "not_possible_now": 409,
    "too_large": 413,
    "wrong_media_type": 415,
    "invalid": 422,
    "idempotency_key_reused": 422,
    "letter_refused": 422,
    "too_fast": 429,
    "too_many_waiting": 429,
    "too_many_bad_keys": 429,
    "too_many_connections": 429,
    "sent_too_much": 429,
    "defect": 500,
    "not_ready": 503,
}


UNREAD = frozenset({"too_large", "too_slow"})


class Problem(Exception):
    """Nothing was done.  `near` says where in what was sent; `slots` fill the sentences."""

    def __init__(
        self, code: str, *, near: str = "", retry_after: int = 0, headers: dict[str, str] | None = None, **slots: Slot
    ) -> None:
        super().__init__(code)
        self.code = code
        self.near = near
        self.slots = slots
        self.headers = dict(headers or {})
        if code in UNREAD:  # the rest of the request is on its way, and nobody will read it
            self.headers["connection"] = "close"
        if retry_after:
            self.headers["retry-after"] = str(retry_after)  # seconds


class ProblemDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The body of every answer 4xx and 5xx."""

    type: str
    status: int
    code: str
    title: str
    detail: str
    ko: str
    en: str
    fix: str
    near: str = ""


def details(problem: Problem, language: str) -> ProblemDetails:
    slots = {lang: _slots(problem, lang) for lang in LANGUAGES}
    told = {lang: say(lang, f"problem.{problem.code}", **slots[lang]) for lang in LANGUAGES}
    return ProblemDetails(
        type=f"{ERRORS_PAGE}{problem.code}", status=PROBLEMS[problem.code], code=problem.code,
        title=say(language, f"problem.{problem.code}.title"), detail=told[language], ko=told["ko"], en=told["en"],
        fix=say(language, f"problem.{problem.code}.fix", **slots[language]), near=problem.near,
    )  # fmt: skip


def _slots(problem: Problem, language: str) -> dict[str, Slot]:
    what = problem.slots.get("what")
    return problem.slots | {"what": korean(what)} if language == "ko" and isinstance(what, str) else problem.slots


def answer(problem: Problem, language: str) -> Response:
    found = details(problem, language)
    headers = {**problem.headers, "content-language": language, "vary": "accept-language"}
    return Response(msgspec.json.encode(found), found.status, headers, MEDIA_TYPE)


def near_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """(what is wrong, where) of what a decoder says: "Expected `str`, got `int` - at `$.to[...]`"."""
    what, _, where = str(error).partition(" - at `")
    return what, where.rstrip("`")
