"""A client that asks any IMAP server for what it tells of letters, and reads it as values."""

import re
import socket

from kit.patience import PATIENCE_S

ATOM = re.compile(rb'[^\s()"{}]+')
LABEL = re.compile(rb"[A-Z0-9.]+(?:\[[^\]]*\])?(?:<\d+>)?", re.IGNORECASE)
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
LITERAL = re.compile(rb"~?\{(\d+)\}\r\n")
ANNOUNCED = re.compile(rb"~?\{(\d+)\}\r\n\Z")


class Asked:
    """One connection."""

    def __init__(self, port, login, password):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._stream = self._socket.makefile("rwb")
        self._stream.readline()
        self.ask(b"LOGIN %b %b" % (login.encode(), password.encode()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()
        self._socket.close()

    def ask(self, command):
        """The untagged responses to a command that must succeed."""
        responses, last = self.say(command)
        assert last.startswith(b"OK"), (command[:80], last)
        return responses

    def say(self, command):
        """The untagged responses, and how the command ended."""
        self._stream.write(b"a " + command + b"\r\n")
        self._stream.flush()
        responses = []
        while True:
            response = self._response()
            if response.startswith(b"a "):
                return responses, response[2:]
            responses.append(response)

    def append(self, octets, mailbox=b"INBOX"):
        self.ask(b"APPEND %b {%d+}\r\n%b" % (mailbox, len(octets), octets))

    def fetch(self, numbers, items):
        """{message number: {label: value}}; also how it ended, for items that may be refused."""
        responses, last = self.say(b"FETCH %b (%b)" % (numbers.encode(), " ".join(items).encode()))
        found = {}
        for response in responses:
            head = re.match(rb"\* (\d+) FETCH ", response)
            if head:
                found.setdefault(int(head[1]), {}).update(_Reader(response, head.end()).items())
        return found, last

    def _response(self):
        response = self._stream.readline()
        assert response, "the server hung up"
        while announced := ANNOUNCED.search(response):
            response += self._stream.read(int(announced[1])) + self._stream.readline()
        return response


class _Reader:
    """Lists, octets, numbers and None; an atom is a str."""

    def __init__(self, octets, at):
        self._octets, self._at = octets, at

    def items(self):
        self._expect(b"(")
        found = {}
        while not self._skip(b")"):
            self._skip(b" ")
            label = self._take(LABEL)[0].decode().upper()
            self._expect(b" ")
            found[label] = self._value()
        return found

    def _value(self):
        if self._skip(b"("):
            values = []
            while not self._skip(b")"):
                self._skip(b" ")
                values.append(self._value())
            return values
        if self._octets[self._at : self._at + 1] == b'"':
            return re.sub(rb"\\(.)", rb"\1", self._take(QUOTED)[1])
        if LITERAL.match(self._octets, self._at):
            size = int(self._take(LITERAL)[1])
            self._at += size
            return self._octets[self._at - size : self._at]
        atom = self._take(ATOM)[0].decode()
        return None if atom.upper() == "NIL" else int(atom) if atom.isdigit() else atom

    def _take(self, pattern):
        match = pattern.match(self._octets, self._at)
        assert match, self._octets[self._at : self._at + 40]
        self._at = match.end()
        return match

    def _skip(self, octets):
        found = self._octets.startswith(octets, self._at)
        self._at += len(octets) if found else 0
        return found

    def _expect(self, octets):
        assert self._skip(octets), self._octets[self._at : self._at + 40]
