"""Letters that wait to be sent on, made without the stations before the queue."""

import itertools

from pyeonji.store.accept import Letter, Relaying, accept

CONTENT = b"Return-Path: <lee@us.example>\r\nFrom: lee@us.example\r\nSubject: hi\r\n\r\nHello\r\n"
RELAY_AT = CONTENT.index(b"From:")
DAY_US = 86_400_000_000
numbers = itertools.count(1000)


def queue_letter(
    home,
    *addresses,
    now_us,
    content=CONTENT,
    reverse_path="lee@us.example",
    deadline_us=None,
    notify="",
    **facts,
):
    """Accept one letter to these addresses; its receipt number."""
    number = facts.pop("number", None) or next(numbers)
    relayings = tuple(
        Relaying(n, address, address.rpartition("@")[2], now_us, deadline_us or now_us + 5 * DAY_US, "", notify)
        for n, address in enumerate(addresses, 1)
    )
    letter = Letter(
        number=number,
        content=content,
        size=len(content),
        body_at=content.index(b"\r\n\r\n") + 4,
        relay_at=content.index(b"From:"),
        at_us=now_us,
        via="submission",
        reverse_path=reverse_path,
        relayings=relayings,
        eight_bit=not content.isascii(),
        **facts,
    )
    home.engine.write_now(accept, home.blobs, letter)
    return number
