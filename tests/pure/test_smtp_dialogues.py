"""Every conversation below tests/dialogues/{smtp,lmtp}, three ways."""

from pathlib import Path

import pytest

from kit.dialogue import WAYS, load, run
from pyeonji.proto.smtp import event as events
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.extension import Extensions
from pyeonji.proto.smtp.receiver import Limits, Receiver

FOLDER = Path(__file__).resolve().parent.parent / "dialogues"
FILES = sorted([*FOLDER.glob("smtp/*.txt"), *FOLDER.glob("lmtp/*.txt")])


def owner(machine, settings):
    """Knows nobody called "nobody"; refuses content when the file says so."""

    def answer(event):
        if isinstance(event, events.Wrong):
            return event.reply
        if isinstance(event, events.Rcpt) and event.address.local_part == "nobody":
            return replies.NO_SUCH_MAILBOX
        if isinstance(event, events.ContentEnd):
            late = replies.TRY_AGAIN_LATER if settings.get("content") == "later" else None
            return event.problem or late or replies.queued("K7M32QXD9TAB")
        if isinstance(event, events.StartTls):
            return replies.READY_FOR_TLS
        if isinstance(event, events.Auth) and event.initial is None:
            return replies.challenge(b"")
        if isinstance(event, events.Auth | events.AuthResponse):
            octets = event.initial if isinstance(event, events.Auth) else event.octets
            return replies.AUTH_CANCELLED if octets is None else replies.LOGGED_IN
        return event.usual

    def say(octets):
        machine.feed(octets)
        out = b""
        while (event := machine.next_event()) is not None:
            if not isinstance(event, events.ContentPart):
                out += machine.reply(answer(event))
        return out

    return say


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_conversation(path, way):
    conversation = load(path)
    settings = conversation.settings
    extensions = Extensions(
        starttls="starttls" in settings.get("offer", ""), auth=("PLAIN",) if "auth" in settings.get("offer", "") else ()
    )
    limits = Limits(max_size=int(settings.get("max_size", 10_000)))
    machine = Receiver("mx.example", extensions, limits, lmtp=path.parent.name == "lmtp")
    run(conversation, way, owner(machine, settings), machine.greeting(), lambda: machine.closing)
