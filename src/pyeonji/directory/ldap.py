"""Passwords that an LDAP directory knows: it is searched for who logs in, and asked whether the password is his.

Who has mail is still what stands here: the directory says no more than yes or no.  Everything goes through TLS whose
certificate is proved, and referrals are not followed.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pyeonji.net.memory_tls import TlsError
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import TlsContext, client_context
from pyeonji.proto import ldap
from pyeonji.proto.ldap import Entry, Filter, NotLdap, Result

URL = re.compile(r"(ldaps?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::([1-9][0-9]{0,4}))?/?\Z")
PORTS = {"ldaps": 636, "ldap": 389}
MOST = 2  # entries a search may find: of two nobody can say who is meant
CONCURRENT = 8  # connections at a time, of one worker
NO_TAKES_S = 1.0  # seconds a no takes at least: how long the directory looks for somebody tells nobody that he is there
NOBODY = "cn=nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSettings:
    """A directory that knows the passwords of accounts here which have none of their own."""

    url: str = field(
        default="",
        metadata={
            "unit": "LDAP URL",
            "rfc": "RFC 4516",
            "doc": '"ldaps://ldap.example.com", or "ldap://…", where TLS is begun at once (StartTLS); empty: none.',
        },
    )
    base: str = field(
        default="", metadata={"unit": "DN", "rfc": "RFC 4514", "doc": "Below which people are looked for."}
    )
    filter: str = field(
        default="(mail={address})",
        metadata={
            "unit": "LDAP filter",
            "rfc": "RFC 4515",
            "doc": "Who is meant: {address}, {local} and {domain} are of the login, as octets and never as part of the"
            " filter.",
        },
    )
    bind_dn: str = field(
        default="", metadata={"unit": "DN", "doc": "As whom the directory is searched; empty: as nobody."}
    )
    bind_password_file: str = field(default="", metadata={"unit": "file", "doc": "The password of bind_dn."})
    roots: str = field(
        default="",
        metadata={"unit": "file", "doc": "Roots to prove its certificate with (PEM); empty: the machine's."},
    )
    new_accounts: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "domains",
            "doc": "Domains here in which an account is made for whoever the directory knows, when he logs in for the"
            " first time; empty: accounts are made by hand.",
        },
    )
    most_accounts: int = field(
        default=1_000,
        metadata={"unit": "accounts", "doc": "With so many in its domain, none is made any more."},
    )
    new_quota: int = field(
        default=0, metadata={"unit": "octets", "least": 0, "doc": "Room of an account that is made so; 0: no limit."}
    )
    new_language: str = field(
        default="ko", metadata={"unit": "ko|en", "doc": "Language in which we write to its owner."}
    )
    patience: timedelta = field(
        default=timedelta(seconds=10), metadata={"unit": "time", "doc": "How long one look may take, with everything."}
    )


class Silent(Exception):
    """The directory does not answer, or not as one should: nobody can say whether the password is good."""


class Ldap:
    """One directory.  Raises ValueError for settings that cannot be used, OSError for a file that cannot be read."""

    def __init__(self, settings: LdapSettings) -> None:
        found = URL.match(settings.url)
        if found is None or not settings.base:
            raise ValueError("ldap.url is no ldaps://NAME, or ldap.base is missing")
        self._scheme, host, port = found.groups()
        self._host = host.strip("[]")
        self._port = int(port or PORTS[self._scheme])
        self._settings = settings
        self._filter = Filter(settings.filter)
        self._bind_password = ""
        if settings.bind_dn:
            self._bind_password = Path(settings.bind_password_file).read_text("utf-8").partition("\n")[0].rstrip("\r")
        self._gate = asyncio.Semaphore(CONCURRENT)
        self._context: TlsContext | None = None

    async def knows(self, login: str, password: str) -> bool:
        """Is this the password of this (folded) login?  Raises Silent."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        good = bool(password) and await self._asked(login, password)
        if not good:
            await asyncio.sleep(max(0.0, begun + NO_TAKES_S - loop.time()))
        return good

    async def _asked(self, login: str, password: str) -> bool:
        try:
            async with self._gate, asyncio.timeout(self._settings.patience.total_seconds()):
                async with self._connected() as talk:
                    dn = await self._who(talk, login)
                async with self._connected() as talk:  # another one: a bind changes who we are
                    result = await talk.ask(ldap.bind(talk.number, dn or self._nobody, password))
        except (OSError, TimeoutError, NotLdap) as error:
            raise Silent(str(error) or "no answer in time") from error
        if not result.is_good and result.code != ldap.INVALID_CREDENTIALS:
            raise Silent(f"the directory says {result.code} {result.text}")
        return result.is_good and dn is not None

    @property
    def _nobody(self) -> str:
        """Asked about where nobody was found, so that it takes as many words."""
        return f"{NOBODY},{self._settings.base}"

    async def _who(self, talk: "_Talk", login: str) -> str | None:
        """The name of the one entry that is meant; None where there is none, or more than one."""
        settings = self._settings
        if settings.bind_dn:
            said = await talk.ask(ldap.bind(talk.number, settings.bind_dn, self._bind_password))
            if not said.is_good:
                raise NotLdap(f"bind_dn is not let in: {said.code} {said.text}")
        local, _, domain = login.rpartition("@")
        wanted = self._filter.encoded({"address": login, "local": local or login, "domain": domain})
        seconds = int(settings.patience.total_seconds())
        found: list[str] = []
        result = await talk.ask(ldap.search(talk.number, settings.base, wanted, MOST, seconds), found)
        if not result.is_good and len(found) < MOST:
            raise NotLdap(f"the search says {result.code} {result.text}")
        return found[0] if len(found) == 1 else None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["_Talk"]:
        stream = await dial(self._host, self._port, timeout=self._settings.patience.total_seconds())
        talk = _Talk(stream)
        try:
            if self._scheme == "ldap":
                if not (said := await talk.ask(ldap.start_tls(talk.number))).is_good:
                    raise TlsError(f"no StartTLS: {said.code} {said.text}")
                talk.nothing_more()
            await stream.start_tls(self._trust(), server_side=False, hostname=self._host)
            yield talk
            await stream.write(ldap.unbind(talk.number))
        finally:
            stream.abort()

    def _trust(self) -> TlsContext:
        if self._context is None:
            self._context = client_context(verify=True, roots=self._settings.roots)
        return self._context


class _Talk:
    """One connection: a question, and what is said to it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._heard = b""
        self.number = 1

    async def ask(self, octets: bytes, found: list[str] | None = None) -> Result:
        """The end of the operation; names of entries on the way are put into `found`."""
        await self._stream.write(octets)
        while True:
            message = ldap.read(self._heard)
            if message is None:
                more = await self._stream.read()
                if not more:
                    raise NotLdap("the directory hung up")
                self._heard += more
                continue
            number, what, size = message
            self._heard = self._heard[size:]
            if number != self.number:
                raise NotLdap("an answer to another question")
            if isinstance(what, Result):
                self.number += 1
                return what
            if isinstance(what, Entry) and found is not None and len(found) < MOST:
                found.append(what.dn)

    def nothing_more(self) -> None:
        """What was said in clear behind the answer to StartTLS is an attack (RFC 4511 §4.14.2); raises NotLdap."""
        if self._heard or self._stream.has_unread:
            raise NotLdap("words in clear behind the answer to StartTLS")
