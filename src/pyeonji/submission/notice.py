"""A letter that the server itself writes to people here: of a mailbox that fills up, of new keys, of too much mail."""

from collections.abc import Sequence

from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import Address
from pyeonji.catalog.say import say
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.receipt import compact
from pyeonji.message.compose import compose
from pyeonji.net.clock import SECOND_US
from pyeonji.submission.draft import Draft


def notice(
    acceptance: Acceptance, language: str, to: Sequence[Address], *, subject: str, lines: Sequence[str]
) -> Draft:
    """From the postmaster of the first reader's domain; nobody is told of a notice that cannot be delivered."""
    number = acceptance.ids.receipt()
    smtputf8 = not all(address.is_ascii for address in to)
    content = compose(
        author=(say(language, "notice.author"), Address("postmaster", to[0].domain)),
        to=[("", address) for address in to],
        subject=subject,
        text="\r\n".join([*lines, ""]),
        date=acceptance.clock.now_us() // SECOND_US,
        message_id=f"{compact(number)}@{acceptance.hostname}",
        fields=[("Auto-Submitted", "auto-generated")],  # RFC 3834 §5
        smtputf8=smtputf8,
    )
    return Draft(
        content=content,
        reverse_path=None,
        recipients=tuple(Wanted(address, notify="NEVER") for address in to),
        via="notice",
        smtputf8=smtputf8,
        number=number,
    )
