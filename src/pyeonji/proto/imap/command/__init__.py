"""The commands we know: the grammar of each, and when it may be said (RFC 3501 §6).  The whole list on one screen."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from pyeonji.proto.imap.command import (
    acl,
    append,
    authenticate,
    cancelupdate,
    capability,
    check,
    close,
    compress,
    copy,
    create,
    delete,
    enable,
    esearch,
    expunge,
    fetch,
    id,  # noqa: A004
    idle,
    list,  # noqa: A004
    login,
    logout,
    metadata,
    move,
    namespace,
    noop,
    notify,
    quota,
    rename,
    replace,
    search,
    select,
    sort,
    starttls,
    status,
    store,
    subscribe,
    thread,
    unauthenticate,
    unselect,
)  # fmt: skip
from pyeonji.proto.imap.wire import Reader


class State(Enum):
    """RFC 3501 §3."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


ANY = frozenset({State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED})
BEFORE = frozenset({State.NOT_AUTHENTICATED})
INSIDE = frozenset({State.AUTHENTICATED, State.SELECTED})
OPEN = frozenset({State.SELECTED})


@dataclass(frozen=True, slots=True)
class Grammar:
    """`parse` reads what comes after the name and the space behind it; of a command that `brings` messages, one or
    `several`, only what stands before the first.  `numbers` tells that it speaks in message numbers."""

    parse: Callable[[Reader], object]
    allowed: frozenset[State]
    arguments: bool = True
    brings: bool = False
    several: bool = False
    numbers: bool = False


COMMANDS: dict[str, Grammar] = {
    "CAPABILITY": Grammar(capability.parse, ANY, False),
    "NOOP": Grammar(noop.parse, ANY, False),
    "LOGOUT": Grammar(logout.parse, ANY, False),
    "ID": Grammar(id.parse, ANY),
    "STARTTLS": Grammar(starttls.parse, BEFORE, False),
    "AUTHENTICATE": Grammar(authenticate.parse, BEFORE),
    "LOGIN": Grammar(login.parse, BEFORE),
    "ENABLE": Grammar(enable.parse, INSIDE),
    "COMPRESS": Grammar(compress.parse, INSIDE),
    "UNAUTHENTICATE": Grammar(unauthenticate.parse, INSIDE, False),
    "SELECT": Grammar(select.parse, INSIDE),
    "EXAMINE": Grammar(select.parse_examine, INSIDE),
    "CREATE": Grammar(create.parse, INSIDE),
    "DELETE": Grammar(delete.parse, INSIDE),
    "RENAME": Grammar(rename.parse, INSIDE),
    "SUBSCRIBE": Grammar(subscribe.parse, INSIDE),
    "UNSUBSCRIBE": Grammar(subscribe.parse_unsubscribe, INSIDE),
    "LIST": Grammar(list.parse, INSIDE),
    "LSUB": Grammar(list.parse_lsub, INSIDE),
    "STATUS": Grammar(status.parse, INSIDE),
    "APPEND": Grammar(append.parse, INSIDE, brings=True, several=True),
    "IDLE": Grammar(idle.parse, INSIDE, False),
    "NOTIFY": Grammar(notify.parse, INSIDE),
    "NAMESPACE": Grammar(namespace.parse, INSIDE, False),
    "SETACL": Grammar(acl.parse_set, INSIDE),
    "DELETEACL": Grammar(acl.parse_delete, INSIDE),
    "GETACL": Grammar(acl.parse_get, INSIDE),
    "LISTRIGHTS": Grammar(acl.parse_list, INSIDE),
    "MYRIGHTS": Grammar(acl.parse_my, INSIDE),
    "GETQUOTA": Grammar(quota.parse_get, INSIDE),
    "GETQUOTAROOT": Grammar(quota.parse_get_root, INSIDE),
    "SETQUOTA": Grammar(quota.parse_set, INSIDE),
    "GETMETADATA": Grammar(metadata.parse_get, INSIDE),
    "SETMETADATA": Grammar(metadata.parse_set, INSIDE),
    "CHECK": Grammar(check.parse, OPEN, False),
    "CLOSE": Grammar(close.parse, OPEN, False),
    "UNSELECT": Grammar(unselect.parse, OPEN, False),
    "EXPUNGE": Grammar(expunge.parse, OPEN, False),
    "CANCELUPDATE": Grammar(cancelupdate.parse, OPEN),
    "ESEARCH": Grammar(esearch.parse, INSIDE),
    "SEARCH": Grammar(search.parse, OPEN, numbers=True),
    "SORT": Grammar(sort.parse, OPEN, numbers=True),
    "THREAD": Grammar(thread.parse, OPEN, numbers=True),
    "FETCH": Grammar(fetch.parse, OPEN, numbers=True),
    "STORE": Grammar(store.parse, OPEN, numbers=True),
    "COPY": Grammar(copy.parse, OPEN, numbers=True),
    "MOVE": Grammar(move.parse, OPEN, numbers=True),
    "REPLACE": Grammar(replace.parse, OPEN, brings=True, numbers=True),
    "UID COPY": Grammar(copy.parse_uid, OPEN),
    "UID EXPUNGE": Grammar(expunge.parse_uid, OPEN),
    "UID FETCH": Grammar(fetch.parse_uid, OPEN),
    "UID MOVE": Grammar(move.parse_uid, OPEN),
    "UID REPLACE": Grammar(replace.parse_uid, OPEN, brings=True),
    "UID SEARCH": Grammar(search.parse_uid, OPEN),
    "UID SORT": Grammar(sort.parse_uid, OPEN),
    "UID THREAD": Grammar(thread.parse_uid, OPEN),
    "UID STORE": Grammar(store.parse_uid, OPEN),
}
