"""`pyeonji webhook`: where apps hear what becomes of their letters."""

import argparse
import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from pyeonji.cli.app import app_named
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import local_zone, place, seconds_of
from pyeonji.journey.instants import clock, rfc3339
from pyeonji.journey.outcome import ENDED, TYPES, Item
from pyeonji.store import apps, told, webhooks
from pyeonji.store.home import Home
from pyeonji.store.webhooks import Delivery, Webhook

SECOND_US = 1_000_000
KEEP, SINCE = "1d", "1d"


def configure(parser: Parser) -> None:
    add = parser.verb("add", _add)
    add.argument("app", key="app_of_account")
    add.argument("url", key="webhook_url")
    add.argument("--types", default="", metavar="LIST", key="webhook_types")
    add.argument("--inside", action="store_true", key="webhook_inside")
    parser.verb("list", _list)
    for name, run in (("test", _test), ("log", _log), ("pause", _pause), ("resume", _resume)):
        parser.verb(name, run).argument("id", key="webhook")
    replay = parser.verb("replay", _replay)
    replay.argument("id", key="webhook")
    replay.argument("--since", default=SINCE, metavar="TIME", key="webhook_since")
    rotate = parser.verb("rotate", _rotate)
    rotate.argument("id", key="webhook")
    rotate.argument("--keep", default=KEEP, metavar="TIME", key="webhook_keep")
    remove = parser.verb("remove", _remove)
    remove.argument("id", key="webhook")
    remove.argument("--yes", action="store_true")


@contextmanager
def _hook(args: argparse.Namespace) -> Iterator[tuple[Home, Webhook]]:
    if not (args.id.isascii() and args.id.isdecimal() and len(args.id) < 16):
        raise Problem("webhook.unknown", code=2, id=args.id)
    with place(args).homes() as homes:
        for _, home in homes:
            if (hook := home.engine.read_now(webhooks.numbered, int(args.id))) is not None:
                yield home, hook
                return
    raise Problem("webhook.unknown", id=args.id)


def _add(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.webhooks.sign import SECRET, secret_of

    types, here, secret = _types(args.types), place(args), secret_of(secrets.token_bytes(SECRET))
    _check_url(args.url, inside=args.inside)
    with app_named(here, args.app) as (home, app):
        number = home.engine.write_now(
            webhooks.add, app.id, args.url, secret, here.now_us(), types=types, inside=args.inside
        )
    here.poke()
    out.say("webhook.added", id=number, url=args.url, app=app.name)
    out.say("webhook.secret", text=secret)
    if out.json:
        out.data({"id": number, "url": args.url, "secret": secret})
    return 0


def _check_url(url: str, *, inside: bool) -> None:
    from pyeonji.net.url import BadUrl, parse_url

    try:
        scheme = parse_url(url, inside=inside).scheme
    except BadUrl as error:
        raise Problem("webhook.bad_url", code=2, url=url, reason=str(error)) from error
    if scheme != "https" and not inside:
        raise Problem("webhook.bad_url", code=2, url=url, reason="http://")


def _types(text: str) -> tuple[str, ...]:
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if not set(wanted) <= set(TYPES):
        raise Problem("webhook.bad_types", code=2, value=text, known=", ".join(TYPES))
    return tuple(name for name in TYPES if name in wanted)


def _now(home: Home, hook: Webhook) -> dict[str, object]:
    """What is true of it after a change."""
    hook = home.engine.read_now(webhooks.numbered, hook.id) or hook
    app = home.engine.read_now(apps.numbered, hook.app_id)
    return _data(hook, app.name if app else "", home.engine.read_now(webhooks.owed_count, hook))


def _list(args: argparse.Namespace, out: Out) -> int:
    found: list[tuple[Webhook, str, int]] = []
    with place(args).homes() as homes:
        for _, home in homes:
            names = {app.id: app.name for app in home.engine.read_now(apps.every)}
            found += [
                (hook, names[hook.app_id], home.engine.read_now(webhooks.owed_count, hook))
                for hook in home.engine.read_now(webhooks.every)
            ]
    if out.json:
        out.data([_data(*one) for one in found])
        return 0
    if not found:
        out.say("webhook.none")
        return 0
    out.table(
        ("id", "app", "url", "types", "state", "owed"),
        [
            (hook.id, app, hook.url, ", ".join(hook.types) or "*", out.words(f"webhook.{_state(hook)}"), owed)
            for hook, app, owed in found
        ],
    )
    return 0


def _state(hook: Webhook) -> str:
    return "paused" if hook.paused_us else "down" if hook.down_us else "on"


def _data(hook: Webhook, app: str, owed: int) -> dict[str, object]:
    return {
        "id": hook.id, "app": app, "url": hook.url, "types": hook.types, "inside": hook.inside,
        "state": _state(hook), "rests_until": rfc3339(hook.rests_us) if hook.rests_us else None,
        "not_taken": owed, "created": rfc3339(hook.created_us),
    }  # fmt: skip


# ── trying and looking ──


def _test(args: argparse.Namespace, out: Out) -> int:
    """One event that is no letter's, from here: 1 when it was not taken."""
    from pyeonji.journey.news import as_body
    from pyeonji.net.clock import SystemClock
    from pyeonji.net.resolver import Resolver
    from pyeonji.webhooks.sending import Sender

    with _hook(args) as (home, hook):
        keys = home.engine.read_now(webhooks.secrets, hook.id)
    if keys is None:
        raise Problem("webhook.unknown", id=args.id)
    system = SystemClock()
    now = system.now_us()
    item = Item(
        id=0, app_id=hook.app_id, message=0, n=hook.app_id, sequence=0, revision=1, type=ENDED, cause="", at=now,
        facts={"test": True, "outcome": "delivered"},
    )  # fmt: skip
    sender = Sender(Resolver(None, system))
    answer = asyncio.run(sender.send(hook.url, keys, item.name, as_body(item), now, inside=hook.inside))
    if out.json:
        out.data({"taken": answer.taken, "status": answer.status, "said": answer.said})
    else:
        said = answer.said[: webhooks.MAX_SAID]
        status = f"HTTP {answer.status} {said}" if answer.status else said
        out.say("webhook.took" if answer.taken else "webhook.did_not", status=answer.status,
                said=said if answer.taken else status)  # fmt: skip
    return 0 if answer.taken else 1


def _log(args: argparse.Namespace, out: Out) -> int:
    with _hook(args) as (home, hook):
        rows = home.engine.read_now(webhooks.deliveries, hook.id)
        items = {row.event_id: home.engine.read_now(told.numbered, row.event_id) for row in rows}
    if out.json:
        out.data([_row_data(row, items[row.event_id]) for row in rows])
        return 0
    if not rows:
        out.say("webhook.log_empty")
        return 0
    now = place(args).now_us()
    out.table(
        ("when", "event", "type", "attempt", "answer", "ms"),
        [
            (clock(row.at_us, now, local_zone()), _name(items[row.event_id]), _type(items[row.event_id]), row.attempt,
             f"{row.status or '-'} {row.said}".strip(), row.took_ms)
            for row in rows
        ],
    )  # fmt: skip
    return 0


def _name(item: Item | None) -> str:
    return item.name if item else "-"


def _type(item: Item | None) -> str:
    return item.type if item else "-"


def _row_data(row: Delivery, item: Item | None) -> dict[str, object]:
    return {
        "at": rfc3339(row.at_us), "event": item.name if item else None, "type": item.type if item else None,
        "attempt": row.attempt, "status": row.status or None, "said": row.said, "took_ms": row.took_ms,
    }  # fmt: skip


# ── changing ──


def _pause(args: argparse.Namespace, out: Out) -> int:
    with _hook(args) as (home, hook):
        home.engine.write_now(webhooks.pause, hook.id, place(args).now_us())
        data = _now(home, hook)
    out.answer(data, "webhook.is_paused", id=hook.id)
    return 0


def _resume(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    with _hook(args) as (home, hook):
        home.engine.write_now(webhooks.resume, hook.id, here.now_us())
        data = _now(home, hook)
    here.poke()
    out.answer(data, "webhook.resumed")
    return 0


def _replay(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    now = here.now_us()
    since = now - round(seconds_of(args.since) * SECOND_US)
    with _hook(args) as (home, hook):
        count = home.engine.write_now(webhooks.replay, hook, since, now)
    here.poke()
    out.answer({"id": hook.id, "replayed": count}, "webhook.replayed", count=count)
    return 0


def _rotate(args: argparse.Namespace, out: Out) -> int:
    from pyeonji.webhooks.sign import SECRET, secret_of

    secret, here = secret_of(secrets.token_bytes(SECRET)), place(args)
    until = here.now_us() + round(seconds_of(args.keep) * SECOND_US)
    with _hook(args) as (home, hook):
        home.engine.write_now(webhooks.rotate, hook.id, secret, until)
    out.say("webhook.rotated", when=clock(until, here.now_us(), local_zone()))
    out.say("webhook.secret", text=secret)
    if out.json:
        out.data({"id": hook.id, "secret": secret})
    return 0


def _remove(args: argparse.Namespace, out: Out) -> int:
    with _hook(args) as (home, hook):
        if not args.yes:
            out.error("webhook.would_remove", url=hook.url)
            return 1
        home.engine.write_now(webhooks.remove, hook.id)
    out.answer({"id": hook.id, "url": hook.url, "removed": True}, "webhook.removed", url=hook.url)
    return 0
