"""Flask: `mail = PyeonjiMail(app)`; then `mail.send(to=..., subject=..., text=...)`.

Settings: PYEONJI_URL, PYEONJI_KEY, PYEONJI_WEBHOOK_SECRET, PYEONJI_WEBHOOK_PATH (default /hooks/mail; none: no
webhook), MAIL_DEFAULT_SENDER.  Signals: `delivered` and `failed` (final), `told` (all); each gets `event`.
"""

from __future__ import annotations

from typing import Any

from blinker import Namespace
from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue

from pyeonji_client.client import Pyeonji
from pyeonji_client.errors import BadSignature
from pyeonji_client.models import Letter

_signals = Namespace()
told = _signals.signal("pyeonji-told")
delivered = _signals.signal("pyeonji-delivered")
failed = _signals.signal("pyeonji-failed")

EXTENSION = "pyeonji"
DEFAULT_PATH = "/hooks/mail"


class PyeonjiMail:
    """See the top of this module."""

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        config = app.config
        app.extensions[EXTENSION] = Pyeonji(
            config.get("PYEONJI_URL"), config.get("PYEONJI_KEY"), webhook_secret=config.get("PYEONJI_WEBHOOK_SECRET")
        )
        path = config.get("PYEONJI_WEBHOOK_PATH", DEFAULT_PATH)
        if path and config.get("PYEONJI_WEBHOOK_SECRET"):
            app.register_blueprint(_hooks(path))

    @property
    def client(self) -> Pyeonji:
        """Of the application that answers now."""
        found: Pyeonji = current_app.extensions[EXTENSION]
        return found

    def send(self, **letter: Any) -> Letter:
        """See Pyeonji.send; `from_` is MAIL_DEFAULT_SENDER where it is not said."""
        letter.setdefault("from_", current_app.config.get("MAIL_DEFAULT_SENDER"))
        return self.client.send(**letter)


def _hooks(path: str) -> Blueprint:
    hooks = Blueprint(EXTENSION, __name__)

    @hooks.post(path)
    def webhook() -> ResponseReturnValue:
        client: Pyeonji = current_app.extensions[EXTENSION]
        try:
            event = client.verify_webhook(dict(request.headers), request.get_data())
        except BadSignature as error:
            return f"{error}\n", 400, {"content-type": "text/plain; charset=utf-8"}
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        told.send(app, event=event)
        if event.final:
            (delivered if event.delivered else failed).send(app, event=event)
        return "", 204

    return hooks
