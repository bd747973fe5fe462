"""A letter to who has sent as much as he may, and to the postmaster: once a day, in the owner's language.

It need not be the owner who has sent: an account whose password was stolen shows it in this way first (S27).
"""

from functools import partial

from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import Address, parse_address
from pyeonji.catalog.say import say
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.receipt import compact
from pyeonji.message.compose import compose
from pyeonji.store import sending
from pyeonji.store.engine.base import Tx
from pyeonji.store.sending import TooMuch
from pyeonji.submission.draft import Draft


class ToldAlready(Exception):
    """Less than a day ago."""


def note(tx: Tx, *, account_id: int, now_us: int) -> None:
    """For the commit of the letter; raises ToldAlready."""
    if not sending.tell(tx, account_id, now_us):
        raise ToldAlready


def draft(acceptance: Acceptance, found: TooMuch) -> Draft:
    """The letter that tells of it."""
    to = parse_address(found.account.address)
    postmaster = Address("postmaster", to.domain)
    number = acceptance.ids.receipt()
    language = found.account.language
    words = partial(say, language, address=to.display, most=found.most)
    lines = [words(f"overuse.{found.unit}"), "", words("overuse.not_you"), words("overuse.admin"), ""]
    content = compose(
        author=(words("overuse.author"), postmaster),
        to=[("", to), ("", postmaster)],
        subject=words("overuse.subject"),
        text="\r\n".join(lines),
        date=acceptance.clock.now_us() // 1_000_000,
        message_id=f"{compact(number)}@{acceptance.hostname}",
        fields=[("Auto-Submitted", "auto-generated")],  # RFC 3834 §5
        smtputf8=not to.is_ascii,
    )
    return Draft(
        content=content,
        reverse_path=None,
        recipients=(Wanted(to, notify="NEVER"), Wanted(postmaster, notify="NEVER")),
        via="notice",
        smtputf8=not to.is_ascii,
        number=number,
    )
