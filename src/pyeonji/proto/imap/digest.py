"""All that is made from the octets of a letter, in one walk over its parts (docs/reading.md)."""

from dataclasses import dataclass

from pyeonji.message.charset import one_letter
from pyeonji.message.facts import Facts, facts
from pyeonji.message.kept_fields import kept
from pyeonji.message.mime import scan
from pyeonji.message.preview import preview
from pyeonji.message.wording import Wording, wording
from pyeonji.proto.imap.structure import envelopes, structures

VERSION = 11  # grows with each change of what is made here, or where it lies: then digests are made again


@dataclass(frozen=True, slots=True)
class Digest:
    """What a reader asks of a letter without reading it.

    `envelope` and `structure` are octets of IMAP in two forms (`structure.form`), `fields` those of
    `message.kept_fields`.
    """

    envelope: bytes
    structure: bytes
    fields: bytes
    facts: Facts
    preview: str
    wording: Wording


@one_letter()
def digest(octets: bytes) -> Digest:
    """The digest of a letter; any octets give one."""
    root = scan(octets)
    return Digest(
        envelope=envelopes(root.header),
        structure=structures(root),
        fields=kept(root.header),
        facts=facts(root),
        preview=preview(root),
        wording=wording(root),
    )
