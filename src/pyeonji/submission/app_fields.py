"""Fields of a letter that are meant for us: what a program calls it, how long it is good for, that it comes once.

They are read here and removed with all X-Pyeonji- fields before anybody else sees the letter (`submission.fixup`).  The
rules are those of the HTTP API, which says the same in JSON.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from pyeonji.journey.event import Decided, LoggedIn
from pyeonji.message.header import Header
from pyeonji.store.idempotency import MAX_KEY, is_key, kept_as
from pyeonji.submission.draft import Draft

MAX_REF = 200  # characters
MAX_TAGS = 10
TAG = re.compile(r"[A-Za-z0-9_.-]{1,50}")
MAX_METADATA = 20  # entries
MAX_METADATA_OCTETS = 2_048  # of its JSON
MAX_NAME, MAX_VALUE = 40, 500  # characters of an entry
MIN_EXPIRES_S, MAX_EXPIRES_S = 60, 7 * 86_400
EXPIRES = re.compile(r"(\d{1,7}) ?([smhd]?)")
CONTROL = re.compile(r"[\x00-\x1f]")
UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
SCRIPT = re.compile(r"(\d{1,10}):(.{1,200})")
SECOND_US = 1_000_000
HANDED_IN_BY, REPEATED = "handed in by", "handed in again"  # rules of a Decided


class BadField(ValueError):
    """A value that cannot be used.  `name` is "ref", "tags", ...; the text says what it must be."""

    def __init__(self, name: str, must: str) -> None:
        super().__init__(must)
        self.name = name


@dataclass(frozen=True, slots=True)
class AppFields:
    """What a program says of its letter.  `metadata` is JSON text; `script` who handed it in, as PHP says it."""

    ref: str = ""
    tags: tuple[str, ...] = ()
    metadata: str = ""
    expires_us: int = 0  # after it is taken
    key: str = ""
    trace: str = ""
    script: str = ""


def read(header: Header) -> AppFields:
    """Raises BadField.  A traceparent that is none is not looked at (W3C Trace Context §4.3)."""
    tags = checked_tags(re.split(r"[\s,]+", tags)) if (tags := _value(header, "tags")) else ()
    metadata = checked_metadata(_json(said)) if (said := _value(header, "metadata")) else ""
    trace, script = header.text(b"traceparent"), SCRIPT.fullmatch(header.text(b"x-php-originating-script"))
    return AppFields(
        ref=checked_ref(_value(header, "ref")),
        tags=tags,
        metadata=metadata,
        expires_us=checked_expiry(expires) if (expires := _value(header, "expires-in")) else 0,
        key=checked_key(key) if (key := _value(header, "idempotency-key")) else "",
        trace=trace if TRACEPARENT.fullmatch(trace) else "",
        script=f"{script[2]} (uid {script[1]})" if script and script[2].isprintable() else "",
    )


def _value(header: Header, name: str) -> str:
    fields = header.all(b"x-pyeonji-" + name.encode())
    if len(fields) > 1:
        raise BadField(name, "it may stand there once")
    try:
        return fields[0].decode() if fields else ""
    except UnicodeDecodeError as error:
        raise BadField(name, "it must be UTF-8") from error


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadField("metadata", "it must be a JSON object") from error


# ── the rules ──


def checked_ref(text: str) -> str:
    if len(text) > MAX_REF or not text.isprintable():
        raise BadField("ref", f"it must be printable, with at most {MAX_REF} characters")
    return text


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(tag for tag in tags if tag))
    if len(found) > MAX_TAGS or not all(TAG.fullmatch(tag) for tag in found):
        raise BadField(
            "tags", f"at most {MAX_TAGS} words of letters, digits, _, . and -, with up to 50 characters each"
        )
    return found


def checked_metadata(value: object) -> str:
    """As it is kept: JSON text, "" for none."""
    if not isinstance(value, Mapping):
        raise BadField("metadata", "it must be a JSON object")
    if len(value) > MAX_METADATA:
        raise BadField("metadata", f"it has at most {MAX_METADATA} entries")
    for name, entry in value.items():
        if CONTROL.search(name) or (isinstance(entry, str) and "\0" in entry):
            raise BadField("metadata", "names have no control characters, and nothing has a NUL")
        if not isinstance(entry, str) or not 0 < len(name) <= MAX_NAME or len(entry) > MAX_VALUE:
            raise BadField(
                "metadata", f"names have up to {MAX_NAME}, values are strings of up to {MAX_VALUE} characters"
            )
    text = json.dumps(dict(value), ensure_ascii=False, separators=(",", ":")) if value else ""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadField("metadata", "it must be Unicode text") from error
    if size > MAX_METADATA_OCTETS:
        raise BadField("metadata", f"it has at most {MAX_METADATA_OCTETS} octets")
    return text


def checked_expiry(text: str) -> int:
    """ "15m" in microseconds."""
    found = EXPIRES.fullmatch(text.strip())
    seconds = int(found[1]) * UNITS_S[found[2]] if found else 0
    if not MIN_EXPIRES_S <= seconds <= MAX_EXPIRES_S:
        raise BadField("expires-in", "a time from 60s to 7d, such as 15m")
    return seconds * SECOND_US


def checked_key(text: str) -> str:
    if not is_key(text):
        raise BadField("idempotency-key", f"1 to {MAX_KEY} visible characters")
    return text


# ── on a letter ──


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A draft with what its fields say, and the key by which it is taken once, ("", 0) for none."""

    draft: Draft
    key: str = ""
    app_id: int = 0


def handed_in(draft: Draft, fields: AppFields, now_us: int) -> HandedIn:
    """What is said beside the letter (by the API) counts before its fields."""
    sent = draft.sent
    if sent is not None:
        sent = structs.replace(
            sent, ref=sent.ref or fields.ref, tags=sent.tags or fields.tags,
            metadata=sent.metadata or fields.metadata, trace=sent.trace or fields.trace,
        )  # fmt: skip
    expires_us = draft.expires_us or (now_us + fields.expires_us if fields.expires_us else 0)
    events = draft.events
    if fields.script:
        events = (*events, Decided(now_us, HANDED_IN_BY, fields.script, "script"))
    made = replace(draft, sent=sent, expires_us=expires_us, events=events)
    if not fields.key or draft.via == "api":  # which has a key of its own
        return HandedIn(made)
    if sent is not None:
        return HandedIn(made, kept_as(fields.key, test=sent.test), sent.app_id)
    return HandedIn(made, f"{_whose(draft)} {fields.key}", 0)


def _whose(draft: Draft) -> str:
    """Nobody meets the keys of somebody else: the login, or the user of this machine."""
    users = (event.account for event in draft.events if isinstance(event, LoggedIn))
    return draft.login or next(users, draft.via)
