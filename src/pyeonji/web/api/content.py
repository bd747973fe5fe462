"""The octets of a letter and its parts: for the app that sent it, or to whose address it came, while they are kept.

An administrator's key opens no letter of others: their content is not the administrator's (docs/journey.md).
"""

from starlette.responses import Response

from pyeonji.journey.outcome import RECEIVED
from pyeonji.message.decoders import decoder
from pyeonji.message.mime import scan
from pyeonji.proto.imap.section import Run, UnknownEncoding, find_decoded
from pyeonji.store import journey, messages, sent, told
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home
from pyeonji.web.api.call import Call
from pyeonji.web.api.keys import Caller
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem

RAW = "message/rfc822"
OCTETS = "application/octet-stream"
MAX_PATH = 50  # characters of the number of a part


@operation("GET", "/messages/{id}/raw", "read", media=(RAW,), problems=("not_found",))
async def raw(call: Call) -> Response:
    """The letter as it goes out."""
    name = f'attachment; filename="{call.path("id")[:20]}.eml"'
    return Response(await _octets(call), media_type=RAW, headers={"content-disposition": name})


@operation("GET", "/messages/{id}/parts/{part}", "read", media=(OCTETS,), problems=("not_found",))
async def part(call: Call) -> Response:
    """One part, decoded; parts are counted as IMAP does (RFC 9051 §6.4.5.1): 1, 2, 2.1."""
    path = _path(call.path("part"))
    octets = await _octets(call)
    try:
        found = find_decoded(scan(octets), path)
    except UnknownEncoding:
        found = None
    if found is None:
        raise Problem("not_found")
    # A browser must not show as a page of ours what somebody else has written (W11).
    return Response(_decoded(octets, found), media_type=OCTETS, headers={"content-disposition": "attachment"})


async def _octets(call: Call) -> bytes:
    """Of a letter this app has sent, or was told of because it came to an address of its; raises Problem."""
    number = call.number()
    for site, caller in await call.everywhere():
        if await site.home.engine.scan(_is_its_own, caller, number):
            octets = await site.home.engine.scan(_read, site.home, number)
            if octets is not None:
                return octets
    raise Problem("not_found")


def _is_its_own(tx: Tx, caller: Caller, number: int) -> bool:
    one, app_id = sent.of(tx, number), caller.app_id
    if one is not None and one.app_id == app_id and (one.test or not caller.test):
        return True
    came = (item for item in told.of_letter(tx, number) if item.type == RECEIVED and item.app_id == app_id)
    return not caller.test and any(came)


def _read(tx: Tx, home: Home, number: int) -> bytes | None:
    """As other servers get it; None when its octets were freed, as are those of a letter that nobody needs any more."""
    facts = journey.message(tx, number)
    if facts is None:
        return None
    try:
        return messages.content(tx, home.blobs, number, facts.relay_at)
    except Damaged:
        return None


def _path(text: str) -> tuple[int, ...]:
    numbers = text.split(".")
    if len(text) > MAX_PATH or not all(one.isascii() and one.isdecimal() and int(one) for one in numbers):
        raise Problem("not_found")
    return tuple(map(int, numbers))


def _decoded(octets: bytes, run: Run) -> bytes:
    opened = decoder(run.encoding or "binary")
    assert opened is not None, "find_decoded knows the encoding"
    return opened.feed(octets[run.start : run.end]) + opened.end()


OPERATIONS = (raw, part)
