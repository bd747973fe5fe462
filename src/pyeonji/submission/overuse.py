"""A letter to who has sent as much as he may, and to the postmaster: once a day, in the owner's language.

It need not be the owner who has sent: an account whose password was stolen shows it in this way first (S27).
"""

from functools import partial

from pyeonji.acceptance.accept import Acceptance
from pyeonji.address import Address, parse_address
from pyeonji.catalog.say import say
from pyeonji.store import sending
from pyeonji.store.engine.base import Tx
from pyeonji.store.sending import TooMuch
from pyeonji.submission.draft import Draft
from pyeonji.submission.notice import notice


class ToldAlready(Exception):
    """Less than a day ago."""


def note(tx: Tx, *, account_id: int, now_us: int) -> None:
    """For the commit of the letter; raises ToldAlready."""
    if not sending.tell(tx, account_id, now_us):
        raise ToldAlready


def draft(acceptance: Acceptance, found: TooMuch) -> Draft:
    """The letter that tells of it."""
    to = parse_address(found.account.address)
    language = found.account.language
    words = partial(say, language, address=to.display, most=found.most)
    lines = [words(f"overuse.{found.unit}"), "", words("overuse.not_you"), words("overuse.admin")]
    readers = (to, Address("postmaster", to.domain))
    return notice(acceptance, language, readers, subject=words("overuse.subject"), lines=lines)
