"""What the store knows of one of our domains, for the DNS."""

from pyeonji.store import directory, keys
from pyeonji.store.engine.base import Tx


def keys_and_domains(tx: Tx, domain: str) -> tuple[list[keys.OwnKey], bool]:
    """The keys of a domain, and whether its mail is here."""
    return keys.keys_of(tx, domain), directory.domain_exists(tx, domain)
