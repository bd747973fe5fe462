"""Types that several operations share."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pyeonji.catalog.causes import Actor as Actor

Receipt = Annotated[str, Meta(description="A receipt number: twelve characters.", examples=["K7M32QXD9TAB"])]
Instant = Annotated[str, Meta(description="RFC 3339, in UTC.", examples=["2026-11-23T09:57:02.114Z"])]
Limit = Annotated[int, Meta(ge=1, le=200, description="How many, at most.")]
Cursor = Annotated[str, Meta(max_length=40, description="`next` of the page before.")]


class Languages(msgspec.Struct):
    """A sentence in both languages."""

    ko: str
    en: str
