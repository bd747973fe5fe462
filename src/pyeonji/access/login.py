"""By what one may log in to read mail, and who may without TLS."""

from pyeonji.access.context import AccessContext
from pyeonji.directory.exchange import takes_tokens
from pyeonji.net.stream import Stream
from pyeonji.proto.sasl import offered

MAX_FAILURES = 5  # failed logins after which a connection ends; ours: RFC 3501 and RFC 1939 name none


def mechanisms(context: AccessContext, stream: Stream) -> tuple[str, ...]:
    """Those that are offered on this connection."""
    return offered(
        stream.bindings, tokens=takes_tokens(context.doorman, encrypted=stream.encrypted), certified=stream.certified
    )


def may_log_in(context: AccessContext, stream: Stream) -> bool:
    """May a password cross this connection?"""
    if stream.encrypted or context.plain_login == "always":
        return True
    return context.plain_login == "loopback" and stream.is_loopback
