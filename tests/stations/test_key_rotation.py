"""The life of our signing keys, by what the DNS says and the clock: no letter is signed with a key nobody can find."""

import asyncio
from datetime import timedelta

import pytest

from kit.sending import run
from kit.stored import person
from pyeonji.acceptance.accept import Acceptance
from pyeonji.acceptance.wake import Wake
from pyeonji.daemon.housekeeping import KEYS_S, Housekeeping
from pyeonji.message.codecs import decode
from pyeonji.message.mime import scan
from pyeonji.message.text import header_text
from pyeonji.net.clock import PushedClock
from pyeonji.net.ids import Ids
from pyeonji.proto.dns import SERVFAIL, answer_from
from pyeonji.store import directory, keys, messages
from pyeonji.store.engine.base import Unavailable
from pyeonji.store.home import open_home
from pyeonji.store.settings import NEVER
from pyeonji.submission import keys as life
from pyeonji.submission.door import Door
from pyeonji.submission.keys import follow, look
from pyeonji.submission.settings import DkimSettings

DAY, HOUR = 86_400_000_000, 3_600_000_000
START = 1_800_000_000_000_000
HALF_A_YEAR = timedelta(days=180)
DOMAIN = "us.example"


class Story:
    """One home, a zone that a person edits, and a clock."""

    def __init__(self, folder):
        self.home = open_home(folder / "data", create=True, synchronous="OFF")
        self.clock = PushedClock(START)
        acceptance = Acceptance(self.home, self.clock, Ids(self.clock), "mx.us.example", Wake())
        self.door = Door(acceptance, 5 * DAY)
        self.zone = {}
        for domain in (DOMAIN, "localhost"):
            self.home.engine.write_now(directory.add_domain, domain, START)

    async def ask(self, asking):
        return answer_from(self.zone, asking)

    @property
    def now(self):
        return self.clock.now_us()

    @now.setter
    def now(self, instant):
        self.clock.push((instant - self.now) / 1_000_000)

    def look(self, rotate_after=HALF_A_YEAR):
        run(follow(self.door, self.ask, rotate_after))
        return self.states()

    def found(self, domain=DOMAIN):
        return self.home.engine.read_now(keys.keys_of, domain)

    def states(self):
        return [(key.algorithm[:3], key.state) for key in self.found()]

    def paste(self):
        """Put into the DNS what must be there, and take out the rest."""
        self.zone = {(key.name, "TXT"): (key.record,) for key in self.found() if key.is_wanted(self.now)}


@pytest.fixture
def story(tmp_path, monkeypatch):
    monkeypatch.setattr(life, "RSA_BITS", 1_024)  # made faster; nobody verifies anything here
    made = Story(tmp_path)
    yield made
    made.home.close()


def test_a_domain_without_keys_gets_them_and_they_sign_once_they_are_in_the_dns(story):
    assert story.look() == [("rsa", "made"), ("ed2", "made")]
    assert [key.selector for key in story.found()] == ["20270115r", "20270115e"]
    story.now += DAY
    assert story.look() == [("rsa", "made"), ("ed2", "made")]
    story.paste()
    assert story.look() == [("rsa", "active"), ("ed2", "active")]
    assert story.found("localhost") == []


def test_one_that_is_there_signs_though_the_other_is_not(story):
    story.look()
    story.paste()
    story.zone = {name: record for name, record in story.zone.items() if "r._" in name[0]}
    assert story.look() == [("rsa", "active"), ("ed2", "made")]


@pytest.mark.parametrize("what", [("v=DKIM1; k=rsa; p=AAAA",), ("hello",), SERVFAIL, ("v=DKIM1; p=",)])
def test_a_record_that_says_something_else_is_not_believed(story, what):
    story.look()
    story.zone = {(key.name, "TXT"): what for key in story.found()}
    assert story.look() == [("rsa", "made"), ("ed2", "made")]


def test_a_record_with_notes_and_white_space_in_it_is_the_same(story):
    story.look()
    story.zone = {(key.name, "TXT"): (key.record[:60] + " " + key.record[60:] + "; n=mine",) for key in story.found()}
    assert story.look() == [("rsa", "active"), ("ed2", "active")]


def in_use(story):
    story.look()
    story.paste()
    story.look()


def test_old_keys_are_renewed_and_sign_until_the_new_ones_have_been_in_the_dns_for_an_hour(story):
    in_use(story)
    story.now += 180 * DAY - 1
    assert len(story.look()) == 2
    story.now += 1
    old, new = [("rsa", "active"), ("ed2", "active")], [("rsa", "made"), ("ed2", "made")]
    assert story.look() == old + new
    story.now += 30 * DAY
    assert story.look() == old + new  # nobody pasted them: the old ones go on, and no more are made
    story.paste()
    assert story.look() == [*old, ("rsa", "published"), ("ed2", "published")]
    story.now += HOUR - 1
    assert story.look()[:2] == old
    story.now += 1
    assert story.look() == [("rsa", "retired"), ("ed2", "retired"), ("rsa", "active"), ("ed2", "active")]


def test_a_record_stays_wanted_for_seven_days_and_its_key_is_listed_for_thirty(story):
    in_use(story)
    story.now += 180 * DAY
    story.look()
    story.paste()
    story.look()
    story.now += HOUR
    story.look()
    assert [key.is_wanted(story.now + 7 * DAY - 1) for key in story.found()] == [True] * 4
    assert [key.is_wanted(story.now + 7 * DAY) for key in story.found()] == [False, False, True, True]
    story.now += 30 * DAY
    assert len(story.look()) == 4
    story.now += 1
    assert story.look() == [("rsa", "active"), ("ed2", "active")]


def test_never_is_never(story):
    in_use(story)
    story.now += 10_000 * DAY
    assert len(story.look(NEVER)) == 2


def test_two_renewals_of_one_day_have_names_of_their_own(story):
    story.look()
    story.home.engine.write_now(life.add, DOMAIN, life.make_all(), story.now)
    assert [key.selector for key in story.found()] == ["20270115r", "20270115rb", "20270115e", "20270115eb"]


def test_who_asks_for_one_domain_hears_of_that_alone(story):
    story.home.engine.write_now(directory.add_domain, "b.example", START)
    story.look()
    said = run(look(story.home, story.ask, story.now, "b.example"))
    assert said == {f"{key.selector}._domainkey.b.example": "absent" for key in story.found("b.example")}


def letters(story):
    """(subject, text) of all letters in the store."""

    def read(tx):
        numbers = [number for (number,) in tx.all("SELECT id FROM message ORDER BY id")]
        return [messages.content(tx, story.home.blobs, number) for number in numbers]

    found = [scan(octets) for octets in story.home.engine.read_now(read)]
    return [(header_text(one.header, b"subject"), decode(one.body, one.encoding).decode()) for one in found]


@pytest.mark.parametrize(("language", "words"), [("en", "New signing keys of us.example"), ("ko", "새 서명 열쇠")])
def test_the_postmaster_is_told_once_of_keys_that_were_renewed_and_what_the_dns_must_say(story, language, words):
    person(story.home, "lee@us.example", language=language)
    in_use(story)
    assert letters(story) == []  # whoever adds a domain is told by the command
    story.now += 180 * DAY
    story.look()
    story.now += DAY
    story.look()
    ((subject, text),) = letters(story)
    assert words in subject
    for key in story.found()[2:]:
        assert key.name in text
        assert key.record in text


def test_a_notice_that_cannot_be_taken_leaves_no_key_behind(story, monkeypatch):
    """They are one commit: no key is renewed of which nobody hears."""
    person(story.home, "lee@us.example")
    in_use(story)
    story.now += 180 * DAY

    def full(*_):
        raise Unavailable("no room")

    with monkeypatch.context() as broken:
        broken.setattr("pyeonji.acceptance.accept.accept_all", full)
        with pytest.raises(Unavailable):
            story.look()
    assert len(story.states()) == 2
    assert len(story.look()) == 4
    assert len(letters(story)) == 1


def test_name_servers_that_never_answer_keep_nobodys_mail_waiting(story):
    """The maildrop is looked at while the keys are asked about."""

    class Silent:
        def __init__(self):
            self.asked = asyncio.Event()

        async def answer_with(self, asking):
            self.asked.set()
            await asyncio.Event().wait()

    class PickUp:
        def __init__(self):
            self.looked = asyncio.Event()

        async def look(self):
            self.looked.set()

    async def go():
        resolver, pick_up = Silent(), PickUp()
        keeping = Housekeeping(
            story.home, story.clock, story.door, None, pick_up, resolver, DkimSettings(), None, None, active=True
        )
        await keeping.start()
        try:
            await pick_up.looked.wait()
            story.clock.push(KEYS_S)
            await resolver.asked.wait()
            pick_up.looked.clear()
            keeping.look_now()
            await pick_up.looked.wait()
        finally:
            await keeping.stop()

    run(go())
