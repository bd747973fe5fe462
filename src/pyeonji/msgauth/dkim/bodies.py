"""The body's digests that the signatures of one letter ask for: the octets are fed once for all of them."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from pyeonji.message.header import Header
from pyeonji.msgauth.dkim.canonical import Canonical, Form
from pyeonji.msgauth.dkim.field import Forms, Malformed, Signature, dkim_signature, message_signature
from pyeonji.msgauth.dkim.tags import NotATagList, tags_of

MAX_SIGNATURES = 10  # DKIM signatures looked into (A07); real letters have one to four
MAX_SETS = 50  # ARC sets of a chain (RFC 8617 §4.2.1)


class BodyDigest(NamedTuple):
    """SHA-256 of a body's form, or of its first octets."""

    digest: bytes
    length: int  # octets of the form, all of it


class Body:
    """A body on its way to its digests: that of all of it, and those up to each of `lengths`."""

    __slots__ = ("_canonical", "_cuts", "_found", "_hash", "_length")

    def __init__(self, form: Form, lengths: Iterable[int] = ()) -> None:
        self._canonical = Canonical(form)
        self._cuts = sorted(set(lengths), reverse=True)  # the nearest last
        self._found: dict[int, bytes] = {}
        self._hash = hashlib.sha256()
        self._length = 0

    def feed(self, octets: bytes) -> None:
        for piece in self._canonical.feed(octets):
            self._add(piece)

    def finish(self) -> None:
        for piece in self._canonical.finish():
            self._add(piece)

    def digest(self, length: int | None = None) -> BodyDigest | None:
        """Of all of it, or of its first octets: None where there are not so many."""
        if length is None or length == self._length:
            return BodyDigest(self._hash.digest(), self._length)
        found = self._found.get(length)
        return None if found is None else BodyDigest(found, self._length)

    def _add(self, piece: bytes) -> None:
        cuts = self._cuts
        while cuts and cuts[-1] < self._length + len(piece):
            cut = cuts.pop()
            part = self._hash.copy()
            part.update(piece[: cut - self._length])
            self._found[cut] = part.digest()
        self._hash.update(piece)
        self._length += len(piece)


class Bodies:
    """All digests that the DKIM and ARC signatures of this header ask for; `forms` are the fields they cover."""

    __slots__ = ("_bodies", "forms")

    def __init__(self, header: Header) -> None:
        self.forms: Forms = {}
        wanted: dict[Form, set[int]] = {}
        for signature in _signatures(header):
            lengths = wanted.setdefault(signature.body_form, set())
            if signature.length is not None:
                lengths.add(signature.length)
        self._bodies = {form: Body(form, lengths) for form, lengths in wanted.items()}

    @property
    def needed(self) -> bool:
        """Does anybody ask for the body at all?"""
        return bool(self._bodies)

    def feed(self, octets: bytes) -> None:
        """The next octets of the body, cut anywhere."""
        for body in self._bodies.values():
            body.feed(octets)

    def finish(self) -> None:
        """There are no more; once, before `digest`."""
        for body in self._bodies.values():
            body.finish()

    def digest(self, form: Form, length: int | None = None) -> BodyDigest | None:
        """None where the body has not so many octets."""
        body = self._bodies.get(form)
        return None if body is None else body.digest(length)


def _signatures(header: Header) -> Iterable[Signature]:
    """Those that can be read at all, of those that will be looked into."""
    for field in header.named(b"dkim-signature")[:MAX_SIGNATURES]:
        try:
            yield dkim_signature(field, tags_of(header.octets[field.value_start : field.end]))
        except (Malformed, NotATagList):
            continue
    for field in header.named(b"arc-message-signature")[:MAX_SETS]:
        try:
            yield message_signature(field, tags_of(header.octets[field.value_start : field.end]))
        except (Malformed, NotATagList):
            continue
