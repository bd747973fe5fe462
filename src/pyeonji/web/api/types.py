"""Types that several operations share, and how they are read."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.address import Address, NotADomain, NotAnAddress, parse_address, parse_domain
from pyeonji.catalog.causes import Actor as Actor
from pyeonji.web.api.problem import Problem

Receipt = Annotated[str, Meta(description="A receipt number: twelve characters.", examples=["K7M32QXD9TAB"])]
Instant = Annotated[str, Meta(description="RFC 3339, in UTC.", examples=["2026-11-23T09:57:02.114Z"])]
Limit = Annotated[int, Meta(ge=1, le=200, description="How many, at most.")]
Cursor = Annotated[str, Meta(max_length=40, description="`next` of the page before.")]
Mail = Annotated[str, Meta(min_length=3, max_length=320, examples=["minsu@school.example"])]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\s\u0000-\u001f\u007f]+$(?!\n)")]


class Languages(msgspec.Struct):
    """A sentence in both languages."""

    ko: str
    en: str


def mail_address(text: str, near: str) -> Address:
    """An address without a name; raises Problem."""
    try:
        return parse_address(text.strip())
    except NotAnAddress as error:
        raise Problem("invalid", near=near, what=f"{text[:100]} is no address") from error


def domain_name(text: str, near: str) -> str:
    """Raises Problem."""
    try:
        return parse_domain(text.strip())
    except NotADomain as error:
        raise Problem("invalid", near=near, what=f"{text[:100]} is no domain") from error
