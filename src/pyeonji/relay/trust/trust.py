"""Finding out what is demanded of the hosts on the way of a letter, and whether they prove it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from cryptography import x509

from pyeonji.journey.event import Decided, Event
from pyeonji.net.clock import Clock
from pyeonji.net.resolver import Resolver
from pyeonji.net.revoked import Revoked
from pyeonji.net.tls import authorities
from pyeonji.relay.hops import Hops, Host
from pyeonji.relay.trust.certificate import Proof, by_authorities, by_dane
from pyeonji.relay.trust.dane import Dane, dane_of
from pyeonji.relay.trust.demand import Demand, Known, Setting, Wish, demand_of
from pyeonji.relay.trust.policies import Found, Policies


@dataclass(frozen=True, slots=True)
class Way:
    """From here to the hosts of one domain, for one letter."""

    domain: str
    hops: Hops
    policy: Found
    wish: Wish = ""

    def host(self, name: str) -> Host:
        return next(host for host in self.hops.hosts if host.name == name)


class Trust:
    """Of one worker.  `login`: everything goes to one host that is told our password."""

    def __init__(
        self,
        *,
        clock: Clock,
        resolver: Resolver,
        policies: Policies,
        setting: str,
        port: int,
        smart: bool = False,
        login: bool = False,
        roots: Callable[[], Sequence[x509.Certificate]] = authorities,
        revoked: Callable[[], Revoked] = Revoked,
    ) -> None:
        self._clock = clock
        self._resolver = resolver
        self._policies = policies
        self._setting = setting_of(setting)
        self._port = port
        self._smart = smart
        self._login = login
        self._roots = roots
        self._revoked = revoked

    async def way(self, domain: str, hops: Hops, wish: Wish = "") -> Way:
        """A smart host takes letters for all domains: what one of them publishes says nothing about it."""
        asks = not self._smart and self._setting != "never" and not domain.startswith("[")
        return Way(domain, hops, await self._policies.of(domain) if asks else Found(), wish)

    async def demand(self, way: Way, name: str) -> Demand:
        """Of the host of this name."""
        known = Known(
            host=name,
            domain=name if self._smart else way.domain,
            dane=await self._dane(way, name),
            policy=way.policy.policy,
            secure_route=way.hops.authentic,
            login=self._login,
        )
        return demand_of(known, self._setting, way.wish)

    def prove(self, demand: Demand, chain: Sequence[bytes]) -> Proof:
        """What a chain of certificates, as shown in a handshake, is worth."""
        now = self._clock.now_us()
        if demand.tlsa:
            return by_dane(chain, demand.tlsa, demand.names, now)
        revoked = self._revoked()
        return by_authorities(chain, self._roots(), demand.names, now, lambda chain: revoked.any_of(chain, now))

    async def _dane(self, way: Way, name: str) -> Dane:
        if self._setting == "never" or name.startswith("[") or not self._resolver.vouches:
            return Dane()
        asking = dane_of(way.host(name), self._port, secure_route=way.hops.authentic)
        return await self._resolver.answer_with(asking)


def setting_of(tls: str) -> Setting:
    """RelaySettings.tls, which can only be one of the choices it names."""
    return cast(Setting, tls)


def told(now_us: int, demand: Demand) -> tuple[Event, ...]:
    """The decision as lines of the journey."""
    value = f"{demand.host} ({demand.domain})" if demand.domain not in ("", demand.host) else demand.host
    said: list[Event] = [Decided(now_us, "tls.demand", value, demand.kind)]
    for result, words in (demand.refusal, demand.flaw):
        if result:
            said.append(Decided(now_us, "tls.proof", f"{demand.host}: {words}", result))
    return tuple(said)


def told_proof(now_us: int, demand: Demand, proof: Proof) -> Event:
    value = f"{demand.host}: {proof.words}" if proof.words else demand.host
    return Decided(now_us, "tls.proof", value, proof.result or proof.how)
