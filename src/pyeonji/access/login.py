"""Who may log in without TLS to read mail."""

from pyeonji.access.context import AccessContext
from pyeonji.net.stream import Stream

MAX_FAILURES = 5  # failed logins after which a connection ends; ours: RFC 3501 and RFC 1939 name none


def may_log_in(context: AccessContext, stream: Stream) -> bool:
    """May a password cross this connection?"""
    if stream.encrypted or context.plain_login == "always":
        return True
    return context.plain_login == "loopback" and stream.is_loopback
