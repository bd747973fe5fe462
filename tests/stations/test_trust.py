"""What follows from where a letter comes from: which word counts, what the peer hears, where the letter goes."""

import asyncio
from dataclasses import replace

import pytest

from kit.inprocess import attack
from pyeonji.filters.front import FrontSettings
from pyeonji.filters.pipeline import ACCEPTED, Finding, Offered, Pipeline, Reason
from pyeonji.filters.trust import TrustSettings, judged, may_be_told
from pyeonji.journey.event import Decided, Filed, Refused, unpack
from pyeonji.message.header import parse_header
from pyeonji.msgauth.verdict import Arc, Dkim, Dmarc, Spf, Verdict
from pyeonji.proto.smtp import reply as replies
from pyeonji.store import allowed, directory
from pyeonji.store.allowed import Allowed
from pyeonji.store.settings import NEVER

NOTHING = Verdict(spf=Spf(result="none", domain="writer.test"))
SPF_FAIL = Verdict(spf=Spf(result="fail", domain="writer.test"))


def dmarc(result, policy, *, testing=False, arc=None, spf=NOTHING.spf):
    found = Dmarc(result=result, domain="writer.test", policy=policy, testing=testing)
    return Verdict(spf=spf, dmarc=found, arc=arc or Arc(result="none"))


UNHEARD = replace(NOTHING, dmarc=Dmarc(result="temperror", domain="writer.test", unheard=True))
PASSED_ON = Arc(result="pass", sealers=("far.test", "list.test"), dmarc=("none", "pass"))
HANDED_ON = replace(PASSED_ON, dmarc=("pass", "fail"))


@pytest.mark.parametrize(
    ("verdict", "settings", "action"),
    [
        (NOTHING, {}, "accept"),
        (dmarc("pass", "reject"), {}, "accept"),
        (dmarc("fail", "none"), {}, "accept"),
        (dmarc("fail", "quarantine"), {}, "junk"),
        (dmarc("fail", "quarantine"), {"dmarc_quarantine": "accept"}, "accept"),
        (dmarc("fail", "reject"), {}, "refuse"),
        (dmarc("fail", "reject"), {"dmarc_reject": "junk"}, "junk"),
        (dmarc("fail", "reject", testing=True), {}, "junk"),
        (dmarc("fail", "quarantine", testing=True), {}, "accept"),
        # Nobody could say: come again, but only where the answer may matter.
        (dmarc("temperror", "reject"), {}, "later"),
        (dmarc("temperror", "quarantine"), {}, "later"),
        (dmarc("temperror", "reject"), {"dmarc_reject": "junk"}, "later"),
        (dmarc("temperror", "reject"), {"dmarc_reject": "accept"}, "accept"),
        (dmarc("temperror", "quarantine"), {"dmarc_quarantine": "accept"}, "accept"),
        (dmarc("temperror", "quarantine", testing=True), {}, "accept"),
        (dmarc("temperror", "none"), {}, "accept"),
        (dmarc("permerror", "none"), {}, "accept"),
        # What is wanted is not known: the same, unless nothing would be done about it whatever it is.
        (UNHEARD, {}, "later"),
        (UNHEARD, {"dmarc_unheard": "junk"}, "junk"),
        (replace(UNHEARD, arc=PASSED_ON), {}, "later"),
        (replace(UNHEARD, arc=PASSED_ON), {"trusted_sealers": ("list.test",)}, "accept"),
        (dmarc("temperror", "reject", arc=PASSED_ON), {"trusted_sealers": ("list.test",)}, "accept"),
        (UNHEARD, {"dmarc_unheard": "accept"}, "accept"),
        (UNHEARD, {"dmarc_reject": "junk"}, "later"),
        (UNHEARD, {"dmarc_reject": "accept", "dmarc_quarantine": "accept"}, "accept"),
        # SPF alone decides nothing, unless you say so, and never against DMARC.
        (SPF_FAIL, {}, "accept"),
        (SPF_FAIL, {"spf_fail": "refuse"}, "refuse"),
        (SPF_FAIL, {"spf_fail": "junk"}, "junk"),
        (dmarc("pass", "none", spf=SPF_FAIL.spf), {"spf_fail": "refuse"}, "accept"),
        (dmarc("fail", "none", spf=SPF_FAIL.spf), {"spf_fail": "refuse"}, "refuse"),
        (replace(NOTHING, spf=Spf(result="softfail", domain="writer.test")), {"spf_fail": "refuse"}, "accept"),
        # A forwarder's word counts only when it is a trusted one's, and the last.
        (dmarc("fail", "reject", arc=PASSED_ON), {}, "refuse"),
        (dmarc("fail", "reject", arc=PASSED_ON), {"trusted_sealers": ("list.test",)}, "accept"),
        (dmarc("fail", "reject", arc=PASSED_ON), {"trusted_sealers": ("far.test",)}, "refuse"),
        # And only for what it found good itself, or got from another one that did (A10).
        (dmarc("fail", "reject", arc=HANDED_ON), {"trusted_sealers": ("list.test",)}, "refuse"),
        (dmarc("fail", "reject", arc=HANDED_ON), {"trusted_sealers": ("far.test", "list.test")}, "accept"),
        (
            dmarc("fail", "reject", arc=replace(HANDED_ON, dmarc=("", ""))),
            {"trusted_sealers": ("list.test",)},
            "refuse",
        ),
        (dmarc("fail", "reject", arc=replace(PASSED_ON, result="fail")), {"trusted_sealers": ("list.test",)}, "refuse"),
    ],
)
def test_what_follows_from_a_verdict(verdict, settings, action):
    found = judged(TrustSettings(**settings), verdict, "")
    assert found.action == action
    assert (found.reply is None) == (action in ("accept", "junk"))


@pytest.mark.parametrize("action", ["refuse", "junk", "accept"])
def test_a_letter_without_an_author_is_treated_as_you_say(action):
    found = judged(TrustSettings(no_author=action), NOTHING, "2 From fields")
    assert found.action == action
    assert found.reasons == (Reason("author", "", "unclear: 2 From fields"),)


@pytest.mark.parametrize(
    ("result", "signed", "told"),
    [
        ("pass", (), True),
        ("none", (), True),
        ("fail", (), False),
        ("softfail", (), False),
        ("permerror", (), True),
        ("fail", ("writer.test",), True),
        ("fail", ("mail.writer.test",), True),
        ("fail", ("attack.test",), False),  # anybody can sign as himself
        ("fail", ("notwriter.test",), False),
    ],
)
def test_who_disowns_a_letter_hears_nothing_of_it(result, signed, told):
    """S16."""
    dkim = tuple(Dkim(result="pass", domain=domain) for domain in signed)
    assert may_be_told(Verdict(spf=Spf(result=result, domain="writer.test"), dkim=dkim)) is told


def test_a_broken_signature_vouches_for_nothing():
    broken = Verdict(spf=SPF_FAIL.spf, dkim=(Dkim(result="fail", domain="writer.test"),))
    assert not may_be_told(broken)


# ── several filters ──


@pytest.fixture
def offered():
    octets = b"From: a@writer.test\r\n\r\nx\r\n"
    return Offered(
        ip="192.0.2.7", hello="mx.writer.test", reverse_path=None, forward_paths=(), header=parse_header(octets),
        size=len(octets), read=lambda start, size: octets[start : start + size],
    )  # fmt: skip


class Says:
    """A filter that always finds the same; `asked` counts how often."""

    def __init__(self, **finding):
        self.finding, self.asked = Finding(**finding), 0

    async def look(self, letter):
        self.asked += 1
        self.letter = letter
        return self.finding


REFUSES = {"action": "refuse", "reply": replies.LOOKS_LIKE_SPAM, "reasons": (Reason("spam", "9", "refuse"),)}
LATER = {"action": "later", "reply": replies.GREYLISTED}


@pytest.mark.parametrize(
    ("said", "action", "asked"),
    [
        ([{}, {}], "accept", 2),
        ([{"action": "junk"}, {}], "junk", 2),
        ([{"action": "junk"}, REFUSES], "refuse", 2),
        ([REFUSES, {}], "refuse", 1),
        ([LATER, REFUSES], "later", 1),
    ],
)
def test_the_gravest_word_counts(said, action, asked, offered):
    filters = [Says(**finding) for finding in said]
    found = asyncio.run(Pipeline(filters).look(offered))
    assert found.action == action
    assert sum(one.asked for one in filters) == asked


def test_a_filter_knows_what_those_before_it_found(offered):
    second = Says(fields=b"B: 2\r\n", silent=True)
    found = asyncio.run(Pipeline([Says(verdict=NOTHING, fields=b"A: 1\r\n"), second]).look(offered))
    assert second.letter.verdict is NOTHING
    assert found == Finding(verdict=NOTHING, fields=b"B: 2\r\nA: 1\r\n", silent=True)
    assert asyncio.run(Pipeline().look(offered)) == ACCEPTED


# ── in a conversation ──

STRANGERS = FrontSettings(proxies=("127.0.0.0/8",), greet_pause=NEVER)
LETTER = b"From: a@writer.test\r\nSubject: x\r\n\r\nx\r\n"


def talk(tmp_path, filter_, story, *, ip=b"192.0.2.7", to=(b"kim@here.test",), before=lambda home: None):
    """A stranger's letter; `story` is given the stations, what was said, and the events of the journey."""

    async def whole(stations):
        before(stations.home)
        client = await stations.client("smtp", greeted=False)
        await client.send(b"PROXY TCP4 %b 198.51.100.7 56324 25\r\n" % ip)
        await client.until(b"220 ")
        await client.send(b"EHLO mx.writer.test\r\n")
        await client.until(b"250 ")
        rcpts = b"".join(b"RCPT TO:<%b> NOTIFY=FAILURE,SUCCESS\r\n" % one for one in to)
        said = await client.last(
            b"MAIL FROM:<a@writer.test>\r\n%bBDAT %d LAST\r\n%bQUIT\r\n" % (rcpts, len(LETTER), LETTER)
        )
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey ORDER BY id", {}))
        assert not stations.troubles, stations.troubles
        story(stations, said, [event for (packed,) in rows for event in unpack(packed)])

    attack(tmp_path, whole, front=STRANGERS, filters=filter_)


def test_a_letter_that_is_refused_is_nowhere(tmp_path):
    def story(stations, said, events):
        assert b"\r\n550 5.7.1 This message looks like spam\r\n" in said
        assert stations.letters() == []
        assert [(one.because, one.reply) for one in events if isinstance(one, Refused)] == [
            ("spam", "550 5.7.1 This message looks like spam")
        ]
        assert [(one.rule, one.value, one.outcome) for one in events if isinstance(one, Decided)][-1:] == [
            ("spam", "9", "refuse")
        ]

    talk(tmp_path, Says(**REFUSES), story)


def test_a_letter_that_is_junk_lies_with_junk(tmp_path):
    def story(stations, said, events):
        assert b"250 2.0.0 Ok: queued" in said
        filed = [(one.address, one.mailbox) for one in events if isinstance(one, Filed)]
        assert filed == [("kim@here.test", "Junk"), ("lee@here.test", "Junk")]
        boxes = stations.home.engine.read_now(
            lambda tx: tx.all("SELECT b.name FROM entry e JOIN mailbox b ON b.id = e.mailbox_id", {})
        )
        assert boxes == [("Junk",), ("Junk",)]

    talk(tmp_path, Says(action="junk"), story, to=(b"kim@here.test", b"lee@here.test"))


PROVEN = {"action": "junk", "verdict": Verdict(spf=NOTHING.spf, dmarc=Dmarc(result="pass", domain="writer.test"))}


@pytest.mark.parametrize(
    ("ip", "network", "found", "mailbox"),
    [
        (b"192.0.2.7", "192.0.2.0/24", {"action": "junk"}, "INBOX"),
        (b"198.18.0.7", "192.0.2.0/24", {"action": "junk"}, "Junk"),  # a forger, who writes from elsewhere
        (b"198.18.0.7", "192.0.2.0/24", PROVEN, "INBOX"),
        (b"192.0.2.7", "", {"action": "junk"}, "Junk"),  # nothing vouches for him today
        (b"192.0.2.7", None, PROVEN, "Junk"),  # whoever has allowed nobody
        (b"192.0.2.7", "192.0.2.0/24", REFUSES, None),  # what is refused is not even junk
    ],
)
def test_whom_somebody_allows_lies_in_his_inbox_and_nobody_elses(tmp_path, ip, network, found, mailbox):
    def before(home):
        kim = home.engine.read_now(directory.account, "kim@here.test").id
        if network is not None:
            home.engine.write_now(allowed.add, Allowed(kim, "a@writer.test", network, 1))

    def story(stations, said, events):
        filed = {one.address: one.mailbox for one in events if isinstance(one, Filed)}
        assert filed == ({"kim@here.test": mailbox, "lee@here.test": "Junk"} if mailbox else {})
        told = [(one.value, one.outcome, one.recipient) for one in events
                if isinstance(one, Decided) and one.rule == "allowed"]  # fmt: skip
        assert told == ([("a@writer.test", "inbox", 1)] if mailbox == "INBOX" else [])

    talk(tmp_path, Says(**found), story, ip=ip, to=(b"kim@here.test", b"lee@here.test"), before=before)


def test_what_a_filter_writes_stands_on_top(tmp_path):
    def story(stations, said, events):
        (letter,) = stations.letters()
        assert letter.startswith(b"Return-Path: <a@writer.test>\r\nX-Found: yes\r\nReceived: from mx.writer.test")

    talk(tmp_path, Says(fields=b"X-Found: yes\r\n"), story)


@pytest.mark.parametrize("silent", [True, False])
def test_a_letter_whose_writer_is_forged_is_never_answered(tmp_path, silent):
    """S16, with its negative control: without it the report that was asked for is owed."""

    def story(stations, said, events):
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT notify, state FROM recipient", {}))
        assert rows == ([("NEVER", "done")] if silent else [("FAILURE,SUCCESS", "arrived")])

    talk(tmp_path, Says(silent=silent), story)


@pytest.mark.parametrize("ip", [b"127.0.0.1", b"10.0.0.1", b"192.168.1.1"])
def test_who_is_no_stranger_is_not_looked_at(tmp_path, ip):
    def story(stations, said, events):
        assert b"250 2.0.0 Ok: queued" in said

    talk(tmp_path, Says(**REFUSES), story, ip=ip)
