"""The domains whose mail is here, and what the DNS should say of them beside what it says."""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pyeonji.catalog.cli import say
from pyeonji.catalog.say import LANGUAGES
from pyeonji.delivery.expand import expand
from pyeonji.journey.instants import rfc3339
from pyeonji.net.authority import Authority
from pyeonji.proto.dns import Question
from pyeonji.store import directory, keys, zones
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.store.keys import OwnKey
from pyeonji.submission.keys import Made, make_all, signs_for
from pyeonji.submission.keys import add as add_keys
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Instant, Languages, Mail, domain_name, mail_address
from pyeonji.zone.compare import Row, Verdict, compared
from pyeonji.zone.master import line
from pyeonji.zone.standing import standing
from pyeonji.zone.wanted import Facts, Need, Wanted, wanted

CHECK_S = 30.0  # seconds for all name servers together
CHECKS = 20  # in a minute, of one app: each asks other people's servers


class Domain(msgspec.Struct):
    name: str
    catch_all: Annotated[str | None, Meta(description="Who gets what nobody else does.")]
    created_at: Instant
    signs: Annotated[bool, Meta(description="Letters from here are signed (DKIM).")]


class Domains(msgspec.Struct):
    data: list[Domain]


class NewDomain(msgspec.Struct):
    name: Annotated[str, Meta(min_length=1, max_length=255, examples=["school.example"])]


class DomainChange(msgspec.Struct):
    """`catch_all` null: nobody."""

    catch_all: Mail | None


class Record(msgspec.Struct, kw_only=True):
    """What should be in the DNS, why, and a line for a zone file."""

    key: str
    name: str
    type: str
    value: str
    need: Need
    why: Languages
    line: str


class Compared(Record, kw_only=True):
    """The same beside what is there; `paste` is the line to put there, "" when nothing is to be done."""

    have: list[str]
    verdict: Verdict
    note: Languages | None
    paste: str


class Records(msgspec.Struct):
    data: list[Record]


class Checked(msgspec.Struct):
    """`good`: nothing that mail depends on is missing or wrong."""

    good: bool
    data: list[Compared]


@operation("GET", "/domains", "admin")
async def listing(call: Call) -> Domains:
    """All domains whose mail is here."""
    found: list[Domain] = []
    for site in call.sites.values():
        found += await site.home.engine.scan(_all)
    return Domains(found)


@operation("POST", "/domains", "admin", status=201, problems=("exists_already",), example={"name": "school.example"})
async def add(call: Call, body: NewDomain) -> Domain:
    """Take mail for a domain; its signing keys are made, and GET .../records says what to put into the DNS."""
    name = domain_name(body.name, "$.name")
    made = await asyncio.to_thread(make_all) if signs_for(name) else []
    try:
        await call.site.home.engine.write(_add, name, made, call.now_us)
    except Conflict as error:
        raise Problem("exists_already", what=name) from error
    return await _one(call, name)


@operation("GET", "/domains/{name}", "admin")
async def show(call: Call) -> Domain:
    """One domain."""
    return await _one(call, call.path("name"))


@operation("PATCH", "/domains/{name}", "admin", example={"catch_all": None})
async def change(call: Call, body: DomainChange) -> Domain:
    """Say who gets what nobody else does."""
    one = await _one(call, call.path("name"))
    target = fold(mail_address(body.catch_all, "$.catch_all")) if body.catch_all else ""
    engine = call.site_of(one.name).home.engine
    if target and (await engine.read(expand, mail_address(target, "$.catch_all"))).is_nobody:
        raise Problem("invalid", near="$.catch_all", what=f"nobody is called {target}")
    await engine.write(directory.set_catch_all, one.name, target)
    return await _one(call, one.name)


@operation("DELETE", "/domains/{name}", "admin", status=204, problems=("still_used",))
async def remove(call: Call) -> None:
    """Take no more mail for a domain without accounts."""
    one = await _one(call, call.path("name"))
    try:
        await call.site_of(one.name).home.engine.write(directory.remove_domain, one.name)
    except Conflict as error:
        raise Problem("still_used", what=one.name) from error


@operation("GET", "/domains/{name}/records", "admin")
async def records(call: Call) -> Records:
    """Every record the DNS should have, and what it is for."""
    facts = await _facts(call)
    return Records([Record(**_told(one, facts)) for one in wanted(facts)])


@operation("POST", "/domains/{name}/check", "admin", problems=("too_fast",))
async def check(call: Call) -> Checked:
    """Ask the domain's own name servers, and say what is missing or wrong; what turned is told to apps."""
    call.rates.count(f"check {call.caller.app_id}", CHECKS)
    facts = await _facts(call)
    found = wanted(facts)
    authority = Authority(call.site_of(facts.domain).resolver)
    try:
        async with asyncio.timeout(CHECK_S):
            answers = await authority.answers(Question(one.name, one.kind) for one in found)
    except TimeoutError as error:
        raise Problem("too_slow") from error
    rows = compared(facts, found, answers)
    await call.site_of(facts.domain).home.engine.write(zones.note, facts.domain, standing(rows), call.now_us)
    return Checked(not any(row.is_bad for row in rows), [_compared(row, facts) for row in rows])


# ── below ──


async def _one(call: Call, name: str) -> Domain:
    found = await call.site_of(name).home.engine.scan(_all)
    for one in found:
        if one.name == name.casefold():
            return one
    raise Problem("not_found")


def _all(tx: Tx) -> list[Domain]:
    signs = {key.domain for key in keys.all_keys(tx) if key.active_us and not key.retired_us}
    return [
        Domain(one.name, one.catch_all or None, rfc3339(one.created_us), one.name in signs)
        for one in directory.domains(tx)
    ]


def _add(tx: Tx, name: str, made: list[Made], now_us: int) -> None:
    directory.add_domain(tx, name, now_us)
    add_keys(tx, name, made, now_us)


async def _facts(call: Call) -> Facts:
    one = await _one(call, call.path("name"))
    site = call.site_of(one.name)
    own: list[OwnKey] = await site.home.engine.read(keys.keys_of, one.name)
    return site.zone_facts(one.name, own)


def _told(one: Wanted, facts: Facts) -> dict[str, Any]:
    why = {language: say(language, one.why, domain=facts.domain, host=facts.hostname) for language in LANGUAGES}
    return {
        "key": one.key, "name": one.name, "type": one.kind, "value": one.value, "need": one.need,
        "why": Languages(**why), "line": line(one.name, one.kind, one.value),
    }  # fmt: skip


def _compared(row: Row, facts: Facts) -> Compared:
    one = row.wanted
    note = Languages(**{language: say(language, row.note) for language in LANGUAGES}) if row.note else None
    paste = line(one.name, one.kind, row.paste) if row.paste else ""
    return Compared(**_told(one, facts), have=list(row.have), verdict=row.verdict, note=note, paste=paste)


OPERATIONS = (listing, add, show, change, remove, records, check)
