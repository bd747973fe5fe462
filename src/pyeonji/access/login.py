"""Who may log in without TLS to read mail."""

from pyeonji.access.context import AccessContext
from pyeonji.net.stream import Stream


def may_log_in(context: AccessContext, stream: Stream) -> bool:
    """May a password cross this connection?"""
    if stream.encrypted or context.plain_login == "always":
        return True
    return context.plain_login == "loopback" and stream.is_loopback
