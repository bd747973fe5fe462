"""NOTIFY: what the writer wants to hear of a recipient (RFC 3461 §4.1)."""


def wants(notify: str, what: str) -> bool:
    """`what` is SUCCESS, FAILURE or DELAY.  Without NOTIFY the writer hears of failures, and may hear of delays."""
    return what in notify.upper().split(",") if notify else what != "SUCCESS"
