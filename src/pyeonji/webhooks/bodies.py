"""What an endpoint gets: the news as JSON, and with news of a letter that came in what stands in it."""

import json
from typing import Any

from pyeonji.journey.news import as_body, as_data
from pyeonji.journey.outcome import RECEIVED, Item
from pyeonji.journey.receipt import compact
from pyeonji.message.header import parse_header
from pyeonji.message.mime import scan
from pyeonji.message.text import attachments, header_text, readable
from pyeonji.store import journey
from pyeonji.store.engine.base import Damaged, Tx
from pyeonji.store.home import Home

MAX_READ = 1 << 20  # octets of a letter that are read for its text
MAX_TEXT = 100_000  # characters of it
MAX_PARTS = 100  # attachments named
FIELDS = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "list-id")


async def body_of(home: Home, item: Item, base_url: str) -> bytes:
    """The octets that are signed.  Raises StoreError."""
    if item.type != RECEIVED:
        return as_body(item, base_url)
    found = as_data(item, base_url)
    found["data"] |= await home.engine.scan(_letter, home, item.message)
    if base_url:
        found["data"]["raw_url"] = f"{base_url}/api/v1/messages/{compact(item.message)}/raw"
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _letter(tx: Tx, home: Home, number: int) -> dict[str, Any]:
    """Header and text, as far as the letter is still there."""
    facts = journey.message(tx, number)
    if facts is None:
        return {}
    found: dict[str, Any] = {"size": facts.size, "reverse_path": facts.reverse_path or None}
    try:
        return found | read(home.blobs.read(tx, facts.content_id, 0, min(facts.size, MAX_READ)))
    except Damaged:  # expunged, and swept away since
        return found


def read(octets: bytes) -> dict[str, Any]:
    """Fields by their names in small letters, the text a person reads, and what is attached."""
    header = parse_header(octets)
    text = readable(octets)
    parts = [
        {"name": part.filename, "type": f"{part.type}/{part.subtype}", "size": part.size}
        for part in attachments(scan(octets))
    ]
    return {
        "headers": {name: value for name in FIELDS if (value := header_text(header, name.encode()))},
        "text": text[:MAX_TEXT], "cut": len(text) > MAX_TEXT or len(octets) == MAX_READ,
        "attachments": parts[:MAX_PARTS],
    }  # fmt: skip
