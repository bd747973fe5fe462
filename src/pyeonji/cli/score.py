"""`pyeonji score`: an address for one letter, and the marks a strict receiver would give it."""

import argparse
import asyncio
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.address.public import is_public
from pyeonji.catalog.whys import why
from pyeonji.cli import OK, UNDECIDED
from pyeonji.cli.asking import add_resolver, nameservers
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import Place, address_of, domain_of, place, seconds_of
from pyeonji.journey.event import AnyEvent, Connected, Line, TlsStarted
from pyeonji.message.header import parse_header
from pyeonji.message.mime import scan
from pyeonji.msgauth.score import Deduction, Scored, deductions, marks
from pyeonji.msgauth.verdict import Verdict
from pyeonji.store import directory, journey, messages
from pyeonji.store.delete import remove_account
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home

PREFIX = "score-"  # of the local part of such an address
NAME_BITS = 40  # nobody guesses it while it is there
QUOTA = 30 << 20  # octets: one letter
OLD_US = 86_400_000_000  # an address nobody wrote to within a day goes
LOOK_S = 0.5  # seconds between two looks
WAIT_S = 900.0  # seconds, when only --wait is said
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter that came, and how."""

    octets: bytes
    at_us: int
    via: str
    reverse_path: str
    events: tuple[AnyEvent, ...]

    @property
    def ip(self) -> str:
        peer = next((one.peer for one in self.events if isinstance(one, Connected)), "")
        return peer.rpartition(":")[0].strip("[]")

    @property
    def hello(self) -> str:
        said = [one.text.split() for one in self.events if isinstance(one, Line) and one.direction == "in"]
        greetings = [words[1] for words in said if len(words) > 1 and words[0].upper() in ("EHLO", "HELO")]
        return greetings[-1] if greetings else ""

    @property
    def encrypted(self) -> bool:
        return any(isinstance(one, TlsStarted) for one in self.events)


def configure(parser: Parser) -> None:
    parser.argument("what", nargs="?", default="", metavar="ADDRESS|FILE", key="score_what")
    parser.argument("--domain", default="", metavar="NAME", key="score_domain")
    parser.argument("--wait", nargs="?", const=f"{WAIT_S:.0f}s", default="", metavar="TIME", key="score_wait")
    add_resolver(parser)


def run(args: argparse.Namespace, out: Out) -> int:
    """0 for marks of nine and more, 1 for less, 75 when no letter has come so far."""
    if args.what and Path(args.what).is_file():
        octets = Path(args.what).read_bytes()
        return _tell(Scored(root=scan(octets), received_s=time.time_ns() // 1_000_000_000), "", out)
    here = place(args)
    if args.what:
        address = directory.fold(address_of(args.what))
        if not address.startswith(PREFIX):
            raise Problem("score.not_one", code=2, value=args.what, command="pyeonji score")
    else:
        address = _made(here, domain_of(args.domain) if args.domain else "")
        if not out.json:
            out.say("score.address", address=address)
        elif not args.wait:
            out.data({"address": address})
    arrived = _awaited(here, address, seconds_of(args.wait))
    if arrived is None:
        if args.what or args.wait:
            out.say("score.not_yet", address=address)
        elif not out.json:
            out.say("score.next", address=address)
        return UNDECIDED if args.what or args.wait else OK
    return _tell(asyncio.run(_scored(arrived, args, out)), address, out)


# ── the address ──


def _made(here: Place, domain: str) -> str:
    """Of an account without a password: nobody can log in to it."""
    local = PREFIX + secrets.token_hex(NAME_BITS // 8)
    with here.homes() as homes:
        chosen = next(((home, name) for _, home in homes if (name := _domain_in(home, domain))), None)
        if chosen is None:
            raise Problem("score.no_domain", domain=domain or "-")
        home, name = chosen
        _forget_old(home, here.now_us())
        address = f"{local}@{name}"
        home.engine.write_now(
            directory.add_account, address, name="", language="en", quota_octets=QUOTA, credentials={},
            now_us=here.now_us(),
        )  # fmt: skip
    here.poke()
    return address


def _domain_in(home: Home, wanted: str) -> str:
    if wanted:
        return wanted if home.engine.read_now(directory.domain_exists, wanted) else ""
    return home.engine.read_now(directory.own_domain, "", "")


def _forget_old(home: Home, now_us: int) -> None:
    for one in home.engine.read_now(directory.accounts):
        if one.address.startswith(PREFIX) and one.created_us < now_us - OLD_US:
            remove_account(home, one, now_us)


def _awaited(here: Place, address: str, seconds: float) -> Arrived | None:
    """The first letter to the address, and then the address is gone."""
    until = time.monotonic() + seconds
    domain = address.rpartition("@")[2]
    while True:
        with here.home(domain) as home:
            account = home.engine.read_now(directory.account, address)
            if account is None:
                raise Problem("score.gone", address=address)
            arrived = home.engine.read_now(_arrived, home, address)
            if arrived is not None:
                gone = remove_account(home, account, here.now_us())
                here.poke(gone)
                return arrived
        if time.monotonic() >= until:
            return None
        time.sleep(LOOK_S)


def _arrived(tx: Tx, home: Home, address: str) -> Arrived | None:
    numbers = journey.with_address(tx, address)
    facts = journey.message(tx, min(numbers)) if numbers else None
    if facts is None:
        return None
    octets = messages.content(tx, home.blobs, facts.number)
    events = tuple(event for row in journey.of_message(tx, facts.number) for event in row.events)
    return Arrived(octets, facts.at_us, facts.via, facts.reverse_path, events)


# ── the marks ──


async def _scored(arrived: Arrived, args: argparse.Namespace, out: Out) -> Scored:
    """With all that the DNS says of where it came from; of what came from inside only the letter is looked at."""
    root = scan(arrived.octets)
    inside = Scored(root=root, received_s=arrived.at_us // SECOND_US)
    if arrived.via != "smtp" or not arrived.ip or not is_public(arrived.ip):
        return inside
    from pyeonji.cli import machine
    from pyeonji.net.authority import Authority
    from pyeonji.net.clock import SystemClock
    from pyeonji.net.resolver import Resolver

    resolver = Resolver(nameservers(args, out), SystemClock())
    verdict = await _verdict(arrived, resolver)
    looking = machine.Machine("", "", (arrived.ip,), resolver, Authority(resolver), SystemClock())
    listed = tuple(fact.slots["list"] for fact in await machine.lists(looking) if fact.key == "listed")
    return Scored(
        root=root, received_s=inside.received_s, verdict=verdict, ip=arrived.ip, hello=arrived.hello,
        encrypted=arrived.encrypted, lists=listed,
    )  # fmt: skip


async def _verdict(arrived: Arrived, resolver: Any) -> Verdict:
    from pyeonji.filters.authenticate import Authenticate, author_domain
    from pyeonji.filters.pipeline import Offered
    from pyeonji.filters.trust import TrustSettings
    from pyeonji.net.clock import SystemClock

    header = parse_header(arrived.octets)
    try:
        path = parse_address(arrived.reverse_path) if arrived.reverse_path else None
    except NotAnAddress:
        path = None
    letter = Offered(
        ip=arrived.ip, hello=arrived.hello, reverse_path=path, forward_paths=(), header=header,
        size=len(arrived.octets), read=lambda start, size: arrived.octets[start : start + size],
    )  # fmt: skip
    asking = Authenticate(TrustSettings(), resolver, SystemClock(), "score")
    return await asking.verdict(letter, author_domain(header)[0])


def _tell(letter: Scored, address: str, out: Out) -> int:
    found = deductions(letter)
    total = marks(found)
    if out.json:
        out.data(
            {
                "address": address, "marks": total, "origin_checked": letter.verdict is not None, "ip": letter.ip,
                "deductions": [
                    {
                        "key": one.key, "marks": one.tenths / 10, "paste": one.paste, "sentence": _sentence(one, out),
                        "do": out.words(f"score.{one.key}.do", **_slots(one, out)),
                    }
                    for one in found
                ],
            }
        )  # fmt: skip
        return 0 if total >= 9 else 1
    out.say("score.marks", marks=f"{total:.1f}")
    if letter.verdict is None:
        out.say("score.inside")
    for one in found:
        out.line()
        out.line(f"  -{one.tenths / 10:.1f}  {_sentence(one, out)}")
        out.line(f"        {out.words(f'score.{one.key}.do', **_slots(one, out))}")
        for line in one.paste.splitlines():
            out.line(f"        {line}")
    return 0 if total >= 9 else 1


def _sentence(one: Deduction, out: Out) -> str:
    return out.words(f"score.{one.key}", **_slots(one, out))


def _slots(one: Deduction, out: Out) -> dict[str, str]:
    return {name: why(out.language, value) if name == "why" else value for name, value in one.slots.items()}
