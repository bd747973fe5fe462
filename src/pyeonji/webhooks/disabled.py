"""An endpoint that took nothing for three days is paused: its app is told, and the administrator by a letter.

The pause, the news and the letter are one commit: never one without the others, and never twice.
"""

import contextlib

from pyeonji.address import Address, parse_address
from pyeonji.catalog.say import Slot, say
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.receipt import compact
from pyeonji.message.compose import compose
from pyeonji.store import apps, told, webhooks
from pyeonji.store.apps import App
from pyeonji.store.directory import account
from pyeonji.store.engine.base import Tx
from pyeonji.store.webhooks import Webhook
from pyeonji.submission.door import Door, Draft, Refusal

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
    postmaster = Address("postmaster", to.domain)
    number = acceptance.ids.receipt()
    slots: dict[str, Slot] = {"app": app.name, "url": hook.url, "number": hook.id, "why": why[:MAX_WHY]}
    lines = [say(language, f"webhook.disabled.{line}", **slots) for line in ("what", "kept", "todo")]
    content = compose(
        author=(say(language, "overuse.author"), postmaster),
        to=[("", postmaster), ("", to)],
        subject=say(language, "webhook.disabled.subject", **slots),
        text="\r\n".join([lines[0], "", *lines[1:], ""]),
        date=acceptance.clock.now_us() // 1_000_000,
        message_id=f"{compact(number)}@{acceptance.hostname}",
        fields=[("Auto-Submitted", "auto-generated")],  # RFC 3834 §5
        smtputf8=not to.is_ascii,
    )
    return Draft(
        content=content,
        reverse_path=None,
        recipients=(Wanted(postmaster, notify="NEVER"), Wanted(to, notify="NEVER")),
        via="notice",
        smtputf8=not to.is_ascii,
        number=number,
    )
