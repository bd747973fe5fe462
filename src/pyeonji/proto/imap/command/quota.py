"""GETQUOTA, GETQUOTAROOT and SETQUOTA: how much may be kept (RFC 9208)."""

from dataclasses import dataclass

from pyeonji.proto.imap.wire import MAX_NUMBER64, BadSyntax, Reader

MAX_LIMITS = 20  # resources in one SETQUOTA; ours: there are four


@dataclass(frozen=True, slots=True)
class GetQuota:
    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """Resources in capitals with their limits: STORAGE in KiB, others as they are counted."""

    root: str
    limits: tuple[tuple[str, int], ...]


def parse_get(reader: Reader) -> GetQuota:
    root = reader.text()
    reader.end()
    return GetQuota(root)


def parse_get_root(reader: Reader) -> GetQuotaRoot:
    mailbox = reader.mailbox()
    reader.end()
    return GetQuotaRoot(mailbox)


def parse_set(reader: Reader) -> SetQuota:
    root = reader.text()
    reader.space()
    limits = reader.listed(lambda: _limit(reader), empty=True)
    reader.end()
    if len(limits) > MAX_LIMITS or len(dict(limits)) < len(limits):
        raise BadSyntax("each resource once expected")
    return SetQuota(root, tuple(limits))


def _limit(reader: Reader) -> tuple[str, int]:
    resource = reader.atom().upper()
    reader.space()
    return resource, reader.number(MAX_NUMBER64)
