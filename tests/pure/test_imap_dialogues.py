"""The conversations of tests/dialogues/imap against the machine alone, with an owner who knows one login."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from kit.dialogue import load
from pyeonji.proto.imap.command import State
from pyeonji.proto.imap.command.login import Login
from pyeonji.proto.imap.session import (
    LIMITS,
    AppendEnd,
    AuthResponse,
    BadCommand,
    Catenate,
    Command,
    Continue,
    Done,
    LiteralPart,
    NewLiteral,
    NewMessage,
    Session,
)

FOLDER = Path(__file__).parent.parent / "dialogues" / "imap"
# Where the cut matters by design: what comes in one write with STARTTLS is an attack, what comes later is not.
WHOLE_ONLY = {"injection"}


def answers(session: Session, octets: bytes) -> bytes:
    session.feed(octets)
    out = b""
    while (event := session.next_event()) is not None:
        match event:
            case BadCommand() | Continue():
                out += event.response
            case LiteralPart() | NewMessage() | Catenate():
                pass
            case Command(name="APPEND" | "REPLACE" | "UID REPLACE") | NewLiteral():
                out += session.proceed()
            case Command(name="ENABLE"):
                session.enabled = session.enabled.with_words(event.args.capabilities)
                out += session.answer("OK", "Enabled")
            case Command(name="IDLE"):
                out += session.idle()
            case Command(name="AUTHENTICATE") if event.args.initial is None:
                out += session.challenge(b"")
            case Command(name="LOGIN") if event.args != Login("kim@example", "secret"):
                out += session.answer("NO", "Not so", "AUTHENTICATIONFAILED")
            case AuthResponse(None):
                out += session.answer("BAD", "Given up")
            case Command() | AuthResponse() | AppendEnd() | Done():
                out += session.answer("OK", "Done")
    return out


@pytest.mark.parametrize("way", ["lines", "octets"])
@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.txt")), ids=lambda path: path.stem)
def test_a_conversation(path, way):
    if way == "octets" and path.stem in WHOLE_ONLY:
        pytest.skip("here the cut is the point")
    session = Session(LIMITS)
    for turn in load(path).turns:
        size = 1 if way == "octets" else max(1, len(turn.octets))
        said = b"".join(answers(session, turn.octets[at : at + size]) for at in range(0, len(turn.octets), size))
        lines = said.decode("ascii").split("\r\n")[:-1]
        wanted = [text for mark, text in turn.wanted if mark == "S:"]
        assert len(lines) == len(wanted), lines
        assert all(fnmatchcase(line, text) for line, text in zip(lines, wanted, strict=True)), lines
        assert (session.state is State.LOGOUT) is (("CLOSED", "") in turn.wanted)
