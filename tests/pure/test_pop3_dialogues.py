"""Every conversation below tests/dialogues/pop3, three ways, against the machine and a maildrop of two letters."""

import base64
from pathlib import Path

import pytest

from kit.dialogue import WAYS, load, run
from pyeonji.proto.pop3 import answer
from pyeonji.proto.pop3.session import Command, Response, Session, Wrong
from pyeonji.proto.sasl import NeedsCheck, server

FILES = sorted((Path(__file__).resolve().parent.parent / "dialogues" / "pop3").glob("*.txt"))
SIZES = {1: 120, 2: 200}  # octets; RFC 1939 §10
PASSWORDS = {"a secret with blanks", "secret"}


class Owner:
    """Stands where the station stands: knows one password, keeps the marks."""

    def __init__(self) -> None:
        self.machine = Session()
        self.closed = False
        self.user = ""
        self.left = dict(SIZES)

    def say(self, octets: bytes) -> bytes:
        self.machine.feed(octets)
        said = b""
        while not self.closed and (event := self.machine.next_event()) is not None:
            said += self.answer(event)
        return said

    def answer(self, event: Command | Response | Wrong) -> bytes:
        match event:
            case Wrong():
                self.closed = event.close
                return event.answer
            case Response(octets=octets):
                self.machine.expects_response = False
                return answer.CANCELLED if octets is None else self.proved(octets)
            case Command(verb="USER", text=text):
                self.user = text
                return answer.SEND_PASSWORD
            case Command(verb="PASS", text=text):
                return self.enter(text in PASSWORDS) if self.user else answer.USER_FIRST
            case Command(verb="AUTH", text=mechanism, initial=initial):
                if server(mechanism, nonce="", bindings={}) is None:
                    return answer.UNKNOWN_MECHANISM
                self.machine.expects_response = initial is None
                return answer.challenge(b"") if initial is None else self.proved(initial)
            case Command(verb="UTF8"):
                return answer.UTF8
            case Command(verb="QUIT"):
                self.closed = True
                return answer.BYE
        return self.transaction(event)

    def transaction(self, command: Command) -> bytes:
        number = command.number
        if number and number not in self.left:
            return answer.NO_SUCH_MESSAGE
        match command.verb:
            case "STAT":
                return answer.ok(f"{len(self.left)} {sum(self.left.values())}")
            case "LIST" if number:
                return answer.ok(f"{number} {self.left[number]}")
            case "LIST":
                return answer.lines(answer.OK, [b"%d %d" % item for item in self.left.items()])
            case "DELE":
                del self.left[number]
            case "RSET":
                self.left = dict(SIZES)
        return answer.OK

    def proved(self, octets: bytes) -> bytes:
        outcome = server("PLAIN", nonce="", bindings={}).step(base64.b64decode(octets))
        return self.enter(isinstance(outcome, NeedsCheck) and outcome.password in PASSWORDS)

    def enter(self, is_good: bool) -> bytes:
        self.user = ""
        if is_good:
            self.machine.logged_in()
        return answer.ok("maildrop ready") if is_good else answer.LOGIN_FAILED


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_conversation(path, way):
    owner = Owner()
    run(load(path), way, owner.say, answer.GREETING, lambda: owner.closed)
