"""Logging in by a token: a real issuer at a real HTTPS port, all three services, over TLS."""

import asyncio
import base64
import json

import pytest

from attacks.test_binding import BEGIN, Client
from kit.inprocess import LOGGED_IN, attack
from kit.issuing import ISSUER, NAME, OURS, P256, Ed25519, FakeIssuer, Rsa, claims, token
from kit.web import trusting
from pyeonji.directory.issuer import ASK_US, KEEP_US, Issuer, OAuthSettings, Unreachable
from pyeonji.net.clock import PushedClock
from pyeonji.net.http import Fetcher
from pyeonji.proto.dns import Answer
from pyeonji.proto.jose import BadToken
from pyeonji.store import directory, logins

SERVICES = ("submission", "imap", "pop3")
START_US = 1_790_000_000_000_000
SETTINGS = OAuthSettings(issuer=ISSUER, audience=("shop", OURS))
KEY, NEW = Rsa(), Rsa("new")
NO = {"submission": b"535 5.7.8", "imap": b"l NO [AUTHENTICATIONFAILED]", "pop3": b"-ERR [AUTH]"}
LATER = {"submission": b"454 4.7.0", "imap": b"l NO [UNAVAILABLE]", "pop3": b"-ERR [SYS/TEMP]"}


class Names:
    """A resolver that knows one name."""

    async def answer_with(self, asking):
        answer = None
        try:
            while True:
                question = asking.send(answer)
                answer = Answer(("127.0.0.1",) if question.kind == "A" and question.name == NAME else ())
        except StopIteration as done:
            return done.value


def issuer_at(web, clock, settings=SETTINGS):
    fetcher = Fetcher(
        Names(), context=trusting(), may_dial=lambda _: True, route=lambda *_: ("127.0.0.1", web.port), deadline=2
    )
    return Issuer(settings, fetcher, clock)


def now_s(stations):
    return stations.clock.now_us() // 1_000_000


def oauthbearer(text, login=""):
    named = f"a={login}" if login else ""
    return f"n,{named},\1host=x\1auth=Bearer {text}\1\1".encode()


def xoauth2(text, login="kim@here.test"):
    return f"user={login}\1auth=Bearer {text}\1\1".encode()


WAYS = {"OAUTHBEARER": oauthbearer, "XOAUTH2": xoauth2}


async def bring(stations, service, mechanism, message):
    """What is said to a token: the challenge, if there is one, and the end."""
    client = await Client.led_to(service, stations.ports[service])
    assert mechanism.encode() in client.offered
    await client.say(BEGIN[service] + mechanism.encode() + b"\r\n")
    said = await client.say(base64.b64encode(message) + b"\r\n")
    challenge = None
    if said.startswith((b"334 ", b"+ ")):
        challenge = json.loads(base64.b64decode(said.split(b" ", 1)[1]))
        said = await client.say(base64.b64encode(b"\1") + b"\r\n")
    if LOGGED_IN[service] in said:
        await client.leave()
    return challenge, said


def with_issuer(tmp_path, story, *keys, settings=SETTINGS):
    async def told(stations):
        async with FakeIssuer(*(keys or (KEY,))) as web:
            stations.web = web
            stations.logins._issuer = issuer_at(web, stations.clock, settings)
            await story(stations)

    attack(tmp_path, told)


@pytest.mark.parametrize("mechanism", WAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_token_of_the_issuer_logs_in(tmp_path, service, mechanism):
    keys = (KEY, P256(), Ed25519())

    async def story(stations):
        for key in keys:
            text = token(key, claims(now_s(stations), aud=["other", OURS], email="Kim@Here.test"))
            challenge, said = await bring(stations, service, mechanism, WAYS[mechanism](text))
            assert challenge is None
            assert LOGGED_IN[service] in said
        assert (stations.web.count("/realm/.well-known/openid-configuration"), stations.web.count("/keys")) == (1, 1)
        await stations.logins.attempts.flush()
        kept = stations.home.engine.read_now(logins.attempts, "kim@here.test", stations.logins.attempts.secret, 9)
        assert [(one.mechanism, one.outcome, one.attempts) for one in kept if one.name] == [
            (mechanism, "in", len(keys))
        ]

    with_issuer(tmp_path, story, *keys)


REFUSED = {
    "another key": lambda now: oauthbearer(token(NEW, claims(now), kid="r")),
    "another audience": lambda now: oauthbearer(token(KEY, claims(now, aud="bank"))),
    "expired": lambda now: oauthbearer(token(KEY, claims(now, exp=now - 100))),
    "an address nobody has checked": lambda now: oauthbearer(token(KEY, claims(now, email_verified=False))),
    "an address of unknown state": lambda now: oauthbearer(token(KEY, claims(now, email_verified=None))),
    "no address": lambda now: oauthbearer(token(KEY, claims(now, email=None))),
    "an address that is a list": lambda now: oauthbearer(token(KEY, claims(now, email=["kim@here.test"]))),
    "nobody here": lambda now: oauthbearer(token(KEY, claims(now, email="nobody@here.test"))),
    "a disabled account": lambda now: oauthbearer(token(KEY, claims(now, email="lee@here.test"))),
    "to act as another": lambda now: oauthbearer(token(KEY, claims(now)), "lee@here.test"),
    "a password": lambda now: oauthbearer("secret"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_other_token_hears_the_same(tmp_path, service):
    """The challenge of RFC 7628 §3.2.2, then the no of the protocol: neither tells what was wrong."""

    async def story(stations):
        stations.home.engine.write_now(directory.disable, stations.people[1].id, True)
        heard = {
            name: await bring(stations, service, "OAUTHBEARER", message(now_s(stations)))
            for name, message in REFUSED.items()
        }
        assert len({json.dumps([challenge, said.decode()]) for challenge, said in heard.values()}) == 1, heard
        challenge, said = heard["expired"]
        assert challenge == {"status": "invalid_token", "openid-configuration": SETTINGS.description}
        assert said.startswith(NO[service])
        good = oauthbearer(token(KEY, claims(now_s(stations))), "KIM@here.test")  # control
        assert LOGGED_IN[service] in (await bring(stations, service, "OAUTHBEARER", good))[1]

    with_issuer(tmp_path, story)


@pytest.mark.parametrize("service", SERVICES)
def test_no_token_is_asked_for_in_clear_or_without_an_issuer(tmp_path, service):
    async def story(stations):
        client = await stations.client(service, hello=service == "submission")
        good = base64.b64encode(oauthbearer(token(KEY, claims(now_s(stations)))))
        said = await client.last(BEGIN[service] + b"OAUTHBEARER " + good + b"\r\n")
        assert LOGGED_IN[service] not in said  # though a password may cross on this machine
        stations.logins._issuer = None
        client = await Client.led_to(service, stations.ports[service])
        assert b"BEARER" not in client.offered
        assert b"XOAUTH2" not in client.offered

    with_issuer(tmp_path, story)


@pytest.mark.parametrize("service", SERVICES)
def test_when_the_issuer_is_away_it_is_not_the_tokens_fault(tmp_path, service):
    async def story(stations):
        stations.web.status = "503 Away"
        failures = []
        stations.guard.login_failed = lambda *args: failures.append(args)
        good = oauthbearer(token(KEY, claims(now_s(stations))))
        _, said = await bring(stations, service, "OAUTHBEARER", good)
        assert said.startswith(LATER[service])
        assert failures == []

    with_issuer(tmp_path, story)


def test_another_claim_may_be_the_name(tmp_path):
    async def story(stations):
        text = token(KEY, claims(now_s(stations), email=None, upn="kim@here.test"))
        assert LOGGED_IN["imap"] in (await bring(stations, "imap", "OAUTHBEARER", oauthbearer(text)))[1]

    with_issuer(tmp_path, story, settings=OAuthSettings(issuer=ISSUER, audience=(OURS,), claim="upn"))


def test_who_hangs_up_before_the_last_answer_has_tried_all_the_same(tmp_path):
    async def story(stations):
        failures = []

        async def counted(peer, login=""):
            failures.append(peer)

        stations.guard.login_failed = counted
        client = await Client.led_to("imap", stations.ports["imap"])
        await client.say(BEGIN["imap"] + b"OAUTHBEARER\r\n")
        assert (await client.say(base64.b64encode(oauthbearer("x.y.z")) + b"\r\n")).startswith(b"+ ")
        assert len(failures) == 1
        assert (await client.say(b"*\r\n")).startswith(b"l BAD")
        assert len(failures) == 1

    with_issuer(tmp_path, story)


# ── when the issuer is asked ──


def asked(story, *keys):
    async def told():
        clock = PushedClock(START_US)
        async with FakeIssuer(*keys) as web:
            await story(issuer_at(web, clock), web, clock)

    asyncio.run(told())


def made(key, clock, **other):
    return token(key, claims(clock.now_us() // 1_000_000), **other)


def test_new_keys_are_found_and_strangers_cannot_make_us_ask_and_ask():
    async def story(issuer, web, clock):
        assert await issuer.login(made(KEY, clock)) == "kim@here.test"
        for number in range(20):
            with pytest.raises(BadToken):
                await issuer.login(made(NEW, clock, kid=f"x{number}"))
        assert web.count("/keys") == 1
        web.shows(KEY, NEW)
        with pytest.raises(BadToken):
            await issuer.login(made(NEW, clock))  # a minute's patience
        clock.push(ASK_US / 1e6)
        assert await issuer.login(made(NEW, clock)) == "kim@here.test"
        assert web.count("/keys") == 2
        web.shows(NEW)
        clock.push(KEEP_US / 1e6)
        with pytest.raises(BadToken):
            await issuer.login(made(KEY, clock))  # what was taken back is not believed any more

    asked(story, KEY)


def test_many_tokens_at_once_ask_once():
    async def story(issuer, web, clock):
        assert set(await asyncio.gather(*(issuer.login(made(KEY, clock)) for _ in range(20)))) == {"kim@here.test"}
        assert web.count("/keys") == 1

    asked(story, KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.test"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": f"http://{NAME}/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://evil.test/keys"},
        {"jwks_uri": f"https://{NAME}/realm/other"},
    ],
)
def test_a_description_that_is_not_the_issuers_own_is_not_followed(change):
    async def story(issuer, web, clock):
        web.description = {name: value for name, value in (web.description | change).items() if value is not None}
        with pytest.raises(Unreachable):
            await issuer.login(made(KEY, clock))

    asked(story, KEY)


def test_keys_stay_good_while_the_issuer_is_away_for_a_moment():
    async def story(issuer, web, clock):
        assert await issuer.login(made(KEY, clock))
        web.status = "500 Oh"
        clock.push(ASK_US / 1e6)
        with pytest.raises(BadToken):
            await issuer.login(made(NEW, clock))
        assert await issuer.login(made(KEY, clock))
        clock.push(KEEP_US / 1e6)
        with pytest.raises(Unreachable):
            await issuer.login(made(KEY, clock))

    asked(story, KEY)


def test_settings_that_say_half_offer_nothing():
    assert not OAuthSettings(issuer=ISSUER).is_on
    assert not OAuthSettings(audience=(OURS,)).is_on
    assert SETTINGS.is_on
