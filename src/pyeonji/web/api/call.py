"""One request to the API: who asks what of which server, and what he sent, read within limits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from starlette.requests import ClientDisconnect, Request

from pyeonji.address import Address
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.web.api.keys import Caller, Keys, Rates, key_of
from pyeonji.web.api.operation import Operation
from pyeonji.web.api.problem import Problem, near_of
from pyeonji.web.site import Site

T = TypeVar("T")
Asked = TypeVar("Asked", bound=msgspec.Struct)

MAX_JSON = 64 * 1024  # octets of a request that brings no letter
BODY_S = 60.0  # seconds for the first octets of a body to come, and again for each LEAST_OCTETS
LEAST_OCTETS = 64 * 1024
MAX_WAITING = 100  # answers of one app that wait for news at one worker
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """See the top of this module.  `sites` are all servers that are asked through this API: one, or the lab's."""

    request: Request
    operation: Operation
    site: Site
    sites: Mapping[str, Site]
    caller: Caller
    language: str
    rates: Rates
    keys: Keys

    async def at_home_of(self, author: Address) -> "Call":
        """The same at the server this address belongs to; raises Problem when none of them has it."""
        if len(self.sites) == 1:
            return self
        site = self.sites.get(author.domain)
        caller = await self.keys.caller(site, key_of(self.request)) if site else None
        if site is None or caller is None:
            raise Problem(
                "from_domain_not_yours", near=str(author), app=self.caller.app, login="lab", address=str(author)
            )
        return replace(self, site=site, caller=caller)

    def site_of(self, domain: str) -> Site:
        """The server that has a domain, or would get it."""
        return self.sites.get(domain, self.site)

    async def everywhere(self) -> list[tuple[Site, Caller]]:
        """All servers at which the caller is known, and as whom."""
        if len(self.sites) == 1:
            return [(self.site, self.caller)]
        found = [(site, await self.keys.caller(site, key_of(self.request))) for site in self.sites.values()]
        return [(site, caller) for site, caller in found if caller is not None]

    def waits(self) -> AbstractContextManager[None]:
        """Around an answer that takes its time; raises Problem when this app has too many of them open."""
        return self.rates.place(f"app {self.caller.app_id}", MAX_WAITING)

    @property
    def now_us(self) -> int:
        return self.site.clock.now_us()

    @property
    def media_type(self) -> str:
        """Of the body, without parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    def path(self, name: str) -> str:
        """A part of the path; raises Problem for one that nothing can be called (PostgreSQL takes no NUL)."""
        found = str(self.request.path_params[name])
        if "\x00" in found:
            raise Problem("not_found")
        return found

    def number(self) -> int:
        """The receipt number in the path; raises Problem."""
        try:
            found = parse_receipt(self.path("id"))
        except NotAReceipt as error:
            raise Problem("not_found") from error
        if found.recipient or found.attempt:
            raise Problem("not_found")
        return found.number

    def query(self, of: type[Asked]) -> Asked:
        """What stands behind "?"; the last of repeated names, unless many are wanted.  Raises Problem."""
        said: dict[str, Any] = dict(self.request.query_params)
        for name in _lists_of(of):
            if name in said:
                said[name] = self.request.query_params.getlist(name)
        if odd := next((name for name, text in self.request.query_params.multi_items() if "\x00" in text), None):
            raise Problem("invalid", near=f"?{odd}", what="there is a NUL in it")
        try:
            return msgspec.convert(said, of, strict=False)
        except msgspec.ValidationError as error:
            what, where = near_of(error)
            raise Problem("invalid", near=where.replace("$.", "?") or "?", what=what) from error

    async def octets(self) -> bytes:
        """The whole body; raises Problem when it is too long or comes too slowly."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        limit = self.site.max_size * 4 // 3 + MAX_JSON if self.operation.brings_letter else MAX_JSON  # in base64
        said = self.request.headers.get("content-length", "")
        if said.isdecimal() and int(said) > limit:
            raise Problem("too_large", n=limit)
        stream, taken, since = self.request.stream(), 0, 0
        loop = asyncio.get_running_loop()
        deadline = loop.time() + BODY_S
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(stream, None)
            except TimeoutError as error:
                raise Problem("too_slow") from error
            except ClientDisconnect as error:
                raise Problem("bad_request", what="the body ends before its end") from error
            if chunk is None:
                return
            taken += len(chunk)
            since += len(chunk)
            if taken > limit:
                raise Problem("too_large", n=limit)
            if since >= LEAST_OCTETS:
                since, deadline = 0, loop.time() + BODY_S
            yield chunk

    async def decoded(self, of: type[T]) -> T:
        """The body as JSON; raises Problem."""
        if self.media_type not in (JSON, ""):
            raise Problem("wrong_media_type", wanted=", ".join((JSON, *self.operation.other_bodies)))
        return decoded(await self.octets(), of)


@cache
def _lists_of(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that hold several values."""
    return tuple(field.encode_name for field in msgspec.structs.fields(kind) if _is_list(field.type))


def _is_list(kind: Any) -> bool:
    return get_origin(get_args(kind)[0] if get_origin(kind) is Annotated else kind) is list


def decoded(octets: bytes, of: type[T]) -> T:
    """JSON (RFC 8259) as a value of this type; raises Problem."""
    try:
        return msgspec.json.decode(octets, type=of)
    except msgspec.ValidationError as error:
        what, where = near_of(error)
        raise Problem("invalid", near=where or "$", what=what) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_request", what=str(error)) from error
    except RecursionError as error:  # the decoder counts its levels, and a parser may choose how many (RFC 8259 §9)
        raise Problem("bad_request", what="JSON with too many levels") from error
