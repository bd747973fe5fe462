"""NOTIFY: tell me what happens in these mailboxes (RFC 5465)."""

from dataclasses import dataclass

from pyeonji.proto.imap import scope
from pyeonji.proto.imap.command import fetch
from pyeonji.proto.imap.wire import BadCommandText, BadSyntax, Reader

MAX_GROUPS = 100  # in one command; ours
MESSAGE_EVENTS = {"MESSAGENEW": "MessageNew", "MESSAGEEXPUNGE": "MessageExpunge", "FLAGCHANGE": "FlagChange"}
MAILBOX_EVENTS = {
    "MAILBOXNAME": "MailboxName", "SUBSCRIPTIONCHANGE": "SubscriptionChange",
    "MAILBOXMETADATACHANGE": "MailboxMetadataChange", "SERVERMETADATACHANGE": "ServerMetadataChange",
}  # fmt: skip
EVENTS = MESSAGE_EVENTS | MAILBOX_EVENTS
SELECTED = frozenset({"SELECTED", "SELECTED-DELAYED"})


class BadEvent(BadCommandText):
    """RFC 5465 §5.3: an event we cannot tell, with those we can."""

    status = "NO"
    code = f"BADEVENT ({' '.join(EVENTS.values())})"

    def __init__(self) -> None:
        super().__init__("event not known")


@dataclass(frozen=True, slots=True)
class Group:
    """Some mailboxes and the events that are told of them, by the keys of EVENTS; none is told where it is empty.

    `items` are fetched of messages that come into the selected mailbox.
    """

    scope: scope.Scope
    events: frozenset[str]
    items: tuple[fetch.Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """`groups` is empty for NOTIFY NONE; `status` asks for a STATUS of each mailbox now (RFC 5465 §4)."""

    groups: tuple[Group, ...]
    status: bool = False


def parse(reader: Reader) -> Notify:
    word = reader.word()
    if word == "NONE":
        reader.end()
        return Notify(())
    if word != "SET":
        raise BadSyntax("SET or NONE expected")
    reader.space()
    status = reader.skip_word("STATUS")
    if status:
        reader.space()
    groups = [_group(reader)]
    while reader.skip(b" "):
        groups.append(_group(reader))
        if len(groups) > MAX_GROUPS:
            raise BadSyntax("too many groups")
    reader.end()
    if sum(group.scope.kind in SELECTED for group in groups) > 1:
        raise BadSyntax("the selected mailbox once expected")  # RFC 5465 §8
    return Notify(tuple(groups), status)


def _group(reader: Reader) -> Group:
    reader.expect(b"(")
    where = scope.parse(reader)
    if where.kind == "SUBTREE-ONE":
        raise BadSyntax("unknown set of mailboxes")  # RFC 7377 §4 knows it in ESEARCH alone
    reader.space()
    found: list[tuple[str, tuple[fetch.Item, ...]]] = []
    if not reader.skip_word("NONE"):
        found = reader.listed(lambda: _event(reader))
    reader.expect(b")")
    group = Group(where, frozenset(name for name, _ in found), next((items for _, items in found if items), ()))
    _check(group)
    return group


def _event(reader: Reader) -> tuple[str, tuple[fetch.Item, ...]]:
    name = reader.atom().upper()
    if name not in EVENTS:
        raise BadEvent
    if name == "MESSAGENEW" and reader.comes(b" ("):
        reader.space()
        return name, fetch.items(reader)
    return name, ()


def _check(group: Group) -> None:
    """What RFC 5465 §5.1 to §5.3 and §8 ask of the events of one group."""
    if group.scope.kind in SELECTED:
        if not group.events <= MESSAGE_EVENTS.keys():
            raise BadSyntax("message events expected")
    elif group.items:
        raise BadSyntax("items are told of the selected mailbox")
    pair = group.events & {"MESSAGENEW", "MESSAGEEXPUNGE"}
    if len(pair) == 1 or ("FLAGCHANGE" in group.events and not pair):
        raise BadSyntax("MessageNew and MessageExpunge together expected")
