"""Accounts for those whom the LDAP directory knows and who have none here: made when they log in for the first time."""

import unicodedata

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.directory.ldap import LdapSettings
from pyeonji.net.clock import Clock
from pyeonji.store import directory
from pyeonji.store.directory import Account
from pyeonji.store.engine.base import Conflict
from pyeonji.store.home import Home


class Newcomers:
    """What the directory said yes to is asked about here."""

    def __init__(self, settings: LdapSettings, home: Home, clock: Clock) -> None:
        self._settings = settings
        self._domains = frozenset(settings.new_accounts)
        self._home = home
        self._clock = clock

    async def welcome(self, name: str) -> Account | None:
        """An account of this (folded) login, whose password was good; None where none is to be made.

        Raises StoreError.
        """
        if not may_be_called(name) or name.rpartition("@")[2] not in self._domains:
            return None
        settings = self._settings
        try:
            return await self._home.engine.write(
                lambda tx: directory.add_newcomer(
                    tx, name, language=settings.new_language, quota_octets=settings.new_quota,
                    most=settings.most_accounts, now_us=self._clock.now_us(),
                )
            )  # fmt: skip
        except Conflict:  # at another door, at the same moment: there is one now
            found = await self._home.engine.read(directory.account, name)
            return None if found is None or found.disabled else found


def may_be_called(name: str) -> bool:
    """Is this the one way to write the address?

    A directory compares more leniently than we do (RFC 4518): wide letters, or white space, would find the same person
    and make him a second account.  "kim+shop@" is an address of kim's, and quotes are for nobody's comfort.
    """
    try:
        address = parse_address(name)
    except NotAnAddress:
        return False
    if directory.fold(address) != name or unicodedata.normalize("NFKC", name).casefold() != name:
        return False
    return not any(char in name for char in '+"') and not address.domain.startswith("[")
