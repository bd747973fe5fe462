"""What a reply of a server means: POST /explain, and the whole catalogue as a file."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.catalog.causes import CAUSES
from pyeonji.catalog.say import LANGUAGES
from pyeonji.journey import explain as journey
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Actor, Languages

MAX_REPLY = 4_800  # characters: JSON may write each in twelve octets, and the body must stay below call.MAX_JSON


class Reply(msgspec.Struct):
    """What a server said, as it is or in a line of a log or a bounce."""

    reply: Annotated[str, Meta(min_length=1, max_length=MAX_REPLY, examples=["550 5.1.1 User unknown"])]
    phase: Annotated[
        str, Meta(max_length=20, description="When it was said: greeting, hello, mail, rcpt, data, content.")
    ] = ""
    host: Annotated[str, Meta(max_length=255, description="Who said it.")] = ""
    recipient: Annotated[str, Meta(max_length=320)] = ""


class Explained(msgspec.Struct):
    """What it means.  `cause` is null for a reply that we cannot explain."""

    cause: str | None
    code: int | None
    enhanced: str
    text: str
    actor: Actor
    permanent: bool
    explanation: Languages
    action: Languages


class CatalogueCause(msgspec.Struct):
    """One cause, with {slots} as they stand in the catalogue."""

    key: str
    actor: Actor
    explanation: Languages
    action: Languages


class Catalogue(msgspec.Struct):
    causes: list[CatalogueCause]


@operation("POST", "/explain", "anybody", example={"reply": "550 5.1.1 <bora@school.example>: User unknown"})
async def explain(call: Call, body: Reply) -> Explained:
    """What a reply of another server means: its cause, who must act, what to do."""
    found = journey.explain(body.reply, body.phase, body.host, body.recipient)
    if not found.cause and not found.code and not found.enhanced:
        raise Problem("invalid", near="$.reply", what="this is no reply of a mail server")
    return Explained(
        cause=found.cause or None,
        code=found.code or None,
        enhanced=found.enhanced,
        text=found.text,
        actor=found.actor,
        permanent=found.permanent,
        explanation=Languages(**{language: found.sentence(language) for language in LANGUAGES}),
        action=Languages(**{language: found.action(language) for language in LANGUAGES}),
    )


@operation("GET", "/catalogue.json", "anybody")
async def catalogue(call: Call) -> Catalogue:
    """All causes that we can tell, with their sentences."""
    return Catalogue(
        [
            CatalogueCause(one.key, one.actor, Languages(one.ko, one.en), Languages(one.action_ko, one.action_en))
            for one in CAUSES.values()
        ]
    )


OPERATIONS = (explain, catalogue)
