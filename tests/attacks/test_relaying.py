"""S13-S18, S20: strangers send only to us, users only as themselves, and odd addresses are only addresses."""

import pytest

from kit.inprocess import KIM, attack
from pyeonji.delivery.expand import Expansion
from pyeonji.intake import rules, smtpd
from pyeonji.proto.smtp.limits import Limits
from pyeonji.store import directory, quota
from pyeonji.submission import door

REVERSE_PATHS = (b"<a@elsewhere.test>", b"<>", b"<kim@here.test>", b"<a@[127.0.0.1]>")
ELSEWHERE = (
    b"<user%other.test@here.test>", b"<other.test!user@here.test>", b"<@here.test:user@other.test>",
    b'<"user@other.test"@here.test>', b'<"user%other.test">', b"<user@here.test@other.test>", b"<user@other.test>",
    b"<user@[127.0.0.1]>", b"<user@[IPv6:::ffff:127.0.0.1]>", b"<user@OTHER.TEST.>", b"<user@here.test.>",
    b"<@a,@b:user@other.test>", b"<user@other.test%here.test>", b"user@other.test", b"<user@other.test",
    b"<kim@here.test,user@other.test>", b"<kim@here.test> <user@other.test>", b"<kim@here.test:25>",
    b"<user@xn--other-.test>", b"<user@\xe2\x80\xaehere.test>",
)  # fmt: skip
ODD = (
    b'<""@here.test>', b'<";id;"@here.test>', b"<-x@here.test>", b"<../../x@here.test>", b"<|/bin/sh@here.test>",
    b"<" + b"x" * 65 + b"@here.test>", b"<\xec\xb2@here.test>", b"<'@here.test>", b"<'or'1'='1@here.test>",
    b"<%@here.test>", b"<_im@here.test>", b"<ki%@here.test>", b"<k*@here.test>", b"<)(uid=*@here.test>",
    b"<kim@here.test';drop/**/table/**/message>", b'<"a\\\r"@here.test>', b"<$HOME@here.test>", b"<`id`@here.test>",
)  # fmt: skip


async def taken(stations, service, reverse_path, forward_path):
    """Is this forward-path taken from a stranger?"""
    client = await stations.client(service)
    said = await client.last(
        b"%b x.test\r\nMAIL FROM:%b\r\nRCPT TO:%b\r\nQUIT\r\n"
        % (b"LHLO" if service == "lmtp" else b"EHLO", reverse_path, forward_path)
    )
    answer = said.rstrip().split(b"\r\n")[-2]
    assert answer[:3] in (b"250", b"501", b"503", b"530", b"550", b"551", b"553", b"555"), (forward_path, said)
    return answer.startswith(b"250 2.1.5")


@pytest.mark.parametrize("service", ["smtp", "lmtp", "submission"])
def test_strangers_send_to_nobody_but_us(tmp_path, service):
    async def story(stations):
        for reverse_path in REVERSE_PATHS:
            for forward_path in ELSEWHERE + ODD:
                assert not await taken(stations, service, reverse_path, forward_path), (reverse_path, forward_path)
        assert stations.count("recipient") == 0
        assert await taken(stations, "smtp", b"<>", b"<kim@here.test>")
        assert stations.count("account") == 2

    assert len(REVERSE_PATHS) * len(ELSEWHERE + ODD) >= 40
    attack(tmp_path, story)


def test_without_the_rule_the_probes_would_be_taken(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(rules, "forward_path_refusal", lambda *args, **facts: None)
    monkeypatch.setattr(Expansion, "is_nobody", property(lambda self: False))

    async def story(stations):
        found = [path for path in ELSEWHERE if await taken(stations, "smtp", b"<>", path)]
        assert len(found) >= 4

    attack(tmp_path, story)


def test_a_trusted_network_may_relay(tmp_path):
    """Negative control: the probes come from where it would be allowed."""

    async def story(stations):
        assert await taken(stations, "smtp", b"<a@b.test>", b"<user@other.test>")

    attack(tmp_path, story, trusted=("127.0.0.0/8",))


BLIND = b"""From: a@b.test\r
To: kim@here.test\r
Bcc: lee@here.test,\r
 user@other.test\r
bcc: x@other.test\r
Resent-Bcc: y@other.test\r
X-PYEONJI-Metadata : {"user":\r
 "7 of other.test"}\r
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r
X-PHP-Originating-Script: 33:reset.php\r
Subject: bcc\r
\r
Bcc: is only text here\r
"""


async def handed_in(stations, octets):
    client = await stations.client("smtp", hello=True)
    said = await client.last(
        b"MAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\nBDAT %d LAST\r\n%bQUIT\r\n" % (len(octets), octets)
    )
    assert b"queued as" in said, said
    (letter,) = stations.letters()
    return letter


def test_a_machine_of_ours_that_writes_into_a_letter_what_is_nobodys_business_shows_it_to_nobody(tmp_path):
    async def story(stations):
        letter = await handed_in(stations, BLIND)
        assert letter.endswith(b"To: kim@here.test\r\nSubject: bcc\r\n\r\nBcc: is only text here\r\n")
        assert b"other.test" not in letter

    attack(tmp_path, story, trusted=("127.0.0.0/8",))


def test_a_strangers_letter_is_kept_as_it_came(tmp_path):
    async def story(stations):
        assert (await handed_in(stations, BLIND)).endswith(BLIND)

    attack(tmp_path, story)


@pytest.mark.parametrize("command", [b"XCLIENT ADDR=127.0.0.1", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 25", b"ETRN here.test",
                                     b"WIZ", b"DEBUG", b"TURN",
                                     b"XFORWARD ADDR=10.0.0.1", b"EXPN all", b"SEND FROM:<>"])  # fmt: skip
def test_old_doors_are_closed(tmp_path, command):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        assert (await client.last(command + b"\r\n"))[:3] in (b"500", b"502", b"550"), command

    attack(tmp_path, story)


def test_vrfy_tells_nothing(tmp_path):
    async def story(stations):
        for who in (b"kim@here.test", b"nobody@here.test"):
            client = await stations.client("smtp", hello=True)
            assert (await client.last(b"VRFY " + who + b"\r\n")).startswith(b"252")

    attack(tmp_path, story)


def looping(hops):
    return b"Received: from a by b; Mon, 1 Jan 2026 00:00:00 +0000\r\n" * hops + b"Subject: x\r\n\r\nx\r\n"


async def posted(stations, service, content, reverse_path=b"kim@here.test", forward_path=b"lee@here.test"):
    client = await stations.client(service, hello=True, login=service == "submission")
    said = await client.last(
        b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nBDAT %d LAST\r\n%b" % (reverse_path, forward_path, len(content), content)
    )
    return said.split(b"\r\n")


@pytest.mark.parametrize("service", ["smtp", "submission", "lmtp"])
def test_a_letter_that_goes_in_circles_is_stopped(tmp_path, service, monkeypatch):
    async def story(stations):
        assert (await posted(stations, service, looping(101)))[-2].startswith(b"554 5.4.6")
        assert stations.count("message") == 0
        monkeypatch.setattr(rules, "MAX_RECEIVED", 1_000)  # negative control
        assert b"queued as" in (await posted(stations, service, b"From: kim@here.test\r\n" + looping(101)))[-2]

    attack(tmp_path, story)


FORGED = {
    "another's reverse-path": (b"lee@here.test", b"From: kim@here.test\r\n\r\nx"),
    "a stranger's reverse-path": (b"boss@bank.test", b"From: kim@here.test\r\n\r\nx"),
    "another's From": (b"kim@here.test", b"From: lee@here.test\r\n\r\nx"),
    "two From fields": (b"kim@here.test", b"From: kim@here.test\r\nFrom: boss@bank.test\r\n\r\nx"),
    "two authors": (b"kim@here.test", b"From: kim@here.test, lee@here.test\r\n\r\nx"),
    "a stranger as author": (b"kim@here.test", b"From: kim@here.test <boss@bank.test>\r\n\r\nx"),
    "a group": (b"kim@here.test", b"From: all:kim@here.test;\r\n\r\nx"),
    "white space before the colon": (b"kim@here.test", b"From : boss@bank.test\r\n\r\nx"),
    "a From of nobody": (b"kim@here.test", b"From: x@here.test\r\n\r\nx"),
    "another as Sender": (b"kim@here.test", b"From: kim@here.test\r\nSender: lee@here.test\r\n\r\nx"),
    "a stranger as Sender": (b"kim@here.test", b"Sender: Boss <boss@bank.test>\r\nFrom: kim@here.test\r\n\r\nx"),
    "two Sender fields": (
        b"kim@here.test",
        b"From: kim@here.test\r\nSender: kim@here.test\r\nSender: boss@bank.test\r\n\r\nx",
    ),
    "a Sender that cannot be read": (b"kim@here.test", b"From: kim@here.test\r\nSender: boss\r\n\r\nx"),
    "a stranger sends it on": (b"kim@here.test", b"Resent-From: boss@bank.test\r\nFrom: kim@here.test\r\n\r\nx"),
    "a stranger sends it on again": (
        b"kim@here.test",
        b"Resent-From: kim@here.test\r\nResent-From: lee@here.test\r\nFrom: kim@here.test\r\n\r\nx",
    ),
    "another's secretary sends it on": (
        b"kim@here.test",
        b"Resent-From: kim@here.test\r\nResent-Sender: lee@here.test\r\nFrom: kim@here.test\r\n\r\nx",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_user_sends_only_as_himself(tmp_path, name):
    reverse_path, content = FORGED[name]

    async def story(stations):
        said = await posted(stations, "submission", content, reverse_path)
        assert b"queued as" not in b"".join(said), said
        assert stations.count("message") == 0
        own = b"From: Kim <kim@here.test>\r\nSender: kim+x@here.test\r\nResent-From: kim@here.test\r\n\r\nx"
        honest = await posted(stations, "submission", own)
        assert b"queued as" in honest[-2]

    attack(tmp_path, story)


@pytest.mark.parametrize("name", FORGED)
def test_without_the_rule_he_would_be_believed(tmp_path, name, monkeypatch):
    """Negative control."""

    async def anything(*args):
        return None

    monkeypatch.setattr(rules, "reverse_path_refusal", anything)
    monkeypatch.setattr(door.Door, "_check_author", anything)
    reverse_path, content = FORGED[name]

    async def story(stations):
        assert b"queued as" in (await posted(stations, "submission", content, reverse_path))[-2]

    attack(tmp_path, story)


# ── S16, S18: who is refused is refused at once, and nobody counts our mailboxes ──


def test_nothing_that_was_refused_comes_back_to_a_stranger(tmp_path):
    """A forged reverse-path must not hear of it (RFC 5321 §6.2): no bounce is ever written for what was not taken."""

    async def story(stations):
        stations.home.engine.write_now(quota.set_limits, stations.people[1].id, octets=10, messages=0)
        for recipient in (b"nobody@here.test", b"lee@here.test", b"x@other.test"):
            client = await stations.client("smtp", hello=True)
            said = await client.last(
                b"MAIL FROM:<victim@bank.test>\r\nRCPT TO:<%b>\r\nBDAT 2000 LAST\r\n%b" % (recipient, b"x" * 2_000)
            )
            assert b"queued as" not in said, recipient
        assert stations.count("message") == stations.count("recipient") == 0

    attack(tmp_path, story)


def test_a_list_of_guessed_names_is_not_read_to_its_end(tmp_path):
    async def story(stations):
        client = await stations.client("smtp", hello=True)
        guesses = b"".join(b"RCPT TO:<guess%d@here.test>\r\n" % number for number in range(1_000))
        said = await client.last(b"MAIL FROM:<a@b.test>\r\n" + guesses)
        assert said.count(b"550 5.1.1") == 20
        assert said.endswith(b"421 4.7.0 Too many errors, closing\r\n")

    attack(tmp_path, story)


def test_without_the_limit_it_would_be(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(smtpd, "Limits", lambda **given: Limits(**given, max_errors=10**9))

    async def story(stations):
        client = await stations.client("smtp", hello=True)
        guesses = b"".join(b"RCPT TO:<guess%d@here.test>\r\n" % number for number in range(1_000))
        assert (await client.last(b"MAIL FROM:<a@b.test>\r\n" + guesses)).count(b"550 5.1.1") == 1_000

    attack(tmp_path, story)


def test_a_name_said_in_ehlo_stays_one_word_of_the_received_field(tmp_path):
    """S25, S26: nobody writes trace fields for us."""

    async def story(stations):
        client = await stations.client("smtp")
        said = await client.last(
            b"EHLO x) by bank.test; (y <z>\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<lee@here.test>\r\n"
            b"BDAT 6 LAST\r\nA: b\r\n"
        )
        assert b"queued as" in said  # RFC 5321 §4.1.4: a strange name alone is no reason to refuse
        (letter,) = stations.letters()
        stamp = letter.split(b"Received:")[1].split(b"A: b")[0]
        assert b"by bank.test" not in stamp
        assert stamp.count(b"(") == stamp.count(b")") == 1

    attack(tmp_path, story)


def test_to_get_copies_is_not_to_own_the_name(tmp_path):
    """lee sends copies to kim; kim may answer as the alias both of them read, but not as lee."""

    async def story(stations):
        for address, target in (
            ("lee@here.test", "lee@here.test"), ("lee@here.test", KIM), ("all@here.test", KIM),
        ):  # fmt: skip
            stations.home.engine.write_now(directory.add_alias, address, target)
        said = await posted(stations, "submission", b"From: lee@here.test\r\n\r\nx", b"lee@here.test")
        assert b"queued as" not in b"".join(said)
        said = await posted(stations, "submission", b"From: all@here.test\r\n\r\nx", b"all@here.test")
        assert b"queued as" in said[-2]

    attack(tmp_path, story)


# who owns team@here.test, whose members are kim and lee -> may kim write as the team?
TEAMS = {"of lee": ("lee@here.test", False), "of kim": (KIM, True), "of nobody: an alias that both read": ("", True)}


@pytest.mark.parametrize("name", TEAMS)
def test_a_member_does_not_write_in_the_name_of_the_list(tmp_path, name):
    owner, may = TEAMS[name]

    async def story(stations):
        for member in (KIM, "lee@here.test"):
            stations.home.engine.write_now(directory.add_alias, "team@here.test", member, owner)
        said = await posted(stations, "submission", b"From: team@here.test\r\n\r\nx", b"team@here.test")
        assert (b"queued as" in b"".join(said)) is may

    attack(tmp_path, story)


# What the store may hold although no command would write it: an import, a hand, an older version.
LEADING_NOWHERE = {
    "no address": {"all@here.test": "not an address"},
    "nothing": {"all@here.test": ""},
    "an odd domain": {"all@here.test": "kim@-.test"},
    "a circle": {"all@here.test": "b@here.test", "b@here.test": "all@here.test"},
}


@pytest.mark.parametrize("service", ["smtp", "submission", "lmtp", "sendmail"])
@pytest.mark.parametrize("name", LEADING_NOWHERE)
def test_an_alias_that_leads_nowhere_defers_and_says_so(tmp_path, name, service):
    from pyeonji.journey.event import Refused, unpack

    async def story(stations):
        for address, target in LEADING_NOWHERE[name].items():
            stations.home.engine.write_now(directory.add_alias, address, target)
        said = await posted(stations, service, b"From: kim@here.test\r\n\r\nx", forward_path=b"all@here.test")
        assert b"451 4.3.5 That address is misconfigured here, try again later" in said
        for listener in stations.listeners:
            await listener.stop(0.5)
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT events FROM journey", {}))
        refusals = [event for (packed,) in rows for event in unpack(packed) if isinstance(event, Refused)]
        rule = "loop" if name == "a circle" else "bad target"
        assert any(event.because.startswith(f"{rule}: all@here.test → ") for event in refusals), refusals

    attack(tmp_path, story)


def test_the_others_of_a_list_get_their_letter_although_one_target_is_bad(tmp_path):
    async def story(stations):
        for target in ("not an address", KIM):
            stations.home.engine.write_now(directory.add_alias, "all@here.test", target)
        stations.home.engine.write_now(directory.set_catch_all, "here.test", "@@")
        said = await posted(stations, "smtp", b"From: a@b.test\r\n\r\nx", forward_path=b"all@here.test")
        assert b"queued as" in said[-2]
        said = await posted(stations, "smtp", b"From: a@b.test\r\n\r\nx", forward_path=b"nobody@here.test")
        assert b"451 4.3.5" in b"".join(said)

    attack(tmp_path, story)
