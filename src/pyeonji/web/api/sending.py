"""POST /messages: a letter is handed in as JSON, as a form with files, or as it is (message/rfc822).

202 is said after the commit, never before; whoever cannot get it is a recipient that has failed, not an error.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from pyeonji.address import Address
from pyeonji.catalog.say import LANGUAGES, say
from pyeonji.delivery.expand import may_send_as
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.receipt import compact
from pyeonji.message.addresses import parse_mailboxes
from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.codecs import needs_8bit
from pyeonji.message.edit import with_crlf
from pyeonji.message.header import Header, header_end, parse_header
from pyeonji.net.clock import SECOND_US
from pyeonji.proto.smtp import reply as replies
from pyeonji.store import idempotency, keys
from pyeonji.store.engine.base import Tx
from pyeonji.store.idempotency import Repeated
from pyeonji.submission.door import Draft, Refusal
from pyeonji.web.api.call import JSON, Call, decoded
from pyeonji.web.api.form import FORM, letter_of_form
from pyeonji.web.api.idempotency import HEADER, Once, once
from pyeonji.web.api.letter import (
    MAX_RECIPIENTS,
    Expiry,
    Line,
    Message,
    Options,
    Ref,
    Written,
    check_recipients,
    several,
    written,
)
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.seen import Letter, letter_of, look, shown_to
from pyeonji.web.api.types import Instant, Mail

RAW = "message/rfc822"
SIMULATOR = "simulator.test"  # where test keys send to
MAX_HEAD = 256 * 1024  # octets of the header of a letter that comes as it is; as at the submission port
LARGE = 1 << 20  # octets of a request; larger ones, and those that do not say, come in only so many at a time
MAX_LARGE = 16  # of one app at one worker: they are in memory until they are written down
TRACE = "traceparent"  # W3C Trace Context: the app's trace leads to the journey


EXAMPLE = {
    "from": "게시판 <noreply@board.example>", "to": [f"delivered@{SIMULATOR}"], "subject": "비밀번호 찾기",
    "text": "10분 안에 눌러 주세요: https://board.example/r/…", "ref": "reset-91827", "tags": ["password-reset"],
    "metadata": {"user_id": "91827"}, "expires_in": "15m",
}  # fmt: skip


class RawOptions(msgspec.Struct, kw_only=True):
    """Of a letter that comes as it is (message/rfc822); in JSON they stand in the body."""

    to: Annotated[
        list[Mail], Meta(max_length=MAX_RECIPIENTS, description="Its envelope, instead of all whom its header names.")
    ] = []

    ref: Ref = ""
    tags: Annotated[Line, Meta(description="With a space between.")] = ""
    expires_in: Expiry = ""


class Warned(msgspec.Struct):
    """Something that was found on the way; the letter is taken all the same."""

    code: str
    ko: str
    en: str
    fix: str


class Accepted(Letter, kw_only=True):
    """A letter that was taken."""

    expires_at: Annotated[Instant | None, Meta(description="When it is given up, if it has not arrived.")]
    warnings: list[Warned]


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a request brought: the letter, its envelope, what the app says of it, and each thing by name."""

    letter: Written
    options: Options
    said: dict[str, bytes]


@operation(
    "POST", "/messages", "send", status=202, other_bodies=(FORM, RAW), brings_letter=True, headers=(HEADER,),
    problems=(
        "from_domain_not_yours", "test_key_only_simulator", "letter_refused", "sent_too_much",
        "idempotency_in_progress", "idempotency_key_reused",
    ), body=Message, example=EXAMPLE,
)  # fmt: skip
async def send(call: Call, query: RawOptions) -> Accepted:
    """Hand in a letter.  The answer comes when it is on disk; from then on each recipient has exactly one end.

    As JSON; as a form whose field `message` is that JSON and whose files are attached; or as it is, to everybody in
    its To, Cc and Bcc.
    """
    number = call.site.door.acceptance.ids.receipt()
    with call.rates.place(f"large {call.caller.app_id}", MAX_LARGE) if _is_large(call) else nullcontext():
        handed = await _handed_in(call, query, number)
    call = await call.at_home_of(handed.letter.author)
    await _check(call, handed.letter)
    with once(call, handed.said) as key:
        if key is None:
            answer, replayed = await _submit(call, handed, number), False
        else:
            answer, replayed = await _once(call, handed, number, key)
    headers = {"location": f"/api/v1/messages/{msgspec.json.decode(answer, type=Named).id}"}
    if replayed:
        headers["idempotent-replayed"] = "true"
    return Response(answer, 202, headers, JSON)  # type: ignore[return-value]  # encoded in the commit already


class Named(msgspec.Struct):
    id: str


# ── what was sent ──


def _is_large(call: Call) -> bool:
    said = call.request.headers.get("content-length", "")
    return not said.isdecimal() or int(said) > LARGE


async def _handed_in(call: Call, query: RawOptions, number: int) -> HandedIn:
    kind = call.media_type
    if kind == RAW:
        octets = await call.octets()
        options = Options(ref=query.ref, tags=query.tags.split(), expires_in=query.expires_in)
        return HandedIn(_as_it_is(octets, query.to), options, {"letter": octets, "query": msgspec.json.encode(query)})
    if kind == FORM:
        message, said = await letter_of_form(call)
    elif kind == JSON:
        octets = await call.octets()
        message = decoded(octets, Message)
        said = dict(msgspec.json.decode(octets, type=dict[str, msgspec.Raw]))
        said = {name: bytes(value) for name, value in said.items()}
    else:
        raise Problem("wrong_media_type", wanted=", ".join((JSON, FORM, RAW)))
    now_s = call.now_us // SECOND_US
    message_id = f"{compact(number)}@{call.site.hostname}"
    return HandedIn(written(message, date_s=now_s, message_id=message_id), message, said)


def _as_it_is(octets: bytes, to: list[str]) -> Written:
    """A letter that somebody else has composed, to its envelope or to all whom its header names.  Raises Problem."""
    octets = with_crlf(octets)
    if header_end(octets) > MAX_HEAD:
        raise Problem("invalid", near="header", what=f"a header has at most {MAX_HEAD} octets")
    if b"\x00" in octets:
        raise Problem("invalid", near="letter", what="there is a NUL in it")
    header = parse_header(octets)
    try:
        writer = author(header)[0].address
    except NotOneAuthor as error:
        raise Problem("invalid", near="From", what=str(error)) from error
    if writer is None:
        raise Problem("invalid", near="From", what="that is no address")
    recipients = tuple(dict.fromkeys(address for _, address in several(to, "?to"))) or _named(header)
    check_recipients(recipients)
    ascii_only = not needs_8bit(octets[: header.body]) and all(one.is_ascii for one in (writer, *recipients))
    return Written(octets, writer, recipients, not ascii_only)


def _named(header: Header) -> tuple[Address, ...]:
    found: dict[Address, None] = {}
    for name in (b"to", b"cc", b"bcc"):
        for value in header.all(name):
            for mailbox in parse_mailboxes(value):
                if mailbox.address is None:
                    raise Problem(
                        "invalid", near=name.decode().title(), what=f"{mailbox.addr_spec[:100]} is no address"
                    )
                found[mailbox.address] = None
    return tuple(found)


async def _check(call: Call, letter: Written) -> None:
    """Rights, before anything is kept; the door looks again."""
    caller = call.caller
    if caller.test and (other := next((one for one in letter.recipients if one.domain != SIMULATOR), None)):
        raise Problem("test_key_only_simulator", near=str(other), address=str(other))
    if not caller.anyone and not await call.site.home.engine.read(may_send_as, caller.login, str(letter.author)):
        raise Problem(
            "from_domain_not_yours",
            near=str(letter.author),
            app=caller.app,
            login=caller.login,
            address=str(letter.author),
        )
    if len(letter.octets) > call.site.max_size:
        raise Problem("too_large", n=call.site.max_size)


# ── into the door ──


def _draft(call: Call, handed: HandedIn, number: int) -> Draft:
    letter, options, caller = handed.letter, handed.options, call.caller
    trace = call.request.headers.get(TRACE, "")
    return Draft(
        content=letter.octets,
        reverse_path=letter.author,
        recipients=tuple(Wanted(address) for address in letter.recipients),
        via="api",
        login="" if caller.anyone else caller.login,
        smtputf8=letter.smtputf8,
        requiretls=options.require_tls,
        expires_us=options.expires_us(call.now_us),
        number=number,
        shown=True,
        sent=options.sent(caller.app_id, trace, test=caller.test),
    )


async def _submit(call: Call, handed: HandedIn, number: int, key: Once | None = None) -> bytes:
    """The answer, once the letter is on disk.  Raises Problem, StoreError, Repeated, and then nothing was taken."""
    answer = Encoded()
    also = partial(_note, call=call, handed=handed, number=number, key=key, answer=answer)
    try:
        await call.site.door.submit(_draft(call, handed, number), also=also)
    except Refusal as refusal:
        reply = refusal.reply.to_wire().decode("ascii", "replace").strip()
        if refusal.reply is replies.SENT_TOO_MUCH:
            raise Problem("sent_too_much", retry_after=60, reply=refusal.because) from refusal
        raise Problem("letter_refused", reply=f"{reply} ({refusal.because})") from refusal
    return answer.octets


@dataclass(slots=True)
class Encoded:
    """What is answered, made in the transaction: whoever has to look behind the commit may fail there."""

    octets: bytes = b""


def _note(tx: Tx, *, call: Call, handed: HandedIn, number: int, key: Once | None, answer: Encoded) -> None:
    """The answer and, in the commit of the letter, the key with it.  It may be run again, and makes the same again."""
    answer.octets = _answer(tx, call, handed, number)
    if key is not None:
        key.note(tx, number, answer.octets, call.now_us)


async def _once(call: Call, handed: HandedIn, number: int, key: Once) -> tuple[bytes, bool]:
    """The first answer to this key, and whether it was given before."""
    engine = call.site.home.engine
    known = await engine.read(idempotency.find, key.app_id, key.key, call.now_us)
    if known is None:
        try:
            return await _submit(call, handed, number, key), False
        except Repeated as repeated:  # at another worker, at the same time
            known = repeated.known
    key.check(known)
    if known.answer:
        return known.answer.encode(), True
    return await engine.scan(_answer, call, handed, known.message_id), True


# ── the answer ──


def _answer(tx: Tx, call: Call, handed: HandedIn, number: int) -> bytes:
    found = look(tx, number)
    if found is None:
        raise Problem("not_found")  # with an old key: the letter was swept away
    told, one = found
    letter = letter_of(call.site, shown_to(call.caller, told, one), one)
    gives_up = max((person.gives_up_at for person in told.recipients), default=0)
    leaves = any(person.gives_up_at for person in told.recipients)
    return msgspec.json.encode(
        Accepted(
            **{name: getattr(letter, name) for name in Letter.__struct_fields__},
            expires_at=rfc3339(gives_up) if gives_up else None,
            warnings=_warnings(tx, handed.letter.author.domain) if leaves else [],
        )
    )


def _warnings(tx: Tx, domain: str) -> list[Warned]:
    """What other servers may hold against it."""
    if any(key.active_us for key in keys.keys_of(tx, domain)):
        return []
    told = {language: say(language, "api.warning.dkim_missing", domain=domain) for language in LANGUAGES}
    return [Warned("domain.dkim_missing", told["ko"], told["en"], f"pyeonji check {domain}")]


OPERATIONS = (send,)
