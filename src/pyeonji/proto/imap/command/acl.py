"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS: who may do what with a mailbox (RFC 4314)."""

from dataclasses import dataclass
from typing import Literal

from pyeonji.proto.imap import rights
from pyeonji.proto.imap.wire import BadSyntax, Reader

How = Literal["set", "add", "remove"]
MAX_IDENTIFIER = 320  # characters; ours: an address and a dash


@dataclass(frozen=True, slots=True)
class SetAcl:
    """`rights` are letters in the order of rights.ALL."""

    mailbox: str
    identifier: str
    how: How
    rights: str


@dataclass(frozen=True, slots=True)
class DeleteAcl:
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class GetAcl:
    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights:
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights:
    mailbox: str


def parse_set(reader: Reader) -> SetAcl:
    mailbox, identifier = _pair(reader)
    reader.space()
    how, letters = _change(reader)
    reader.end()
    return SetAcl(mailbox, identifier, how, letters)


def parse_delete(reader: Reader) -> DeleteAcl:
    mailbox, identifier = _pair(reader)
    reader.end()
    return DeleteAcl(mailbox, identifier)


def parse_get(reader: Reader) -> GetAcl:
    mailbox = reader.mailbox()
    reader.end()
    return GetAcl(mailbox)


def parse_list(reader: Reader) -> ListRights:
    mailbox, identifier = _pair(reader)
    reader.end()
    return ListRights(mailbox, identifier)


def parse_my(reader: Reader) -> MyRights:
    mailbox = reader.mailbox()
    reader.end()
    return MyRights(mailbox)


def _pair(reader: Reader) -> tuple[str, str]:
    mailbox = reader.mailbox()
    reader.space()
    identifier = reader.text()
    if not identifier.strip("-") or len(identifier) > MAX_IDENTIFIER or not identifier.isprintable():
        raise BadSyntax("identifier expected")
    return mailbox, identifier


def _change(reader: Reader) -> tuple[How, str]:
    letters = reader.text()
    how: How = "add" if letters.startswith("+") else "remove" if letters.startswith("-") else "set"
    try:
        return how, rights.parsed(letters if how == "set" else letters[1:])
    except rights.NotRights as error:
        raise BadSyntax(str(error)) from error
