"""A letter to the postmaster of a domain whose keys were renewed: the DNS is his to write, and the keys wait for it.

The letter and the keys are one commit: no key is made by itself of which nobody is told.
"""

from pyeonji.acceptance.accept import Also
from pyeonji.address import Address
from pyeonji.catalog.say import say
from pyeonji.store import directory, keys
from pyeonji.store.engine.base import Tx
from pyeonji.store.keys import OwnKey
from pyeonji.submission.door import Door, Draft, Refusal
from pyeonji.submission.notice import notice

DEFAULT_LANGUAGE = "en"


async def tell(door: Door, domain: str, found: list[OwnKey], also: Also) -> None:
    """Commit `also` with a letter to postmaster, or alone where nobody reads that or no key was ever in use.

    Raises StoreError.
    """
    engine = door.acceptance.home.engine
    language = await engine.read(_language, domain)
    if language:
        try:
            await door.submit(_draft(door, domain, found, language), also=also)
            return
        except Refusal:
            pass  # nobody is postmaster here: the keys are made all the same
    await engine.write(also)


def _language(tx: Tx, domain: str) -> str:
    """Of who is to be told; "" for nobody: whoever adds a domain is told by the command that does."""
    if not keys.signing(tx, domain):
        return ""
    first = directory.first_account(tx, domain)
    account = directory.account(tx, first) if first else None
    return (account.language or DEFAULT_LANGUAGE) if account else ""


def _draft(door: Door, domain: str, found: list[OwnKey], language: str) -> Draft:
    lines = [say(language, "keys.opening", domain=domain), ""]
    for key in found:
        lines += [key.name, "TXT", key.record, ""]
    lines += [say(language, "keys.todo"), say(language, "keys.check", domain=domain)]
    readers = (Address("postmaster", domain),)
    return notice(door.acceptance, language, readers, subject=say(language, "keys.subject", domain=domain), lines=lines)
