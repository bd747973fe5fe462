"""Who lives in the lab: domains, hosts, accounts and ports.  Everything else in the lab is made from this table."""

from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
PASSWORD = "lab"  # of every account; printed on the screen, worth nothing outside
ADDRESS_TTL = 300  # seconds the lab's DNS lets an answer be remembered
GATEWAY = "lab.test"  # the server behind the well-known ports; it has no accounts of its own

# Ports for programs people already have; each is moved by --port-offset.
SMTP, SUBMISSION, SUBMISSIONS, LMTP, IMAP, IMAPS, POP3, POP3S, HTTP, DNS = (
    1025,
    1587,
    1465,
    1024,
    1143,
    1993,
    1110,
    1995,
    8025,
    1053,
)
FIRST_PORT = 25_100  # each domain has twenty ports from here on: MX hosts, then its other services
PORTS_PER_DOMAIN = 20
SUBMISSION_AT, IMAP_AT, POP3_AT, LMTP_AT = 11, 12, 13, 14  # places within a domain's twenty


@dataclass(frozen=True, slots=True)
class Person:
    """One account.  `quota_octets` 0 is no limit."""

    local_part: str
    name: str
    language: str = "ko"


@dataclass(frozen=True, slots=True)
class Place:
    """One domain with a server of its own.  `mx` is (preference, host), best first; `also` are further domains
    of the same server that have an address record but no MX (RFC 5321 §5.1: the implicit MX)."""

    domain: str
    number: int
    mx: tuple[tuple[int, str], ...]
    people: tuple[Person, ...]
    also: tuple[str, ...] = ()
    more: tuple[str, ...] = ()  # further domains with the same MX, whose mail all goes to the last person
    aliases: tuple[tuple[str, str], ...] = ()
    strict: bool = False  # it asks where letters come from; the others believe what is written

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that answers on port 25, in the order of its port."""
        return (*(host for _, host in self.mx), *self.also)

    @property
    def domains(self) -> tuple[str, ...]:
        return (self.domain, *self.also, *self.more)

    def port(self, at: int, offset: int) -> int:
        return FIRST_PORT + PORTS_PER_DOMAIN * self.number + at + offset


TROUBLES = ("full", "overfull", "greylist", "slow", "spam", "451", "552", "drop", "ok")
# The same as whole domains: whatever stands before the @.
TROUBLE_DOMAINS = tuple(f"{trouble}.test" for trouble in ("full", "greylist", "slow", "spam", "451", "552", "drop"))

PLACES: tuple[Place, ...] = (
    Place("example.com", 0, ((10, "mx.example.com"),), (Person("jerry", "Jerry", "en"),)),
    Place(
        "test.com", 1, ((10, "mx.test.com"),),
        (Person("john", "John"), Person("alice", "Alice", "en"), Person("theboss", "The Boss", "en")),
        also=("plain.test",), aliases=(("john@plain.test", "john@test.com"),),
    ),
    Place("1ban.test", 2, ((10, "mx.1ban.test"),), (Person("chulsoo", "김철수"),)),
    Place(
        "2ban.test", 3, ((10, "mx1.2ban.test"), (15, "mx2.2ban.test"), (20, "mx3.2ban.test")),
        (Person("younghee", "이영희"),),
    ),
    Place(
        "3ban.test", 4, ((10, "mx.3ban.test"),),
        (Person("hana", "정하나"), Person("dojun", "윤도준"), *(Person(name, name) for name in TROUBLES)),
        more=TROUBLE_DOMAINS,
    ),
    Place(
        "board.test", 5, ((10, "mx.board.test"),),
        (Person("noreply", "게시판"), Person("webmaster", "게시판 관리자")),
        more=("oldboard.test", "quietboard.test"),
    ),
    Place("4ban.test", 6, ((10, "mx.4ban.test"),), (Person("minsu", "박민수"), Person("bora", "최보라")), strict=True),
)  # fmt: skip

OLD, QUIET = "oldboard.test", "quietboard.test"  # of the board, from before anybody knew of SPF and DKIM
FORGER = "198.51.100.66"  # whoever of class 3 writes in another's name; TEST-NET-2, RFC 5737
BLOCK_LIST = "bl.lab.test"
MAX_OFFSET = 65_535 - FIRST_PORT - PORTS_PER_DOMAIN * len(PLACES)  # the highest port is still one
NULL_MX = "nomail.test"  # RFC 7505: says that it takes no mail
BY_DOMAIN = {domain: place for place in PLACES for domain in place.domains}
HOSTS = {host: place for place in PLACES for host in place.hosts}


def place_of(login: str) -> Place | None:
    """The server an address or login belongs to."""
    return BY_DOMAIN.get(login.rpartition("@")[2].strip().rstrip(".").lower())
