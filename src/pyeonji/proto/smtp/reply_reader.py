"""Replies of other servers: bounded, and tolerant up to a declared error (RFC 5321 §4.2)."""

import re

from pyeonji.proto.lines import shown
from pyeonji.proto.smtp.reply import Reply

MAX_REPLY = 64 * 1024  # octets of one reply with all its lines; ours
Enhanced = re.compile(r"([245])\.(\d{1,3}\.\d{1,3})(?:[ \t]+|\Z)")  # RFC 3463 §2, at the beginning of the text


class BadReply(ValueError):
    """What came is no SMTP reply, or it does not end."""


class ReplyReader:
    """Octets go in through feed(); take() gives one whole reply, its lines joined by LF."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0  # no line end before it
        self._lines: list[bytes] = []  # of an unfinished reply
        self._size = 0

    def __len__(self) -> int:
        """Octets that have come and belong to no reply taken yet."""
        return len(self._buffer) + self._size

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> Reply | None:
        """The next reply, or None when it has not all come; raises BadReply."""
        while (end := self._buffer.find(b"\n", self._scanned)) >= 0:  # a bare LF from a server harms nobody here
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._scanned = 0
            self._size += end + 1
            if self._size > MAX_REPLY:
                raise BadReply("reply too long")
            if not re.match(rb"[2-5][0-9]{2}(?:[ -]|\Z)", line):
                raise BadReply(f"not an SMTP reply: {shown(line[:200])}")
            if self._lines and self._lines[0][:3] != line[:3]:
                raise BadReply("the lines of one reply have different codes")
            self._lines.append(line)
            if line[3:4] != b"-":
                lines, self._lines, self._size = self._lines, [], 0
                return read_reply(lines)
        self._scanned = len(self._buffer)
        if self._size + len(self._buffer) > MAX_REPLY:
            raise BadReply("reply too long")
        return None


def read_reply(lines: list[bytes]) -> Reply:
    """One reply from its checked lines; an enhanced code that contradicts its code stays text (RFC 2034 §4)."""
    code = int(lines[0][:3])
    texts = [shown(line[4:]) for line in lines]
    detail = ""
    match = Enhanced.match(texts[-1])
    if match and int(match.group(1)) == code // 100:
        detail = match.group(2)
        prefix = f"{match.group(1)}.{detail}"
        texts = [text[len(prefix) :].lstrip(" \t") if text.startswith(prefix) else text for text in texts]
    return Reply(code, detail, "\n".join(texts))
