"""The policies we know: fetched when a new one is announced, kept for as long as they said (RFC 8461 §3.3, §5.1).

A record that vanishes from the DNS, or a page that cannot be fetched, takes no policy away: that is too easy to bring
about.  What is kept lies in the store, so that all workers and the next start know it.
"""

from dataclasses import dataclass, replace

from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.net.http import Fetcher, FetchError, Untrusted
from pyeonji.net.resolver import Resolver
from pyeonji.relay.trust.sts import NoPolicy, Policy, id_in, parsed, record_of, url_of
from pyeonji.store import sts
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home
from pyeonji.store.sts import Kept

RETRY_S = 300  # seconds before a page that could not be fetched is fetched again, RFC 8461 §3.3
SILENT_S = 300  # seconds for which a name server that did not answer is not asked again: each letter would wait for it
MAX_SILENT = 10_000  # domains remembered as silent
REFRESH_S = 86_400  # seconds after which a policy that is used is fetched again, so that it does not run out (§10.2)


@dataclass(frozen=True, slots=True)
class Found:
    """`policy` None: the domain has none, as far as we know.  `failure`: (result of RFC 8460 §4.3.2.2, words)."""

    policy: Policy | None = None
    failure: tuple[str, str] = ("", "")


class Policies:
    """Of one worker."""

    def __init__(self, home: Home, clock: Clock, resolver: Resolver, fetcher: Fetcher) -> None:
        self._home = home
        self._clock = clock
        self._resolver = resolver
        self._fetcher = fetcher
        self._silent: dict[str, int] = {}  # domains whose record nobody could tell, and until when that is believed

    async def of(self, domain: str) -> Found:
        """The policy that binds us now.  Never raises: without store and web there is none but what is kept."""
        now = self._clock.now_us()
        published = await self._published(domain, now)
        try:
            kept = await self._home.engine.read(sts.kept, domain)
        except StoreError:
            return Found()
        if published and is_due(kept, published, now):
            kept = await self._fetch(domain, published, kept, now)
        if kept is None:
            return Found()
        result, _, words = kept.failure.partition(" ")
        return Found(in_force(kept, now), (result, words) if published else ("", ""))

    async def _published(self, domain: str, now: int) -> str:
        """The id that the DNS says; "" for none, and for a while where nobody could say: what is kept still holds."""
        if self._silent.get(domain, 0) > now:
            return ""
        answer = await self._resolver.lookup(record_of(domain))
        if answer.failed:
            if len(self._silent) >= MAX_SILENT:
                self._silent.clear()
            self._silent[domain] = now + SILENT_S * SECOND_US
            return ""
        self._silent.pop(domain, None)
        return id_in(answer.records)

    async def _fetch(self, domain: str, published: str, kept: Kept | None, now: int) -> Kept:
        try:
            text = await page_of(domain, self._fetcher)
            parsed(domain, text)
            new = Kept(domain, published, text, fetched_us=now, tried_us=now)
        except NoPolicy as error:
            new = failed(kept, domain, now, f"sts-policy-invalid {error}")
        except Untrusted as error:
            new = failed(kept, domain, now, f"sts-webpki-invalid {error}")
        except FetchError as error:
            new = failed(kept, domain, now, f"sts-policy-fetch-error {error}")
        try:
            await self._home.engine.write(sts.keep, new)
        except StoreError:
            return new  # it is asked for again the next time
        return new


async def page_of(domain: str, fetcher: Fetcher) -> str:
    """The text of its policy; raises FetchError, NoPolicy."""
    page = await fetcher.get(url_of(domain))
    if page.status != 200:
        raise FetchError(f"the answer is {page.status}")
    if page.media_type != "text/plain":  # a page that users of that site may write is no policy (RFC 8461 §3.3)
        raise FetchError(f"the answer is {page.media_type or 'of no kind'}, not text/plain")
    try:
        return page.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoPolicy("the text is not UTF-8") from error


def in_force(kept: Kept, now_us: int) -> Policy | None:
    """The policy that is kept, while it holds; "none" is no policy any more (RFC 8461 §5)."""
    if not kept.text:
        return None
    policy = parsed(kept.domain, kept.text)
    return policy if policy.mode != "none" and now_us < kept.fetched_us + policy.max_age * SECOND_US else None


def is_due(kept: Kept | None, published: str, now_us: int) -> bool:
    """Is it time to fetch?"""
    if kept is None:
        return True
    if kept.failure:
        return now_us >= kept.tried_us + RETRY_S * SECOND_US
    if published != kept.policy_id:
        return True
    refresh = max(RETRY_S, min(REFRESH_S, parsed(kept.domain, kept.text).max_age))
    return now_us >= kept.fetched_us + refresh * SECOND_US


def failed(kept: Kept | None, domain: str, now_us: int, failure: str) -> Kept:
    """What was kept stays, with the reason why there is nothing newer."""
    return replace(kept or Kept(domain, "", "", 0, 0), tried_us=now_us, failure=failure[:400])
