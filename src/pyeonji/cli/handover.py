"""Handing a letter to the server over its local socket: SMTP, pipelined, in as few writes as possible.

When nobody answers, `NobodyThere` is raised and nothing was taken.  When the answer to the final dot never came, it is
`Unsure`: the letter may have been taken, and whoever keeps it may send it twice, but never loses it.
"""

import contextlib
import socket

from pyeonji.cli.where import socket_name

TIMEOUT_S = 60.0  # seconds for each answer; RFC 5321 §4.5.3.2 allows minutes, but this is the same machine
MAX_REPLY = 1 << 20  # octets of replies to one batch


class NobodyThere(Exception):
    """The server does not run, or stopped before it had the letter."""


class Unsure(Exception):
    """The server fell silent after it had all of the letter."""


class Envelope:
    """Where from, where to.  `recipients` are (address, NOTIFY); "" stands for what was not said."""

    def __init__(self, reverse_path: str, recipients: "list[tuple[str, str]]", envid: str = "", ret: str = "") -> None:
        self.requiretls = False
        self.reverse_path = reverse_path
        self.recipients = recipients
        self.envid = envid
        self.ret = ret

    @property
    def needs_utf8(self) -> bool:
        return not all(text.isascii() for text in (self.reverse_path, *(address for address, _ in self.recipients)))


class Handed:
    """What the server said: (address, reply) of each refused recipient, and the reply that decided."""

    def __init__(self, refused: "list[tuple[str, str]]", reply: str, *, sender_refused: bool = False) -> None:
        self.refused = refused
        self.reply = reply
        self.sender_refused = sender_refused

    @property
    def one_line(self) -> str:
        return self.reply.replace("\n", " ")

    @property
    def taken(self) -> bool:
        return self.reply.startswith("2")

    @property
    def receipt(self) -> str:
        """The receipt number in "250 2.0.0 Ok: queued as K7M32QXD9TAB", or ""."""
        return self.reply.rpartition("queued as ")[2].split(" ")[0].strip(".") if "queued as " in self.reply else ""


class Connection:
    """One dialogue on the socket at `path`; raises NobodyThere."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_S)
        self._buffer = b""
        try:
            self._socket.connect(socket_name(path))
        except (OSError, ValueError) as error:
            self._socket.close()
            raise NobodyThere(str(error)) from error

    def close(self) -> None:
        """Say goodbye without waiting for the answer."""
        with contextlib.suppress(OSError):
            self._socket.sendall(b"QUIT\r\n")
        self._socket.close()

    def greet(self) -> str:
        """The domain of names without one, "" when the server has none; raises NobodyThere."""
        if not self.reply().startswith("220"):
            raise NobodyThere("not now")
        words = [line[4:].split(" ") for line in self.ask("EHLO localhost").split("\n")]
        return next((rest[0] for keyword, *rest in words if keyword == "XDOMAIN" and rest), "")

    def ask(self, line: str) -> str:
        self.send(f"{line}\r\n".encode("utf-8", "surrogateescape"))
        return self.reply()

    def send(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise NobodyThere(str(error)) from error

    def reply(self) -> str:
        """The next reply, its lines joined by "\\n"; raises NobodyThere."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            lines.append(self._line())
        return "\n".join(lines)

    def hand_over(self, envelope: Envelope, content: bytes, *, smtputf8: bool = False) -> Handed:
        """One letter (CR LF line ends); raises NobodyThere and Unsure."""
        commands = [_mail(envelope, content, smtputf8), *(_rcpt(*wanted) for wanted in envelope.recipients), "DATA"]
        self.send("".join(f"{line}\r\n" for line in commands).encode("utf-8", "surrogateescape"))
        first = self.reply()
        answers = [self.reply() for _ in envelope.recipients]
        refused = [
            (address, answer)
            for (address, _), answer in zip(envelope.recipients, answers, strict=True)
            if not answer.startswith("2")
        ]
        go_ahead = self.reply()
        if not go_ahead.startswith("354"):
            if not first.startswith("2"):  # what was said of the recipients follows from that
                return Handed([], first, sender_refused=not first.startswith("552"))
            return Handed(refused, refused[0][1] if refused else go_ahead)
        with contextlib.suppress(NobodyThere):  # a server that refuses in the middle has said why
            self.send(stuffed(content) + b".\r\n")
        try:
            last = self.reply()
        except NobodyThere as error:
            raise Unsure(str(error)) from error
        return Handed(refused, last)

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            try:
                octets = self._socket.recv(65_536)
            except OSError as error:
                raise NobodyThere(str(error)) from error
            if not octets or len(self._buffer) > MAX_REPLY:
                raise NobodyThere("the connection was closed")
            self._buffer += octets
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("utf-8", "replace")


def connect(paths: "list[str]") -> Connection:
    """To the first server that is there; raises NobodyThere."""
    *others, last = paths
    for path in others:
        with contextlib.suppress(NobodyThere):
            return Connection(path)
    return Connection(last)


def stuffed(content: bytes) -> bytes:
    """With a dot before each line that begins with one, and a line end at the end (RFC 5321 §4.5.2)."""
    content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content if not content or content.endswith(b"\r\n") else content + b"\r\n"


def xtext(text: str) -> str:
    """As DSN parameters are written (RFC 3461 §4)."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode("utf-8", "surrogateescape")
    )


def _mail(envelope: Envelope, content: bytes, smtputf8: bool) -> str:
    line = f"MAIL FROM:<{envelope.reverse_path}> SIZE={len(content)}"
    if not content.isascii():
        line += " BODY=8BITMIME"
    if smtputf8 or envelope.needs_utf8:
        line += " SMTPUTF8"
    if envelope.requiretls:
        line += " REQUIRETLS"
    if envelope.ret:
        line += f" RET={envelope.ret}"
    return line + (f" ENVID={xtext(envelope.envid)}" if envelope.envid else "")


def _rcpt(address: str, notify: str) -> str:
    return f"RCPT TO:<{address}>" + (f" NOTIFY={notify}" if notify else "")
