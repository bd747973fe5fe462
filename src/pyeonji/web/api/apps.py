"""Apps and their keys; for an administrator's key.  The text of a key is shown once, when it is made."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pyeonji.directory.app_keys import new_key
from pyeonji.journey.instants import rfc3339
from pyeonji.store import apps, directory
from pyeonji.store.delete import remove_app
from pyeonji.store.directory import fold
from pyeonji.store.engine.base import Conflict, Tx
from pyeonji.web.api.call import Call
from pyeonji.web.api.operation import operation
from pyeonji.web.api.problem import Problem
from pyeonji.web.api.types import Instant, Mail, Name, mail_address

KeyScope = Literal["send", "read", "manage", "admin"]
Label = Annotated[
    str, Meta(max_length=100, pattern=r"^[^\u0000-\u001f\u007f]*$(?!\n)", description="What you call the key.")
]


class App(msgspec.Struct, kw_only=True):
    """A program that sends in the name of an account."""

    name: str
    account: str
    return_addresses: Annotated[bool, Meta(description="Each recipient's letter has a return address of its own.")]
    attempts: Annotated[bool, Meta(description="It is told of each attempt (email.attempted).")]
    created_at: Instant
    used_at: Instant | None


class Apps(msgspec.Struct):
    data: list[App]


class NewApp(msgspec.Struct):
    name: Name
    account: Mail


class AppChange(msgspec.Struct):
    return_addresses: bool | None = None
    attempts: bool | None = None


class Key(msgspec.Struct, kw_only=True):
    """A key, known by its first characters."""

    id: int
    app: str
    label: str
    hint: str
    scopes: list[KeyScope]
    test: bool
    created_at: Instant
    used_at: Instant | None


class NewKey(Key, kw_only=True):
    key: Annotated[str, Meta(description="The key itself: shown now, and never again.")]


class Keys(msgspec.Struct):
    data: list[Key]


class KeyWish(msgspec.Struct, kw_only=True):
    app: Name
    label: Label = ""
    scopes: Annotated[list[KeyScope], Meta(min_length=1, max_length=4)] = msgspec.field(
        default_factory=lambda: list(apps.DEFAULT_SCOPES)  # type: ignore[arg-type]  # those are among the KeyScopes
    )
    test: Annotated[bool, Meta(description="It sends to simulator.test only.")] = False


@operation("GET", "/apps", "admin")
async def listing(call: Call) -> Apps:
    """All apps."""
    return Apps(list(map(_app, await call.site.home.engine.scan(apps.every))))


@operation(
    "POST",
    "/apps",
    "admin",
    status=201,
    problems=("exists_already",),
    example={"name": "board", "account": "noreply@board.example"},
)
async def add(call: Call, body: NewApp) -> App:
    """An app that sends in the name of an account here; it has no key yet."""
    engine = call.site.home.engine
    account = await engine.read(directory.account, fold(mail_address(body.account, "$.account")))
    if account is None:
        raise Problem("invalid", near="$.account", what=f"nobody here is called {body.account}")
    try:
        await engine.write(apps.add, body.name, account.id, call.now_us)
    except Conflict as error:
        raise Problem("exists_already", what=body.name) from error
    return _app(await _named(call, body.name))


@operation("GET", "/apps/{name}", "admin")
async def show(call: Call) -> App:
    """One app."""
    return _app(await _named(call, call.path("name")))


@operation("PATCH", "/apps/{name}", "admin", example={"attempts": True})
async def change(call: Call, body: AppChange) -> App:
    """What is not said stays as it is."""
    one = await _named(call, call.path("name"))
    await call.site.home.engine.write(_change, one.id, body)
    return _app(await _named(call, one.name))


@operation("DELETE", "/apps/{name}", "admin", status=204)
async def remove(call: Call) -> None:
    """The app with its keys, and what it was told; its letters stay."""
    one = await _named(call, call.path("name"))
    await asyncio.to_thread(remove_app, call.site.home, one.id)


@operation("GET", "/keys", "admin")
async def keys(call: Call) -> Keys:
    """All keys of all apps."""
    return Keys(await call.site.home.engine.scan(_keys))


@operation(
    "POST",
    "/keys",
    "admin",
    status=201,
    problems=("not_possible_now",),
    example={"app": "board", "scopes": ["send", "read"]},
)
async def add_key(call: Call, body: KeyWish) -> NewKey:
    """A key for an app.  Its text is in this answer only."""
    one = await apps_named(call, body.app)
    made = new_key(test=body.test)
    try:
        number = await call.site.home.engine.write(
            apps.add_key, one.id, made.digest, made.hint, call.now_us, label=body.label,
            scopes=tuple(dict.fromkeys(body.scopes)), test=body.test,
        )  # fmt: skip
    except apps.TooManyKeys as error:
        raise Problem("not_possible_now", state=f"{apps.MAX_KEYS} keys") from error
    return NewKey(**_facts(await _key(call, number)), key=made.text)


@operation("POST", "/keys/{key}/rotate", "admin")
async def rotate(call: Call) -> NewKey:
    """The same rights with another text; the old one is good for nothing then."""
    one = await _key(call, _number(call))
    made = new_key(test=one.test)
    await call.site.home.engine.write(apps.rotate, one.id, made.digest, made.hint, call.now_us)
    return NewKey(**_facts(await _key(call, one.id)), key=made.text)


@operation("DELETE", "/keys/{key}", "admin", status=204)
async def remove_key(call: Call) -> None:
    """Take a key back; what has it is answered no more."""
    one = await _key(call, _number(call))
    app = await apps_named(call, one.app)
    await call.site.home.engine.write(apps.revoke, app.id, one.id)


# ── below ──


async def apps_named(call: Call, name: str) -> apps.App:
    """Of a request's body; raises Problem."""
    found = await call.site.home.engine.read(apps.named, name)
    if found is None:
        raise Problem("invalid", near="$.app", what=f"there is no app {name}")
    return found


async def _named(call: Call, name: str) -> apps.App:
    found = await call.site.home.engine.read(apps.named, name)
    if found is None:
        raise Problem("not_found")
    return found


def _app(one: apps.App) -> App:
    return App(
        name=one.name, account=one.account, return_addresses=one.verp, attempts=one.attempts,
        created_at=rfc3339(one.created_us), used_at=rfc3339(one.used_us) if one.used_us else None,
    )  # fmt: skip


def _change(tx: Tx, app_id: int, body: AppChange) -> None:
    if body.return_addresses is not None:
        apps.set_verp(tx, app_id, body.return_addresses)
    if body.attempts is not None:
        apps.set_attempts(tx, app_id, body.attempts)


def _keys(tx: Tx) -> list[Key]:
    return [_as_key(app.name, one) for app in apps.every(tx) for one in apps.keys(tx, app.id)]


def _as_key(app: str, one: apps.Key) -> Key:
    return Key(
        id=one.id, app=app, label=one.label, hint=one.hint, scopes=list(one.scopes), test=one.test,  # type: ignore[arg-type]
        created_at=rfc3339(one.created_us), used_at=rfc3339(one.used_us) if one.used_us else None,
    )  # fmt: skip


def _number(call: Call) -> int:
    text = call.path("key")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Problem("not_found")
    return int(text)


async def _key(call: Call, number: int) -> Key:
    for one in await call.site.home.engine.scan(_keys):
        if one.id == number:
            return one
    raise Problem("not_found")


def _facts(one: Key) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Key.__struct_fields__}


OPERATIONS = (listing, add, show, change, remove, keys, add_key, rotate, remove_key)
