"""The fields we write on top of each letter (RFC 5321 §4.4)."""

from collections.abc import Sequence

from pyeonji.address import Address
from pyeonji.journey.receipt import compact
from pyeonji.message.trace_fields import received_field, return_path_field
from pyeonji.net.clock import SECOND_US


def return_path(reverse_path: Address | None) -> bytes:
    """Stays here: the next server must not see it."""
    return return_path_field(reverse_path)


def received(
    *, from_host: str, by: str, protocol: str, number: int, recipients: Sequence[Address], now_us: int
) -> bytes:
    """One hop.  The recipient is named only when there is just one: a list would give blind copies away."""
    return received_field(
        from_host=from_host,
        by=by,
        protocol=protocol,
        receipt=compact(number),
        recipient=recipients[0] if len(recipients) == 1 else None,
        seconds=now_us // SECOND_US,
    )
