"""Encryption all the way, or none needed, as the writer wants it (RFC 8689): asked for, kept, honoured, said on."""

import pytest

from kit.inprocess import STARTTLS, attack
from kit.sending import FakeMx, run
from kit.web import AUTHORITY
from pyeonji.acceptance.letter import Origin, wish_of
from pyeonji.journey.event import Failed
from pyeonji.message.header import parse_header
from pyeonji.relay.trust import demand as demands
from stations.test_relay_trust import DOMAIN, HOST, POLICY, PROMISES, STS, sent, server, serving

KEYWORDS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")
PROMISING = (*KEYWORDS, "REQUIRETLS")


def promising(kind="good", keywords=PROMISING):
    return server(kind, keywords=keywords)


def mails(mx):
    return [line for line in mx.lines if line.startswith("MAIL")]


def status(events):
    return [event.reply.split(" ")[1] for event in events if isinstance(event, Failed)]


HONOURED = ["sts enforce", "sts testing", "dane good", "dane unusable"]


@pytest.mark.parametrize("promise", HONOURED)
def test_a_server_that_promises_and_proves_it_gets_the_letter_with_the_demand(tmp_path, promise):
    mx = promising()
    states, _, _, _ = run(sent(tmp_path, promise, mx, tls="required"))
    assert states == ["done"]
    assert [" REQUIRETLS" in line for line in mails(mx)] == [True]


REFUSED = [
    ("sts enforce", ("good", KEYWORDS), "5.7.30"),
    ("sts enforce", ("none",), "5.7.10"),
    ("sts enforce", ("broken",), "5.7.10"),
    ("sts enforce", ("wrong name",), "5.7.10"),
    ("sts enforce", ("expired",), "5.7.10"),
    ("sts testing", ("unknown",), "5.7.10"),
    ("dane good", ("unknown",), "5.7.10"),
    ("sts, other host", ("good",), "5.7.10"),
    ("dane, no answer", ("good",), "5.7.10"),
    ("nothing", ("good",), "5.7.10"),  # nobody vouches that this host is the domain's
    ("required", ("good",), "5.7.10"),
]


@pytest.mark.parametrize(("promise", "kind", "code"), REFUSED)
def test_where_it_cannot_be_promised_the_letter_comes_back_at_once(tmp_path, promise, kind, code):
    mx = promising(*kind)
    states, events, _, inbox = run(sent(tmp_path, promise, mx, then=lambda node: node.inbox(), tls="required"))
    assert states == ["bounced"]
    assert status(events) == [code]
    assert mails(mx) == mx.letters == []
    assert f"Status: {code}".encode() in inbox[0]


@pytest.mark.parametrize(("promise", "kind", "code"), REFUSED[:5])
def test_without_the_demand_of_the_writer_it_would_go_or_wait(tmp_path, promise, kind, code):
    """Negative control: nothing of it comes back at once."""
    mx = promising(*kind)
    assert run(sent(tmp_path, promise, mx))[0] in (["done"], ["waiting"])


def test_another_host_that_can_promise_it_gets_it(tmp_path):
    zone = {**STS, (DOMAIN, "MX"): (f"10 {HOST}", "20 mx2.one.example"), ("mx2.one.example", "A"): ("127.0.0.1",)}
    policy = POLICY.replace(f"mx: {HOST}", "mx: *.one.example")
    second = FakeMx(tls=serving(AUTHORITY.issue_cert("mx2.one.example")), keywords=PROMISING)
    hosts = {HOST: promising(keywords=KEYWORDS), "mx2.one.example": second}
    assert run(sent(tmp_path, (zone, policy, {}), None, hosts=hosts, tls="required"))[0] == ["done"]
    assert len(second.letters) == 1


def test_what_came_back_has_no_body_and_keeps_the_demand(tmp_path):
    """RFC 8689 §5, even where the writer wanted all of it back."""

    def bounce(node):
        rows = node.home.engine.read_now(lambda tx: tx.all("SELECT tls, via FROM message ORDER BY id"))
        return node.inbox()[0], rows

    mx = promising(keywords=KEYWORDS)
    _, _, _, (octets, rows) = run(sent(tmp_path, "sts enforce", mx, then=bounce, tls="required", ret="FULL"))
    assert b"Subject: hi" in octets
    assert b"Hello" not in octets
    assert ("required", "bounce") in rows


@pytest.mark.parametrize(("keywords", "said"), [(PROMISING, [True]), (KEYWORDS, [False])])
def test_a_report_says_the_demand_on_but_is_not_held_up_by_it(tmp_path, keywords, said):
    mx = promising(keywords=keywords)
    assert run(sent(tmp_path, "nothing", mx, tls="required", reverse_path=""))[0] == ["done"]
    assert [" REQUIRETLS" in line for line in mails(mx)] == said


@pytest.mark.parametrize("kind", ["good", "wrong name", "expired", "unknown", "none", "broken"])
@pytest.mark.parametrize("promise", [name for name in PROMISES if name != "required"])
def test_a_letter_that_need_not_be_encrypted_is_held_up_by_nothing(tmp_path, promise, kind):
    """It is still encrypted where that can be had."""
    mx = server(kind)
    assert run(sent(tmp_path, promise, mx, tls="optional"))[0] == ["done"]
    assert ("STARTTLS" in mx.lines) is (kind != "none")


def test_the_demand_is_not_said_to_a_server_that_does_not_know_it(tmp_path):
    mx = promising(keywords=KEYWORDS)
    run(sent(tmp_path, "nothing", mx))
    assert [" REQUIRETLS" in line for line in mails(mx)] == [False]


def test_without_the_rule_a_letter_would_go_to_a_server_nobody_vouches_for(tmp_path, monkeypatch):
    """Negative control: the demand taken for none."""
    monkeypatch.setattr(demands, "_required", lambda known, setting: demands.demand_of(known, setting))
    mx = promising(keywords=KEYWORDS)
    assert run(sent(tmp_path, "nothing", mx, tls="required"))[0] == ["done"]


WISHES = [
    (False, b"", ""),
    (True, b"", "required"),
    (False, b"TLS-Required: No\r\n", "optional"),
    (False, b"tls-required:  no  \r\n", "optional"),
    (False, b"TLS-Required: Yes\r\n", ""),
    (True, b"TLS-Required: No\r\n", "required"),
]


@pytest.mark.parametrize(("requiretls", "field", "wish"), WISHES)
def test_the_parameter_counts_before_the_field(requiretls, field, wish):
    origin = Origin(number=1, at_us=1, via="smtp", reverse_path=None, requiretls=requiretls)
    assert wish_of(origin, parse_header(b"Subject: hi\r\n" + field + b"\r\n")) == wish


def test_a_demand_that_came_in_is_kept_with_the_letter(tmp_path):
    async def story(stations):
        client = await stations.client("smtp")
        assert b"REQUIRETLS" not in await client.say(b"EHLO x.test\r\n")
        await client.say(STARTTLS["smtp"])
        await client.start_tls()
        assert b"REQUIRETLS" in await client.say(b"EHLO x.test\r\n")
        for letter in (b"", b" REQUIRETLS"):
            await client.say(b"MAIL FROM:<lee@far.test>%b\r\n" % letter)
            await client.say(b"RCPT TO:<kim@here.test>\r\n")
            await client.say(b"DATA\r\n")
            assert b"queued" in await client.say(b"TLS-Required: No\r\nSubject: hi\r\n\r\nhello\r\n.\r\n")
        rows = stations.home.engine.read_now(lambda tx: tx.all("SELECT tls FROM message ORDER BY id"))
        assert rows == [("optional",), ("required",)]

    attack(tmp_path, story)
