"""What a POP3 server says (RFC 1939 §3; response codes of RFC 2449 §8 and RFC 3206)."""

CRLF = b"\r\n"
END = b".\r\n"  # of a multi-line answer

GREETING = b"+OK pyeonji POP3 ready\r\n"
OK = b"+OK\r\n"
BYE = b"+OK bye\r\n"
TLS = b"+OK begin TLS\r\n"
UTF8 = b"+OK UTF8 enabled\r\n"
SEND_PASSWORD = b"+OK send PASS\r\n"
UNKNOWN = b"-ERR unknown command\r\n"
NOT_NOW = b"-ERR not in this state\r\n"
BAD_ARGUMENT = b"-ERR bad argument\r\n"
TOO_LONG = b"-ERR line too long, closing\r\n"
TOO_MANY_ERRORS = b"-ERR too many errors, closing\r\n"
OCTETS_BEHIND_STLS = b"-ERR nothing may follow STLS, closing\r\n"
USER_FIRST = b"-ERR send USER first\r\n"
NO_SUCH_MESSAGE = b"-ERR no such message\r\n"
ENCRYPTION_FIRST = b"-ERR [AUTH] encryption required, use STLS\r\n"
LOGIN_FAILED = b"-ERR [AUTH] authentication failed\r\n"
UNKNOWN_MECHANISM = b"-ERR unknown mechanism\r\n"
CANCELLED = b"-ERR authentication cancelled\r\n"
IN_USE = b"-ERR [IN-USE] mailbox is locked by another session\r\n"
TOO_SOON = b"-ERR [LOGIN-DELAY] logged in a moment ago, wait\r\n"
UNAVAILABLE = b"-ERR [SYS/TEMP] not now, try again later\r\n"
DAMAGED = b"-ERR [SYS/PERM] this letter cannot be read\r\n"
SERVER_STOPS = b"-ERR [SYS/TEMP] server is stopping, try again later\r\n"
NOT_REMOVED = b"-ERR [SYS/TEMP] some letters were not removed\r\n"
NO_TLS = b"-ERR TLS not available\r\n"


def ok(text: str) -> bytes:
    return b"+OK " + text.encode() + CRLF


def turned_away(because: str) -> bytes:
    return b"-ERR [SYS/TEMP] " + because.encode() + b" from your address, try again later" + CRLF


def challenge(base64: bytes) -> bytes:
    return b"+ " + base64 + CRLF


def lines(first: bytes, items: list[bytes]) -> bytes:
    """A multi-line answer whose lines cannot begin with a dot."""
    return first + b"".join([item + CRLF for item in items]) + END
