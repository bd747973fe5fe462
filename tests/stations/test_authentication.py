"""A whole server, a name server, real packets: letters of strangers, and what becomes of them."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from kit.aggregate import letter as report_letter
from kit.aggregate import packed, row, xml
from kit.patience import PATIENCE_S
from kit.signed import body_digest, ed25519_key
from kit.stored import person
from kit.tls_report import letter as tls_letter
from kit.tls_report import packed as tls_packed
from kit.tls_report import said as tls_said
from pyeonji.config.model import DnsSettings, Listen, default_settings
from pyeonji.daemon.assemble import Node, Outside
from pyeonji.filters import authenticate
from pyeonji.filters.front import FrontSettings
from pyeonji.filters.trust import TrustSettings
from pyeonji.journey.event import Decided, Filed, Refused, unpack
from pyeonji.journey.story import story
from pyeonji.journey.tell import story_text
from pyeonji.lab.dns import DnsServer
from pyeonji.message.header import parse_header
from pyeonji.msgauth.dkim.sign import SigningKey, record, signature
from pyeonji.msgauth.dmarc import evaluate
from pyeonji.msgauth.results import parse_results
from pyeonji.net.clock import SystemClock
from pyeonji.store import directory, dmarc, journey, messages, tls_seen
from pyeonji.store.settings import NEVER

GOOD, BAD = "192.0.2.1", "192.0.2.66"
KEY = SigningKey("good.test", "e1", ed25519_key())
HOSTNAME = "mx.here.test"
ZONE = {
    "good.test": {"TXT": [f'"v=spf1 ip4:{GOOD} -all"'], "A": [GOOD]},
    "_dmarc.good.test": {"TXT": ['"v=DMARC1; p=reject; rua=mailto:r@good.test"']},
    "e1._domainkey.good.test": {"TXT": [f'"{record(KEY.private)}"']},
    "mx.good.test": {"A": [GOOD]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["mx.good.test."]},
    "mild.test": {"TXT": [f'"v=spf1 ip4:{GOOD} -all"'], "A": [GOOD]},
    "_dmarc.mild.test": {"TXT": ['"v=DMARC1; p=quarantine"']},
    "bulk.test": {"TXT": [f'"v=spf1 ip4:{BAD} -all"'], "A": [BAD]},
    "far.test": {"TXT": [f'"v=spf1 ip4:{GOOD} -all"'], "A": [GOOD]},
    "_dmarc.far.test": {"TXT": ['"v=DMARC1; p=none"']},
    "quiet.test": {"A": [GOOD]},
    "away.test": {"A": [GOOD]},
}


def letter(author, subject=b"x"):
    return b"From: " + author + b"\r\nTo: kim@here.test\r\nSubject: " + subject + b"\r\n\r\nHello\r\n"


NOW_S = SystemClock().now_us() // 1_000_000


def signed(octets):
    header = parse_header(octets)
    return signature(header, body_digest(octets[header.body :]), KEY, NOW_S) + octets


@dataclass
class Outcome:
    said: bytes
    letters: list
    mailboxes: list
    decided: dict
    refused: list
    told: str
    asked: list
    reports: list
    tls_reports: list
    judged: list

    @property
    def results(self):
        value = parse_header(self.letters[0]).get(b"authentication-results")
        return {one.method: one.result for one in parse_results(value).results}


def sent(tmp_path, octets, *, ip=GOOD, reverse_path="kim@good.test", trust=None, broken=(), silent=()):
    """One letter by SMTP to one server."""

    async def run():
        dns = DnsServer(ZONE)
        dns.failing.update(broken)
        dns.silent.update(silent)
        await dns.start("127.0.0.1", 0)
        settings = replace(
            default_settings(tmp_path / "data"),
            hostname=HOSTNAME, listeners=(Listen("smtp", "127.0.0.1", 0),),
            dns=DnsSettings(nameservers=(f"127.0.0.1:{dns.port}",)),
            front=FrontSettings(proxies=("127.0.0.0/8",), greet_pause=NEVER), trust=trust or TrustSettings(),
        )  # fmt: skip
        node = Node(settings, Outside(indexer=False))
        node.home.engine.write_now(directory.add_domain, "here.test", 1)
        person(node.home, "kim@here.test")
        await node.start(local=False)
        try:
            said = await conversation(node.listeners[0]["port"], octets, ip, reverse_path)
            for listener in node._listeners:
                await listener.stop(0.5)
            await node.judging.flush()
            return outcome(node, said, dns)
        finally:
            await node.stop(0.1)
            await dns.stop()

    return asyncio.run(run())


async def conversation(port, octets, ip, reverse_path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"PROXY TCP4 %b 198.51.100.7 56324 25\r\n" % ip.encode())
    await reader.readuntil(b"220 ")
    await reader.readline()
    writer.write(b"EHLO mx.good.test\r\n")
    await reader.readuntil(b"250 ")
    await reader.readline()
    writer.write(b"MAIL FROM:<%b>\r\nRCPT TO:<kim@here.test>\r\n" % reverse_path.encode())
    writer.write(b"BDAT %d LAST\r\n%bQUIT\r\n" % (len(octets), octets))
    said = await asyncio.wait_for(reader.read(), PATIENCE_S)
    with contextlib.suppress(ConnectionError):
        writer.close()
        await writer.wait_closed()
    return said


def outcome(node, said, dns):
    def read(tx):
        rows = [unpack(packed) for (packed,) in tx.all("SELECT events FROM journey ORDER BY id", {})]
        numbers = [number for (number,) in tx.all("SELECT id FROM message ORDER BY id", {})]
        letters = [messages.content(tx, node.home.blobs, number) for number in numbers]
        stories = [
            story_text(story(number, journey.of_message(tx, number)), "en", now=node.clock.now_us())
            for number in numbers
        ]
        return [event for row in rows for event in row], letters, stories

    events, letters, stories = node.home.engine.read_now(read)
    return Outcome(
        said=said,
        letters=letters,
        mailboxes=[one.mailbox for one in events if isinstance(one, Filed)],
        decided={one.rule: one.outcome for one in events if isinstance(one, Decided)},
        refused=[(one.because, one.reply) for one in events if isinstance(one, Refused)],
        told="\n".join(stories),
        asked=dns.asked,
        reports=node.home.engine.read_now(dmarc.domains, 0),
        tls_reports=node.home.engine.read_now(tls_seen.domains, 0),
        judged=node.home.engine.read_now(lambda tx: tx.all("SELECT domain, judged, letters FROM dmarc_judged", {})),
    )


def test_a_letter_that_comes_from_where_it_says(tmp_path):
    found = sent(tmp_path, signed(letter(b"Kim <kim@good.test>")))
    assert b"250 2.0.0 Ok: queued" in found.said
    assert found.results == {"iprev": "pass", "spf": "pass", "dkim": "pass", "dmarc": "pass"}
    assert found.mailboxes == ["INBOX"]
    assert found.letters[0].startswith(
        b"Return-Path: <kim@good.test>\r\nAuthentication-Results: mx.here.test;\r\n iprev=pass"
    )
    assert "The letter does come from its author's domain good.test (DMARC pass)." in found.told
    assert "good.test has signed the letter, and it was not changed (DKIM pass)." in found.told


def test_one_of_the_two_is_enough(tmp_path):
    forwarded = sent(tmp_path / "1", signed(letter(b"kim@good.test")), ip=BAD)
    assert (forwarded.results["spf"], forwarded.results["dmarc"]) == ("fail", "pass")
    unsigned = sent(tmp_path / "2", letter(b"kim@good.test"))
    assert (unsigned.results["dkim"], unsigned.results["dmarc"]) == ("none", "pass")


def test_a_forged_letter_is_refused_as_the_domain_wishes(tmp_path):
    found = sent(tmp_path, letter(b"kim@good.test"), ip=BAD, reverse_path="x@bulk.test")
    said = b"550 5.7.26 Neither SPF nor DKIM says that good.test sent this, and its DMARC policy refuses it\r\n"
    assert said in found.said
    assert found.letters == []
    assert found.refused == [("trust", said.decode().strip())]
    assert found.decided["spf"] == "pass"
    assert found.decided["dmarc"] == "fail: not aligned: SPF for bulk.test"


def test_a_letter_that_was_changed_is_no_longer_its_writer_s(tmp_path):
    changed = signed(letter(b"kim@good.test")).replace(b"Hello", b"HellO")
    found = sent(tmp_path, changed, ip=BAD, reverse_path="x@bulk.test")
    assert b"550 5.7.26" in found.said
    assert found.decided["dkim"] == "fail: the body was changed"


def test_a_suspicious_letter_lies_with_junk(tmp_path):
    found = sent(tmp_path, letter(b"kim@mild.test"), ip=BAD, reverse_path="x@bulk.test")
    assert b"250 2.0.0 Ok: queued" in found.said
    assert found.results["dmarc"] == "fail"
    assert found.mailboxes == ["Junk"]
    assert "As mild.test wishes, it is filed with junk." in found.told


def test_who_says_nothing_is_heard(tmp_path):
    found = sent(tmp_path, letter(b"kim@quiet.test"), reverse_path="kim@quiet.test")
    assert found.results == {"iprev": "pass", "spf": "none", "dkim": "none", "dmarc": "none"}
    assert found.mailboxes == ["INBOX"]


def test_two_authors_are_refused(tmp_path):
    """A01."""
    found = sent(tmp_path, b"From: a@quiet.test\r\n" + letter(b"kim@good.test"))
    assert b"550 5.6.0 From must name the authors" in found.said
    assert found.decided["author"] == "unclear: 2 From fields"


def test_two_authors_would_be_taken(tmp_path):
    """Negative control of A01."""
    octets = b"From: a@quiet.test\r\n" + letter(b"kim@good.test")
    found = sent(tmp_path, octets, trust=TrustSettings(no_author="accept"))
    assert found.mailboxes == ["INBOX"]


def test_where_nobody_answers_a_letter_that_may_be_forged_is_to_come_again(tmp_path):
    found = sent(
        tmp_path, signed(letter(b"kim@good.test")), ip=BAD, reverse_path="x@bulk.test", broken=("_domainkey.good.test",)
    )
    assert b"451 4.7.24 " in found.said
    assert found.decided["trust"] == "later"


def test_while_nobody_says_what_is_wanted_a_letter_is_to_come_again(tmp_path):
    """A04: who can silence the servers of a domain must not write in its name."""
    found = sent(tmp_path, letter(b"kim@away.test"), reverse_path="kim@away.test", broken=("away.test",))
    assert b"451 4.7.24 " in found.said
    assert found.decided["dmarc"] == "temperror: no answer about _dmarc.away.test"
    assert found.letters == []


def test_taken_for_a_domain_that_wants_nothing_its_letter_would_be_taken(tmp_path):
    """Negative control of A04."""
    trust = TrustSettings(dmarc_unheard="accept")
    found = sent(
        tmp_path, letter(b"kim@away.test"), ip=BAD, reverse_path="x@bulk.test", broken=("away.test",), trust=trust
    )
    assert found.mailboxes == ["INBOX"]


def test_silence_is_not_waited_out_for_ever(tmp_path):
    """Letters of a domain whose servers stay silent arrive after all, with junk."""
    trust = TrustSettings(dmarc_patience=timedelta(0))
    found = sent(tmp_path, letter(b"kim@away.test"), reverse_path="kim@away.test", broken=("away.test",), trust=trust)
    assert found.results == {"iprev": "pass", "spf": "temperror", "dkim": "none", "dmarc": "temperror"}
    assert found.mailboxes == ["Junk"]
    assert "away.test has not said for long what it wants of such letters: it is filed with junk." in found.told


def test_who_is_vouched_for_need_not_wait_for_what_is_wanted_of_others(tmp_path):
    found = sent(tmp_path, letter(b"kim@good.test"), broken=("_dmarc.good.test", "_dmarc.test"))
    assert found.results == {"iprev": "pass", "spf": "pass", "dkim": "none", "dmarc": "temperror"}
    assert found.mailboxes == ["INBOX"]


def test_silence_holds_nobody_up_for_longer_than_the_deadline(tmp_path):
    trust = TrustSettings(deadline=timedelta(milliseconds=300), dmarc_unheard="accept")
    found = sent(tmp_path, letter(b"kim@away.test"), reverse_path="kim@away.test", silent=("",), trust=trust)
    assert found.results == {"iprev": "temperror", "spf": "temperror", "dkim": "none", "dmarc": "temperror"}


SOON = TrustSettings(deadline=timedelta(milliseconds=300))
UNPROVED = b"DKIM-Signature: v=1; a=rsa-sha256; d=%b; s=s%d; h=from; bh=eA==; b=eA==\r\n"


def by_slow_names(author, signers=(b"slow.test",)):
    """A letter whose signatures lead to names that never answer, one after the other."""
    return b"".join(UNPROVED % (signer, n) for n, signer in enumerate(signers)) + letter(author)


@pytest.mark.parametrize(
    ("author", "said", "mailboxes"),
    [
        (b"kim@good.test", b"550 5.7.26", []),
        (b"kim@below.good.test", b"550 5.7.26", []),  # its policy is found on the way up
        (b"kim@mild.test", b"250 2.0.0", ["Junk"]),
    ],
)
def test_names_that_never_answer_keep_nobody_from_hearing_the_author_s_domain(tmp_path, author, said, mailboxes):
    """A04: whom SPF and DKIM ask is the attacker's choice, and so is how long these take."""
    octets = by_slow_names(author)
    found = sent(tmp_path, octets, ip=BAD, reverse_path="x@bulk.test", silent=("slow.test",), trust=SOON)
    assert said in found.said
    assert found.mailboxes == mailboxes


@pytest.mark.parametrize("author", [b"kim@lame.good.test", b"kim@lame.mild.test"])
def test_a_subdomain_that_never_answers_does_not_hide_what_its_owner_wants(tmp_path, author):
    """A04: anybody may write in the name of one that was forgotten."""
    silent = ("lame.good.test", "lame.mild.test")
    found = sent(tmp_path, letter(author), ip=BAD, reverse_path="x@bulk.test", broken=silent)
    assert b"451 4.7.24 " in found.said
    assert found.mailboxes == []


def test_if_its_silence_were_the_last_word_it_would(tmp_path, monkeypatch):
    """Negative control of A04."""
    monkeypatch.setattr(evaluate, "targets", lambda domain: (domain,))
    octets, trust = letter(b"kim@lame.good.test"), TrustSettings(dmarc_unheard="accept")
    found = sent(tmp_path, octets, ip=BAD, reverse_path="x@bulk.test", broken=("lame.good.test",), trust=trust)
    assert found.mailboxes == ["INBOX"]


def test_with_one_time_for_all_of_it_a_forged_letter_would_be_taken(tmp_path, monkeypatch):
    """Negative control of A04."""
    monkeypatch.setattr(authenticate, "IDENTIFIERS", 1)
    monkeypatch.setattr(authenticate, "records_wanted", lambda domain: ())
    octets, trust = by_slow_names(b"kim@good.test"), replace(SOON, dmarc_unheard="accept")
    found = sent(tmp_path, octets, ip=BAD, reverse_path="x@bulk.test", silent=("slow.test",), trust=trust)
    assert found.mailboxes == ["INBOX"]


def test_signatures_that_never_answer_do_not_keep_the_next_one_from_being_judged(tmp_path):
    """A04: else "nobody could say" would stand in place of "there is no such key"."""
    octets = by_slow_names(b"kim@mild.test", [b"slow.test", b"slow.test", b"mild.test"])
    found = sent(tmp_path, octets, ip=BAD, reverse_path="x@bulk.test", silent=("slow.test",), trust=SOON)
    assert found.decided["dkim"] == "permerror: there is no key at s2._domainkey.mild.test"  # the last that is told
    assert found.mailboxes == ["Junk"]


def test_asked_one_after_the_other_they_would(tmp_path, monkeypatch):
    """Negative control of A04."""
    monkeypatch.setattr(authenticate, "keys_wanted", lambda header: ())
    octets = by_slow_names(b"kim@mild.test", [b"slow.test", b"slow.test", b"mild.test"])
    found = sent(tmp_path, octets, ip=BAD, reverse_path="x@bulk.test", silent=("slow.test",), trust=SOON)
    assert found.decided["dkim"].startswith("temperror")
    assert b"451 4.7.24" in found.said


@pytest.mark.parametrize(("most", "mailboxes"), [(0, ["Junk"]), (1, ["INBOX"])])
def test_a_signed_letter_that_was_sent_on_to_everybody_lies_with_junk(tmp_path, most, mailboxes):
    """A08; the second row is the negative control."""
    octets = signed(letter(b"kim@good.test").replace(b"To: kim@here.test", b"To: me@good.test"))
    found = sent(tmp_path, octets, ip=BAD, reverse_path="x@bulk.test", trust=TrustSettings(same_signature=most))
    assert found.results["dmarc"] == "pass"
    assert found.mailboxes == mailboxes
    assert found.decided.get("repeats") == ("junk" if most == 0 else None)


def test_a_large_letter_is_read_away_from_the_loop(tmp_path, monkeypatch):
    threads = []
    real = asyncio.to_thread
    monkeypatch.setattr(authenticate.asyncio, "to_thread", lambda *a: threads.append(a[0]) or real(*a))
    octets = letter(b"kim@good.test") + b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * 20_000
    found = sent(tmp_path, signed(octets))
    assert found.results["dkim"] == "pass"
    assert authenticate._feed in threads


@pytest.mark.parametrize(
    ("ip", "trust"), [("127.0.0.1", None), ("10.1.2.3", None), (BAD, TrustSettings(check="nobody"))]
)
def test_who_is_not_checked_costs_no_question(tmp_path, ip, trust):
    found = sent(tmp_path, letter(b"kim@good.test"), ip=ip, reverse_path="x@bulk.test", trust=trust)
    assert found.mailboxes == ["INBOX"]
    assert found.asked == []
    assert b"Authentication-Results" not in found.letters[0]


def test_a_field_of_ours_from_outside_is_replaced(tmp_path):
    """S25."""
    forged = b"Authentication-Results: mx.here.test; dmarc=pass header.from=quiet.test\r\n" + letter(b"kim@quiet.test")
    found = sent(tmp_path, forged, reverse_path="kim@quiet.test")
    assert parse_header(found.letters[0]).count(b"authentication-results") == 1
    assert found.results["dmarc"] == "none"


@pytest.mark.parametrize(("ip", "left"), [(GOOD, 0), ("10.0.0.1", 1)])
def test_what_a_stranger_says_of_spam_is_gone(tmp_path, ip, left):
    """S25: after it was checked, so that a signature over it holds.  A machine of ours may say so."""
    octets = signed(b"X-Spam-Status: No\r\n" + letter(b"kim@good.test"))
    found = sent(tmp_path, octets, ip=ip)
    assert parse_header(found.letters[0]).count(b"x-spam-status") == left
    assert left or found.results["dkim"] == "pass"


# ── reports of others about letters in our name (RFC 9990) ──

DAY_S = 86_400
YESTERDAY_S = (NOW_S // DAY_S - 1) * DAY_S
REPORT = packed(xml(row(letters=5), row("192.0.2.9", 2, "reject", "fail", "fail"), begins=YESTERDAY_S))
TO_COME = packed(xml(begins=99_999_999_999))  # the year 5138


def test_a_report_about_a_domain_here_is_read(tmp_path):
    found = sent(tmp_path, report_letter(REPORT), reverse_path="dmarc@far.test")
    assert found.reports == [dmarc.Count("here.test", 7, 5, 5, 5, 2)]
    assert found.mailboxes == ["INBOX"]
    assert "A report on letters in the name of here.test was read (pyeonji dmarc report here.test)." in found.told


@pytest.mark.parametrize(
    ("octets", "ip", "reverse_path", "kept"),
    [
        (report_letter(REPORT), "10.0.0.1", "dmarc@far.test", 1),  # from a machine of ours nothing has to pass
        (report_letter(REPORT), BAD, "x@bulk.test", 0),  # anybody could say that
        (report_letter(REPORT, author="dmarc@quiet.test"), GOOD, "dmarc@quiet.test", 0),
        (report_letter(packed(xml(domain="other.test"))), GOOD, "dmarc@far.test", 0),
        (report_letter(packed(xml(domain="sub.here.test", begins=YESTERDAY_S))), GOOD, "dmarc@far.test", 1),
        (report_letter(TO_COME), GOOD, "dmarc@far.test", 0),
        (report_letter(packed(b"<feedback/>")), GOOD, "dmarc@far.test", 0),
        (report_letter(packed(bytes(30 << 20))), GOOD, "dmarc@far.test", 0),
        (report_letter(REPORT).replace(b"Report Domain", b"Monthly"), GOOD, "dmarc@far.test", 0),
    ],
)
def test_only_what_can_be_believed_is_read(tmp_path, octets, ip, reverse_path, kept):
    found = sent(tmp_path, octets, ip=ip, reverse_path=reverse_path)
    assert b"250 2.0.0 Ok: queued" in found.said
    assert len(found.reports) == kept


# ── reports of others about their connections to us (RFC 8460) ──

YESTERDAY = f"{datetime.fromtimestamp(YESTERDAY_S, UTC):%Y-%m-%d}"
TLS = tls_packed(tls_said(9, ("certificate-expired", 2), day=YESTERDAY))


def test_a_report_on_connections_to_a_domain_here_is_read(tmp_path):
    found = sent(tmp_path, tls_letter(TLS), reverse_path="tls@far.test")
    assert (found.tls_reports, found.reports) == ([("here.test", 11, 9)], [])
    assert found.mailboxes == ["INBOX"]
    assert "A report on connections to here.test was read (pyeonji tls reports here.test)." in found.told


@pytest.mark.parametrize(
    ("octets", "ip", "reverse_path", "kept"),
    [
        (
            tls_letter(TLS),
            "10.0.0.1",
            "tls@far.test",
            1,
        ),  # from a machine of ours: the negative control of the next two
        (tls_letter(TLS), BAD, "x@bulk.test", 0),  # anybody could say that
        (tls_letter(TLS, author="tls@quiet.test"), GOOD, "tls@quiet.test", 0),
        (tls_letter(tls_packed(tls_said(domain="other.test"))), GOOD, "tls@far.test", 0),
        (tls_letter(tls_packed(["x"])), GOOD, "tls@far.test", 0),
        (tls_letter(tls_packed(tls_said(day="5138-01-01"))), GOOD, "tls@far.test", 0),
    ],
)
def test_only_a_tls_report_that_can_be_believed_is_read(tmp_path, octets, ip, reverse_path, kept):
    found = sent(tmp_path, octets, ip=ip, reverse_path=reverse_path)
    assert b"250 2.0.0 Ok: queued" in found.said
    assert len(found.tls_reports) == kept


# ── what we tell others of letters in their names (RFC 9990) ──


@pytest.mark.parametrize(
    ("octets", "ip", "path", "done"),
    [
        (letter(b"kim@good.test"), GOOD, "kim@good.test", "none"),
        (letter(b"kim@good.test"), BAD, "kim@bulk.test", "reject"),
        (letter(b"kim@good.test"), "10.0.0.1", "kim@good.test", None),  # a machine of ours is not checked
        (letter(b"kim@mild.test"), BAD, "kim@mild.test", None),  # its domain asks for nothing
    ],
)
def test_how_a_letter_fared_is_counted_for_who_asks(tmp_path, octets, ip, path, done):
    rows = sent(tmp_path, octets, ip=ip, reverse_path=path).judged
    found = [(domain, json.loads(text), letters) for domain, text, letters in rows]
    assert [(domain, one["ip"], one["done"], letters) for domain, one, letters in found] == (
        [("good.test", ip, done, 1)] if done else []
    )


def test_nothing_is_counted_where_that_is_switched_off(tmp_path):
    """Negative control of the last."""
    assert sent(tmp_path, letter(b"kim@good.test"), trust=TrustSettings(dmarc_reports=False)).judged == []
