"""Which handler carries out which command: the whole list on one screen."""

from collections.abc import Awaitable, Callable
from typing import Any

from pyeonji.access.imap import (
    acl,
    append,
    copy,
    enable,
    expunge,
    fetch,
    folders,
    idle,
    listing,
    login,
    metadata,
    namespace,
    notify,
    quota,
    search,
    select,
    simple,
    store,
)
from pyeonji.access.imap.station import Station
from pyeonji.proto.imap.event import AppendEnd, AuthResponse, Catenate, Done, LiteralPart, NewLiteral, NewMessage

Handler = Callable[[Station, Any], Awaitable[None]]

HANDLERS: dict[str, Handler] = {
    "CAPABILITY": simple.capability,
    "NOOP": simple.noop,
    "LOGOUT": simple.logout,
    "ID": simple.identity,
    "STARTTLS": login.starttls,
    "AUTHENTICATE": login.authenticate,
    "LOGIN": login.login,
    "ENABLE": enable.enable,
    "COMPRESS": enable.compress,
    "UNAUTHENTICATE": enable.unauthenticate,
    "SELECT": select.select,
    "EXAMINE": select.select,
    "CREATE": folders.create,
    "DELETE": folders.delete,
    "RENAME": folders.rename,
    "SUBSCRIBE": folders.subscribe,
    "UNSUBSCRIBE": folders.subscribe,
    "LIST": listing.list_,
    "LSUB": listing.list_,
    "STATUS": listing.status,
    "APPEND": append.append,
    "IDLE": idle.idle,
    "NOTIFY": notify.notify,
    "NAMESPACE": namespace.namespace,
    "SETACL": acl.set_acl,
    "DELETEACL": acl.delete_acl,
    "GETACL": acl.get_acl,
    "LISTRIGHTS": acl.list_rights,
    "MYRIGHTS": acl.my_rights,
    "GETQUOTA": quota.get_quota,
    "GETQUOTAROOT": quota.get_quota_root,
    "SETQUOTA": quota.set_quota,
    "GETMETADATA": metadata.get_metadata,
    "SETMETADATA": metadata.set_metadata,
    "CHECK": simple.check,
    "CLOSE": select.close,
    "UNSELECT": select.unselect,
    "EXPUNGE": expunge.expunge,
    "SEARCH": search.search,
    "FETCH": fetch.fetch,
    "STORE": store.store,
    "COPY": copy.copy,
    "MOVE": copy.copy,
    "REPLACE": append.replace,
    "UID COPY": copy.copy,
    "UID EXPUNGE": expunge.expunge,
    "UID FETCH": fetch.fetch,
    "UID MOVE": copy.copy,
    "UID REPLACE": append.replace,
    "UID SEARCH": search.search,
    "UID STORE": store.store,
}

# What follows a command within it.
CONTINUED: dict[type, Handler] = {
    NewMessage: append.message,
    NewLiteral: append.literal,
    LiteralPart: append.part,
    Catenate: append.url,
    AppendEnd: append.end,
    AuthResponse: login.auth_response,
    Done: idle.done,
}
