"""A stranger's letter that an alias or a list sends on is sealed (RFC 8617) by the domain that does; others are not."""

import pytest

from kit.inprocess import HOSTNAME, attack
from kit.sealed import chain_of, checked, zone_of
from kit.sending import ZoneResolver
from kit.signed import LETTER, ZONE, signed, verified
from pyeonji.filters.authenticate import Authenticate
from pyeonji.filters.front import FrontSettings
from pyeonji.filters.pipeline import Pipeline
from pyeonji.filters.trust import TrustSettings
from pyeonji.journey.event import Decided, unpack
from pyeonji.message.header import parse_header
from pyeonji.net.clock import SystemClock
from pyeonji.store import directory, keys
from pyeonji.store.settings import NEVER
from pyeonji.submission.keys import add, make
from pyeonji.submission.sign import Signer

ALIAS, LIST, KIM = "info@here.test", "team@here.test", "kim@here.test"
NOW_S = SystemClock().now_us() // 1_000_000


def relayed(tmp_path, octets, recipient, *, trusted=(), with_keys=True):
    """(the letter as it leaves, our zone, [(rule, value)] of its journey)."""
    found = {}

    async def story(world):
        zone = {}
        world.door.signer = Signer(world.home, world.clock)
        engine, now = world.home.engine, world.clock.now_us()
        if with_keys:
            (key,) = engine.write_now(add, "here.test", [make("ed25519-sha256")], now)
            engine.write_now(keys.activate, "here.test", key.selector, now)
            zone[key.name, "TXT"] = (key.record,)
        engine.write_now(directory.add_alias, ALIAS, "lee@far.test", "")
        engine.write_now(directory.add_alias, LIST, "lee@far.test", KIM)
        client = await world.client("smtp", greeted=False)
        await client.send(b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n")
        await client.until(b"220 ")
        await client.send(b"EHLO mx.sender.test\r\n")
        await client.until(b"250 ")
        await client.send(b"MAIL FROM:<kim@sender.test>\r\nRCPT TO:<%b>\r\nDATA\r\n" % recipient.encode())
        await client.until(b"354 ")
        await client.send(octets + b".\r\n")
        await client.until(b"250 2.0.0 ")
        rows = engine.read_now(lambda tx: tx.all("SELECT id FROM message ORDER BY id"))
        last = world.letters()[-1]
        packed = engine.read_now(
            lambda tx: tx.all("SELECT events FROM journey WHERE message_id = :id", {"id": rows[0][0]})
        )
        events = [event for (one,) in packed for event in unpack(one)]
        found["letter"] = last.partition(b"\r\n")[2]  # Return-Path stays here
        found["zone"] = zone
        found["told"] = [(event.rule, event.value) for event in events if isinstance(event, Decided)]

    zone = ZONE | zone_of(2)
    looking = Authenticate(TrustSettings(), ZoneResolver(zone), SystemClock(), HOSTNAME)
    front = FrontSettings(proxies=("127.0.0.0/8",), greet_pause=NEVER)
    attack(tmp_path, story, trusted=trusted, front=front, filters=Pipeline((looking,)))
    return found["letter"], found["zone"] | zone, found["told"]


@pytest.mark.parametrize("recipient", [ALIAS, LIST])
def test_what_is_sent_on_is_sealed_with_what_we_found(recipient, tmp_path):
    letter, zone, told = relayed(tmp_path, signed(now_s=NOW_S), recipient)
    found = checked(letter, zone, NOW_S)
    assert (found.result, found.sealers) == ("pass", ("here.test",))
    said = parse_header(letter).get(b"arc-authentication-results")
    assert said.startswith(b"i=1; mx.here.test;")
    assert b"dkim=pass" in said
    assert ("sealed", "here.test") in told
    assert [one.result for one in verified(letter, zone, NOW_S)] == ["pass", "pass"]


def test_a_chain_goes_on(tmp_path):
    letter, zone, _ = relayed(tmp_path, chain_of(2), ALIAS)
    found = checked(letter, zone, NOW_S)
    assert (found.result, found.sealers) == ("pass", ("hop1.test", "hop2.test", "here.test"))


def test_a_broken_chain_is_said_to_be_broken(tmp_path):
    letter, zone, _ = relayed(
        tmp_path, chain_of(2).replace(b"hop1.test;\r\n spf=pass", b"hop1.test;\r\n spf=fail"), ALIAS
    )
    assert b"cv=fail" in parse_header(letter).get(b"arc-seal")
    assert checked(letter, zone, NOW_S).why == "the last hop found the chain broken"


@pytest.mark.parametrize(("recipient", "with_keys"), [(KIM, True), (ALIAS, False)])
def test_what_stays_here_and_what_we_have_no_key_for_is_not_sealed(recipient, with_keys, tmp_path):
    letter, _, told = relayed(tmp_path, signed(now_s=NOW_S), recipient, with_keys=with_keys)
    assert b"ARC-Seal" not in letter
    assert "sealed" not in dict(told)


def test_machines_of_ours_write_as_us_and_are_signed_for_not_sealed(tmp_path):
    """A trusted network is no stranger: its letters of our domains are signed like those of the submission port."""
    octets = LETTER.replace(b"From: Kim <kim@sender.test>", b"From: www@here.test")
    letter, zone, told = relayed(tmp_path, octets, "lee@far.test", trusted=("192.0.2.0/24",))
    assert [(one.result, one.domain) for one in verified(letter, zone, NOW_S)] == [("pass", "here.test")]
    assert b"ARC-Seal" not in letter
    assert ("signed", "here.test") in told
