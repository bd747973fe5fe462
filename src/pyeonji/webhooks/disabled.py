"""An endpoint that took nothing for three days is paused: its app is told, and the administrator by a letter.

The pause, the news and the letter are one commit: never one without the others, and never twice.
"""

import contextlib

from pyeonji.address import Address, parse_address
from pyeonji.catalog.say import Slot, say
from pyeonji.store import apps, told, webhooks
from pyeonji.store.apps import App
from pyeonji.store.directory import account
from pyeonji.store.engine.base import Tx
from pyeonji.store.webhooks import Webhook
from pyeonji.submission.door import Door, Draft, Refusal
from pyeonji.submission.notice import notice

MAX_WHY = 200  # characters of why


class PausedAlready(Exception):
    """Another worker was faster."""


async def disable(door: Door, hook: Webhook, why: str) -> None:
    """Raises StoreError."""
    acceptance = door.acceptance
    app = await acceptance.home.engine.read(apps.numbered, hook.app_id)
    if app is None:
        return

    def pause(tx: Tx) -> None:
        now = acceptance.clock.now_us()
        if not webhooks.pause(tx, hook.id, now):
            raise PausedAlready
        facts: dict[str, str | int] = {"webhook": hook.id, "url": hook.url, "because": why[:MAX_WHY]}
        told.tell_of_server(tx, hook.app_id, "webhook.disabled", facts, now)

    with contextlib.suppress(PausedAlready):
        try:
            await door.submit(await _letter(door, app, hook, why), also=pause)
        except Refusal:  # nobody can be told by a letter; the app is all the same
            await acceptance.home.engine.write(pause)


async def _letter(door: Door, app: App, hook: Webhook, why: str) -> Draft:
    acceptance = door.acceptance
    owner = await acceptance.home.engine.read(account, app.account)
    language = owner.language if owner else "en"
    to = parse_address(app.account)
    slots: dict[str, Slot] = {"app": app.name, "url": hook.url, "number": hook.id, "why": why[:MAX_WHY]}
    what, kept, todo = (say(language, f"webhook.disabled.{line}", **slots) for line in ("what", "kept", "todo"))
    readers = (Address("postmaster", to.domain), to)
    subject = say(language, "webhook.disabled.subject", **slots)
    return notice(acceptance, language, readers, subject=subject, lines=[what, "", kept, todo])
