"""What leaves us is signed for its author's domain (RFC 6376), what stays is not; the journey tells with which keys."""

import pytest

from kit.sending import FakeMx, run, sending
from kit.signed import verified
from kit.stored import person
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Decided
from pyeonji.store import directory, keys
from pyeonji.submission import door, sign
from pyeonji.submission.door import Draft
from pyeonji.submission.fixup import fixed
from pyeonji.submission.keys import add, make_all
from pyeonji.submission.sign import Signer

LEE, JUNG, FAR = "lee@us.example", "jung@us.example", "kim@one.example"
MADE = []


def made():
    """Keys take a while to make: once for all tests."""
    if not MADE:
        MADE.extend(make_all())
    return MADE


def with_keys(node, domain="us.example"):
    """Keys in use; the zone that has them."""
    now = node.clock.now_us()
    found = node.home.engine.write_now(add, domain, made(), now)
    for key in found:
        node.home.engine.write_now(keys.activate, domain, key.selector, now)
    return {(key.name, "TXT"): (key.record,) for key in found}


def letter(author=LEE, body=b"Hello  there \r\n"):
    return b"From: " + author.encode() + b"\r\nTo: kim@one.example\r\nSubject: hi\r\n\r\n" + body


async def sent(node, *recipients, content=None, reverse_path=LEE, via="submission", **facts):
    draft = Draft(
        content=letter() if content is None else content,
        reverse_path=parse_address(reverse_path) if reverse_path else None,
        recipients=tuple(Wanted(parse_address(address)) for address in recipients), via=via, **facts,
    )  # fmt: skip
    number = (await node.door.submit(draft)).number
    await node.manager.settle()
    return number


def at(tmp_path, story):
    async def go():
        mx = FakeMx(keywords=("PIPELINING", "SIZE 100000000", "8BITMIME"))
        async with sending(tmp_path, {"mx1": mx}) as node:
            person(node.home, JUNG)
            node.door.signer = Signer(node.home, node.clock)
            await story(node, mx)

    run(go())


def found_in(content, zone, node):
    return [
        (one.result, one.domain, one.algorithm) for one in verified(content, zone, node.clock.now_us() // 1_000_000)
    ]


BOTH = [("pass", "us.example", "rsa-sha256"), ("pass", "us.example", "ed25519-sha256")]


def test_a_letter_that_leaves_carries_two_good_signatures_and_its_journey_names_them(tmp_path):
    async def story(node, mx):
        zone = with_keys(node)
        number = await sent(node, FAR)
        assert found_in(mx.letters[0].content, zone, node) == BOTH
        (told,) = [event for event in node.kinds(number, Decided) if event.rule == "signed"]
        assert (told.value, told.outcome) == ("us.example", "20231114r, 20231114e")

    at(tmp_path, story)


def test_what_was_mended_is_signed_as_it_leaves(tmp_path):
    """Date and Message-ID are ours, and they are among what is signed."""

    async def story(node, mx):
        zone = with_keys(node)
        await sent(node, FAR)
        content = mx.letters[0].content
        assert b"\r\nMessage-ID: " in content
        assert found_in(content.replace(b"\r\nMessage-ID: <", b"\r\nMessage-ID: <x"), zone, node)[0][0] == "fail"

    at(tmp_path, story)


UNEVEN = letter().replace(b"Subject: hi\r\n", b"no field\r\nBcc: jung@us.example\r\nX-Pyeonji-Ref: r\r\n")


async def parted(node, mx):
    """How a reader parts our letter who looks for the first empty line, and what he finds of its signatures."""
    zone = with_keys(node)
    await sent(node, FAR, content=UNEVEN)
    head, _, body = mx.letters[0].content.partition(b"\r\n\r\n")
    return b"\r\nBcc: " in head or b"\r\nX-Pyeonji-" in head, body, found_in(mx.letters[0].content, zone, node)


def test_behind_a_line_that_is_no_field_nobody_finds_fields(tmp_path):
    async def story(node, mx):
        assert await parted(node, mx) == (False, UNEVEN[UNEVEN.index(b"no field") :], BOTH)

    at(tmp_path, story)


def test_without_an_empty_line_he_would_find_them(tmp_path, monkeypatch):
    """Negative control."""

    async def story(node, mx):
        assert (await parted(node, mx))[0]

    monkeypatch.setattr(door, "fixed", lambda head, **facts: fixed(head, **(facts | {"has_body": False})))
    at(tmp_path, story)


def test_a_letter_that_stays_here_is_not_signed(tmp_path):
    async def story(node, mx):
        with_keys(node)
        number = await sent(node, JUNG)
        assert [event for event in node.kinds(number, Decided) if event.rule == "signed"] == []
        assert all(b"DKIM-Signature" not in octets for octets in node.inbox())

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("author", "domain"),
    [
        (LEE, "us.example"),
        ("www@shop.us.example", "us.example"),
        ("www@a.b.shop.us.example", "us.example"),
        ("kim@one.example", None),
        ("kim@xus.example", None),
        ("kim@example", None),
        ("kim@localhost", None),
    ],
)
def test_a_letter_is_signed_for_the_domain_of_its_author_or_the_nearest_above_it_that_is_ours(author, domain, tmp_path):
    async def story(node, mx):
        zone = with_keys(node)
        await sent(node, FAR, content=letter(author), via="sendmail")
        assert {one[1] for one in found_in(mx.letters[0].content, zone, node)} == ({domain} if domain else set())

    at(tmp_path, story)


def test_a_letter_of_two_authors_of_different_domains_is_not_signed(tmp_path):
    async def story(node, mx):
        with_keys(node)
        await sent(node, FAR, content=letter("lee@us.example, kim@one.example"), via="sendmail")
        assert b"DKIM-Signature" not in mx.letters[0].content

    at(tmp_path, story)


def test_without_keys_in_use_nothing_is_signed(tmp_path):
    async def story(node, mx):
        node.home.engine.write_now(add, "us.example", made(), node.clock.now_us())
        await sent(node, FAR)
        assert b"DKIM-Signature" not in mx.letters[0].content

    at(tmp_path, story)


def test_a_large_letter_is_signed_in_pieces(tmp_path, monkeypatch):
    asked = []
    whole = sign._digest

    def noted(read, start, end):
        return whole(lambda at, size: asked.append(size) or read(at, size), start, end)

    monkeypatch.setattr(sign, "_digest", noted)

    async def story(node, mx):
        zone = with_keys(node)
        await sent(node, FAR, content=letter(body=b"line  of text \r\n" * 200_000 + b"\r\n\r\n"))
        assert found_in(mx.letters[0].content, zone, node) == BOTH
        assert len(asked) > 10
        assert max(asked) <= sign.STEP

    at(tmp_path, story)


def test_members_of_a_list_outside_get_the_writers_signature(tmp_path):
    async def story(node, mx):
        zone = with_keys(node)
        for target in (FAR, JUNG):
            node.home.engine.write_now(directory.add_alias, "team@us.example", target, LEE)
        await sent(node, "team@us.example")
        assert found_in(mx.letters[0].content, zone, node) == BOTH

    at(tmp_path, story)


def test_a_key_given_up_signs_no_more_when_it_is_forgotten_twenty_seconds_later(tmp_path):
    async def story(node, mx):
        with_keys(node)
        await sent(node, FAR)
        for key in node.home.engine.read_now(keys.keys_of, "us.example"):
            node.home.engine.write_now(keys.retire, "us.example", key.selector, node.clock.now_us())
        node.clock.push(sign.HELD_US / 1_000_000 + 1)
        await sent(node, FAR)
        assert [b"DKIM-Signature" in got.content for got in mx.letters] == [True, False]

    at(tmp_path, story)


def test_what_others_wrote_is_sealed_when_it_is_handed_on(tmp_path):
    """RFC 8617: for the domain of ours in whose name it goes on."""
    from kit.sealed import checked
    from kit.signed import LETTER, signed
    from kit.signed import zone as zone_of
    from pyeonji.acceptance.spool import Spool
    from pyeonji.message.header import parse_header

    async def story(node, mx):
        zone = with_keys(node)
        content = signed()
        spool = Spool(node.home.data / "spool", 7)
        spool.add(content)
        spool.finish()
        results = b"us.example; dkim=pass header.d=sender.test"
        fields, (told,) = await node.door.signer.sealed(
            spool.head, spool, ["one.example", "us.example"], results, "none"
        )
        assert (told.rule, told.value, told.outcome) == ("sealed", "us.example", "20231114r")
        found = checked(fields + content, zone | zone_of(), node.clock.now_us() // 1_000_000)
        assert (found.result, found.sealers) == ("pass", ("us.example",))
        assert await node.door.signer.sealed(spool.head, spool, ["one.example"], results, "none") == (b"", ())
        assert parse_header(fields).count(b"arc-seal") == 1
        assert content.endswith(LETTER)
        spool.discard()

    at(tmp_path, story)
