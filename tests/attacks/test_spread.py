"""S22, S18: what is guessed at from many addresses: one account, all accounts, who is here."""

import asyncio
import base64
import contextlib

import pytest

from attacks.test_logins import scram_proof
from kit.inprocess import LOGGED_IN, attack
from pyeonji.directory import attempts
from pyeonji.directory.exchange import Exchange
from pyeonji.directory.guard import Guard
from pyeonji.directory.settings import GuardSettings
from pyeonji.journey.event import Closed, unpack
from pyeonji.net.clock import PushedClock
from pyeonji.net.stream import Stream
from pyeonji.store import logins

SERVICES = ("submission", "imap", "pop3")
SAY = {
    "submission": lambda name, word: b"AUTH LOGIN\r\n%b\r\n%b\r\n" % (base64.b64encode(name), base64.b64encode(word)),
    "imap": lambda name, word: b"l LOGIN %b %b\r\n" % (name, word),
    "pop3": lambda name, word: b"USER %b\r\nPASS %b\r\n" % (name, word),
}
NOT_NOW = {"submission": b"454 4.7.0", "imap": b"l NO [UNAVAILABLE]", "pop3": b"-ERR [SYS/TEMP]"}
WRONG = {"submission": b"535 5.7.8", "imap": b"l NO [AUTHENTICATIONFAILED]", "pop3": b"-ERR [AUTH]"}
KIM, NOBODY = b"kim@here.test", b"nobody@here.test"
HOME = "198.51.100.7"  # where the owner has logged in from before


@pytest.fixture
def seen_from(monkeypatch):
    """`seen_from("192.0.2.1")`: whoever connects from now on seems to come from there."""
    where = ["192.0.2.1"]
    made = Stream.connection_made

    def connection_made(self, transport):
        made(self, transport)
        self.peer_ip = where[0]

    monkeypatch.setattr(Stream, "connection_made", connection_made)
    monkeypatch.setattr(Stream, "is_loopback", True)  # or no password would be taken in clear
    return lambda ip: where.__setitem__(0, ip)


async def tried(stations, service, name, word):
    client = await stations.client(service, hello=service == "submission")
    said = await client.last(SAY[service](name, word))
    for what in (NOT_NOW, WRONG, LOGGED_IN):
        if what[service] in said:
            return what
    return said


async def spread(stations, service, name, seen_from, times):
    """Guesses from an address each; what the last one heard."""
    heard = None
    for number in range(times):
        seen_from(f"203.0.{number >> 8}.{number & 255}")
        heard = await tried(stations, service, name, b"guess%d" % number)
    return heard


def patient(**settings):
    return {"guard": GuardSettings(**settings), "clock": PushedClock()}


def never_slow(monkeypatch):
    async def at_once(self, seconds):
        pass

    monkeypatch.setattr(PushedClock, "sleep", at_once)


@pytest.mark.parametrize("service", SERVICES)
def test_a_name_that_is_guessed_at_from_everywhere_is_open_to_its_owner_only(tmp_path, service, seen_from, monkeypatch):
    """And a name nobody has behaves in the same way."""
    never_slow(monkeypatch)
    facts = patient(failed_by_name=5)

    async def story(stations):
        seen_from(HOME)
        assert await tried(stations, service, KIM, b"secret") is LOGGED_IN
        for name in (KIM, NOBODY):
            assert await spread(stations, service, name, seen_from, 5) is WRONG
            assert await spread(stations, service, name, seen_from, 6) is NOT_NOW
        assert await tried(stations, service, KIM.upper(), b"secret") is NOT_NOW  # nor by another way to write it
        seen_from(HOME)
        assert await tried(stations, service, KIM, b"secret") is LOGGED_IN
        assert await tried(stations, service, b"lee@here.test", b"secret") is LOGGED_IN  # others are not troubled
        facts["clock"].push(601)
        seen_from("203.0.113.9")
        assert await tried(stations, service, KIM, b"secret") is LOGGED_IN

    attack(tmp_path, story, **facts)


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_count_by_name_he_would_guess_on_and_without_a_memory_lock_out(
    tmp_path, service, seen_from, monkeypatch
):
    """Negative controls, both."""
    never_slow(monkeypatch)

    async def guess_on(stations):
        with pytest.MonkeyPatch.context() as off:
            off.setattr(Guard, "bars_strangers", lambda self, peer, login: False)
            assert await spread(stations, service, KIM, seen_from, 12) is WRONG

    async def forget(self, name, place, since_us):
        return False

    async def lock_out(stations):
        seen_from(HOME)
        assert await tried(stations, service, KIM, b"secret") is LOGGED_IN
        await spread(stations, service, KIM, seen_from, 5)
        with pytest.MonkeyPatch.context() as off:
            off.setattr(type(stations.logins.attempts), "knows", forget)
            seen_from(HOME)
            assert await tried(stations, service, KIM, b"secret") is NOT_NOW

    attack(tmp_path / "on", guess_on, **patient(failed_by_name=5))
    attack(tmp_path / "out", lock_out, **patient(failed_by_name=5))


async def at_once(stations, seen_from, guesses):
    """How many of so many guesses, all on their way before the first is checked, were checked."""
    clients = []
    for number in range(guesses):
        seen_from(f"203.0.113.{number}")
        clients.append(await stations.client("imap"))
    heard = await asyncio.gather(*(client.last(SAY["imap"](KIM, b"x%d" % at)) for at, client in enumerate(clients)))
    return sum(WRONG["imap"] in said for said in heard)


def test_many_guesses_at_once_are_no_more_than_one_after_another(tmp_path, seen_from, monkeypatch):
    never_slow(monkeypatch)

    async def story(stations):
        assert await at_once(stations, seen_from, 40) == 5

    attack(tmp_path, story, **patient(failed_by_name=5))


def test_counted_only_when_they_have_failed_more_would_be_checked(tmp_path, seen_from, monkeypatch):
    """Negative control."""
    never_slow(monkeypatch)
    monkeypatch.setattr(Guard, "trying", lambda self, login: contextlib.nullcontext())

    async def story(stations):
        assert await at_once(stations, seen_from, 40) > 5

    attack(tmp_path, story, **patient(failed_by_name=5))


@pytest.mark.parametrize("rechecked", [True, False])
def test_challenges_of_scram_that_were_held_are_no_more_guesses(tmp_path, seen_from, monkeypatch, rechecked):
    """The second row is the negative control: the bar is looked at with the first message only."""
    never_slow(monkeypatch)
    if not rechecked:
        barred, asked = Exchange._is_barred, set()

        async def once(self, login):
            known = self in asked
            asked.add(self)
            return False if known else await barred(self, login)

        monkeypatch.setattr(Exchange, "_is_barred", once)

    async def story(stations):
        held = []
        for number in range(20):
            seen_from(f"203.0.113.{number}")
            client = await stations.client("imap")
            await client.send(b"l AUTHENTICATE SCRAM-SHA-256\r\n")
            await client.until(b"\r\n")
            await client.send(base64.b64encode(b"n,,n=kim@here.test,r=abc") + b"\r\n")
            held.append((client, base64.b64decode((await client.until(b"\r\n"))[2:])))
        checked = 0
        for client, challenge in held:
            proof = scram_proof(challenge, b"n=kim@here.test,r=abc", "guess")
            checked += WRONG["imap"] in await client.last(base64.b64encode(proof) + b"\r\n")
        assert checked == (5 if rechecked else 20)

    attack(tmp_path, story, **patient(failed_by_name=5))


def test_one_password_tried_on_all_names_is_noticed(tmp_path, seen_from, monkeypatch):
    """Each name and each address once only (a spray); with its negative control."""
    never_slow(monkeypatch)

    async def spray(stations, times):
        for number in range(times):
            seen_from(f"203.0.{number}.1")
            heard = await tried(stations, "imap", b"name%d@here.test" % number, b"summer")
        return heard

    async def story(stations):
        seen_from(HOME)
        assert await tried(stations, "imap", KIM, b"secret") is LOGGED_IN
        assert await spray(stations, 8) is WRONG
        assert await spray(stations, 1) is NOT_NOW
        seen_from(HOME)
        assert await tried(stations, "imap", KIM, b"secret") is LOGGED_IN

    async def without(stations):
        assert await spray(stations, 20) is WRONG

    attack(tmp_path / "with", story, **patient(failed_in_all=8))
    attack(tmp_path / "without", without, **patient(failed_in_all=1_000))


def test_who_guesses_at_one_name_hears_later_and_later_from_wherever():
    async def story():
        clock = PushedClock(1_790_000_000_000_000)
        guard = Guard(GuardSettings(exempt=()), clock)
        for number in range(8):
            told = asyncio.create_task(guard.login_failed(f"192.0.2.{number}", "kim@here.test"))
            for second in range(max(0, min(number + 1 - 3, 5))):
                await asyncio.sleep(0)
                assert not told.done(), (number, second)
                clock.push(1)
            await told

    asyncio.run(story())


# ── what is kept of it ──


def test_attempts_are_kept_for_their_owner_and_names_of_nobody_cannot_be_read(tmp_path, seen_from, monkeypatch):
    never_slow(monkeypatch)

    async def story(stations):
        seen_from("2001:db8::1:1")
        await tried(stations, "imap", b"KIM@here.test", b"wrong")
        await tried(stations, "imap", KIM, b"wrong")
        await tried(stations, "pop3", KIM, b"secret")
        await tried(stations, "imap", b"hunter2", b"x")
        await stations.logins.attempts.flush()
        secret = stations.logins.attempts.secret

        def of(name):
            rows = stations.home.engine.read_now(logins.attempts, name, secret, 10)
            return {(one.service, one.mechanism, one.outcome, one.place, one.attempts) for one in rows}

        place = "2001:db8::/64"
        assert of("kim@here.test") == {("imap", "LOGIN", "wrong", place, 2), ("pop3", "USER", "in", place, 1)}
        assert of("hunter2") == {("imap", "LOGIN", "wrong", place, 1)}
        names = stations.home.engine.read_now(lambda tx: tx.all("SELECT name FROM login_attempt", {}))
        assert not any("hunter2" in name for (name,) in names)  # a password in the wrong field is no name

    attack(tmp_path, story, **patient())


def test_a_flood_of_attempts_is_a_few_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(attempts, "MAX_PENDING", 50)

    async def story(stations):
        kept = stations.logins.attempts
        for number in range(2_000):
            kept.note(f"name{number}" + "x" * 9_000, "192.0.2.1", "imap", "PLAIN", logins.WRONG, "")
            kept.note("kim@here.test", "192.0.2.1", "imap", "PLAIN", logins.WRONG, "")
        await kept.flush()
        assert stations.count("login_attempt") == 51
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT sum(attempts) FROM login_attempt", {}))
        assert rows[0][0] == 4_000

    attack(tmp_path, story)


# ── S18: who is here, by RCPT ──


def rcpt(number):
    return b"RCPT TO:<guess%d@here.test>\r\n" % number


async def harvested(stations, seen_from, connections, each):
    """How many guesses were answered, with one address and a connection after another."""
    seen_from("203.0.113.1")
    answered = 0
    for turn in range(connections):
        client = await stations.client("smtp", greeted=False)
        said = await client.until(b"\r\n")
        if said.startswith(b"220"):
            guesses = b"".join(map(rcpt, range(turn * each, turn * each + each)))
            await client.send(b"EHLO x.test\r\n")
            await client.until(b"250 ")
            said += await client.last(b"MAIL FROM:<>\r\n" + guesses)
        answered += said.count(b"550 5.1.1")
    return answered, said


def test_guesses_are_counted_over_connections_and_the_address_must_go(tmp_path, seen_from, monkeypatch):
    never_slow(monkeypatch)

    async def story(stations):
        answered, said = await harvested(stations, seen_from, 6, 5)
        assert answered == 11
        assert b"421 4.7.0 Too many unknown recipients" in said
        seen_from("203.0.113.2")
        assert (await stations.client("smtp")).greeting.startswith(b"220")
        seen_from("203.0.113.1")
        assert await stations.client("imap", login=True)  # it is about guesses, not about logging in

    attack(tmp_path, story, **patient(unknown_recipients=12))


def test_without_the_count_they_would_all_be_answered(tmp_path, seen_from, monkeypatch):
    """Negative control."""
    never_slow(monkeypatch)

    async def never(self, peer, *, first):
        return False

    monkeypatch.setattr(Guard, "guessed", never)

    async def story(stations):
        assert (await harvested(stations, seen_from, 6, 5))[0] == 30

    attack(tmp_path, story, **patient(unknown_recipients=12))


@pytest.mark.parametrize(("known_first", "seconds"), [(False, 5), (True, 0)])
def test_a_letter_for_nobody_is_told_so_late(tmp_path, seen_from, known_first, seconds):
    """The second row is the negative control: for somebody who writes to people here a mistake costs nothing."""
    facts = patient()

    async def story(stations):
        seen_from("203.0.113.1")
        client = await stations.client("smtp", hello=True)
        known = b"RCPT TO:<kim@here.test>\r\n" if known_first else b""
        await client.say(b"MAIL FROM:<>\r\n" + known)
        await client.send(rcpt(1))
        for _ in range(seconds):
            with contextlib.suppress(TimeoutError):
                assert not await asyncio.wait_for(client.reader.read(1), 0.05)
            facts["clock"].push(1)
        assert b"550 5.1.1" in await client.until(b"\r\n")
        await client.send(rcpt(2))
        assert b"550 5.1.1" in await client.until(b"\r\n")  # once is enough

    attack(tmp_path, story, **facts)


def test_one_worker_tells_the_others_what_it_counts():
    clock = PushedClock(1_790_000_000_000_000)
    one, other = (Guard(GuardSettings(unknown_recipients=2, failed_by_name=2, exempt=()), clock) for _ in "12")
    one.elsewhere = other.heard

    async def story():
        await one.guessed("192.0.2.1", first=False)
        await one.guessed("192.0.2.1", first=False)
        await one.login_failed("192.0.2.2", "kim@here.test")
        await one.login_failed("192.0.2.3", "kim@here.test")

    asyncio.run(story())
    assert other.bars_strangers("192.0.2.9", "kim@here.test")
    assert {bar.what for bar in other.barred()} == {"recipients", "name"}
    assert other.forgive("kim@here.test")
    assert not other.bars_strangers("192.0.2.9", "kim@here.test")


def test_what_was_turned_away_is_told_once(tmp_path, seen_from, monkeypatch):
    never_slow(monkeypatch)

    async def story(stations):
        await harvested(stations, seen_from, 8, 5)
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey", {}))
        ends = [event.because for (packed,) in rows for event in unpack(packed) if isinstance(event, Closed)]
        assert ends.count("too many unknown recipients") == 2  # in the letter where it was too many, and at the door

    attack(tmp_path, story, **patient(unknown_recipients=3))


def test_an_exchange_that_is_barred_checks_nothing(tmp_path, seen_from, monkeypatch):
    """So a bar tells nothing of the password, and costs nothing."""
    never_slow(monkeypatch)

    async def story(stations):
        await spread(stations, "imap", KIM, seen_from, 3)
        checked = []
        monkeypatch.setattr(type(stations.logins), "password", lambda *args: checked.append(args))
        assert await tried(stations, "imap", KIM, b"secret") is NOT_NOW
        assert checked == []

    attack(tmp_path, story, **patient(failed_by_name=3))
