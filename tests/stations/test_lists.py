"""A list sends in its own name (RFC 5321 §3.9.2): what bounces comes to its owner, and nothing goes round."""

import pytest

from kit.inprocess import attack
from kit.sending import FakeMx, run, sending
from kit.stored import person
from pyeonji.address import parse_address
from pyeonji.delivery.expand import Expansion
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Accepted, Decided, Distributed, Filed
from pyeonji.message.report import parse_report
from pyeonji.store import directory, journey
from pyeonji.store.verify import verify
from pyeonji.submission.door import Draft, Refusal

OWNER, TEAM = "lee@us.example", "team@us.example"
WRITER = "park@far.example"
CONTENT = b"From: park@far.example\r\nSubject: hi\r\n\r\nHello\r\n"
FAR = "kim@one.example"


def lead(node, address, *targets, owner=""):
    for target in targets:
        node.home.engine.write_now(directory.add_alias, address, target, owner)


async def sent(node, *recipients, reverse_path=WRITER, content=CONTENT):
    """Through the door; the receipt number."""
    draft = Draft(
        content=content, reverse_path=parse_address(reverse_path) if reverse_path else None,
        recipients=tuple(Wanted(parse_address(address)) for address in recipients), via="submission",
    )  # fmt: skip
    number = (await node.door.submit(draft)).number
    await node.manager.settle()
    return number


def letters(node):
    """(receipt number, via, reverse-path) of all letters, oldest first."""
    sql = "SELECT id, via, reverse_path FROM message ORDER BY id"
    return node.home.engine.read_now(lambda tx: tx.all(sql))


def at(tmp_path, story, *, replies=None):
    """A node with the accounts lee (the owner) and jung, and a server elsewhere; `story(node, mx)`."""

    async def go():
        mx = FakeMx(replies=replies or {})
        async with sending(tmp_path, {"mx1": mx}) as node:
            person(node.home, "jung@us.example")
            await story(node, mx)
            assert verify(node.home) == []

    run(go())


def reverse_path(got):
    return got.mail.partition("<")[2].partition(">")[0]


def head(octets):
    return octets.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_members_outside_and_inside_get_it_from_the_owner(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, FAR, "jung@us.example", owner=OWNER)
        await sent(node, TEAM)
        (relayed,) = mx.letters
        assert reverse_path(relayed) == OWNER
        assert head(relayed.content)[0] == f"Delivered-To: {TEAM}"
        assert b"From: park@far.example" in relayed.content
        (filed,) = node.inbox()
        assert head(filed)[:2] == [f"Return-Path: <{OWNER}>", f"Delivered-To: {TEAM}"]

    at(tmp_path, story)


def test_the_bounce_of_a_member_comes_to_the_owner_and_not_to_the_writer(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, FAR, owner=OWNER)
        await sent(node, TEAM, reverse_path="jung@us.example")
        (bounce,) = node.inbox()
        assert f"To: <{OWNER}>" in bounce.decode() or f"To: {OWNER}" in bounce.decode()
        assert [told.final for told in parse_report(bounce).recipients] == [FAR]

    at(tmp_path, story, replies={"RCPT": "550 5.1.1 no such user here"})


def test_an_alias_without_an_owner_keeps_the_reverse_path(tmp_path):
    """Negative control of the first one; RFC 5321 §3.9.1."""

    async def story(node, mx):
        lead(node, TEAM, FAR)
        await sent(node, TEAM)
        assert reverse_path(mx.letters[0]) == WRITER
        assert len(letters(node)) == 1

    at(tmp_path, story)


def test_a_null_reverse_path_stays_null(tmp_path):
    """What a list hands on of a bounce is never bounced."""

    async def story(node, mx):
        lead(node, TEAM, FAR, owner=OWNER)
        await sent(node, TEAM, reverse_path="")
        assert [(via, path) for _, via, path in letters(node)] == [("submission", ""), ("list", "")]
        assert node.inbox() == []

    at(tmp_path, story, replies={"RCPT": "550 5.1.1 no such user here"})


def test_the_journeys_of_both_letters_know_each_other_and_members_are_told_in_theirs_alone(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, FAR, "jung@us.example", owner=OWNER)
        number = await sent(node, TEAM)
        (distributed,) = node.kinds(number, Distributed)
        assert (distributed.address, distributed.owner, node.states(number)) == (TEAM, OWNER, ["done"])
        (accepted,) = node.kinds(distributed.letter, Accepted)
        assert (accepted.parent, accepted.via, accepted.reverse_path) == (number, "list", OWNER)
        assert FAR not in str(node.events(number))
        rules = [event.rule for event in node.kinds(distributed.letter, Decided)]
        assert [rule for rule in rules if not rule.startswith("tls.")] == ["list"]

    at(tmp_path, story)


def test_who_is_a_recipient_and_a_member_gets_the_copy_that_was_meant_for_him(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, FAR, "jung@us.example", owner=OWNER)
        await sent(node, TEAM, "jung@us.example")
        (filed,) = node.inbox()
        assert head(filed)[0] == f"Return-Path: <{WRITER}>"
        assert reverse_path(mx.letters[0]) == OWNER

    at(tmp_path, story)


def test_a_list_whose_members_have_it_all_makes_no_letter(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, "jung@us.example", owner=OWNER)
        number = await sent(node, TEAM, "jung@us.example")
        assert [event.letter for event in node.kinds(number, Distributed)] == [0]
        assert len(letters(node)) == 1

    at(tmp_path, story)


def test_a_list_on_a_list_has_its_own_owner(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, "inner@us.example", owner=OWNER)
        lead(node, "inner@us.example", FAR, TEAM, owner="jung@us.example")
        number = await sent(node, TEAM)
        (relayed,) = mx.letters
        assert reverse_path(relayed) == "jung@us.example"
        assert head(relayed.content)[:2] == ["Delivered-To: inner@us.example", f"Delivered-To: {TEAM}"]
        (outer,) = node.kinds(number, Distributed)
        (inner,) = node.kinds(outer.letter, Distributed)
        assert node.kinds(inner.letter, Accepted)[0].parent == outer.letter
        assert len(letters(node)) == 3

    at(tmp_path, story)


def test_a_list_does_not_take_again_what_it_has_given_away(tmp_path):
    async def story(node, mx):
        lead(node, TEAM, FAR, owner=OWNER)
        await sent(node, TEAM)
        (relayed,) = mx.letters
        with pytest.raises(Refusal) as refused:  # a list over there has ours as a member
            await sent(node, TEAM, content=relayed.content, reverse_path="owner@one.example")
        assert refused.value.reply.enhanced == "5.4.6"
        assert len(mx.letters) == 1

    at(tmp_path, story)


def test_without_the_mark_it_would(tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(Expansion, "comes_back", lambda self, header: False)

    async def story(node, mx):
        lead(node, TEAM, FAR, owner=OWNER)
        await sent(node, TEAM)
        await sent(node, TEAM, content=mx.letters[0].content, reverse_path="owner@one.example")
        assert len(mx.letters) == 2

    at(tmp_path, story)


@pytest.mark.parametrize("service", ["smtp", "lmtp"])
def test_what_comes_back_by_smtp_is_refused_and_who_else_was_meant_by_lmtp_gets_it(tmp_path, service):
    async def story(stations):
        stations.home.engine.write_now(directory.add_alias, "team@here.test", "lee@here.test", "kim@here.test")
        client = await stations.client(service, hello=True)
        await client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<team@here.test>\r\nRCPT TO:<kim@here.test>\r\nDATA\r\n")
        await client.until(b"354 ")
        said = await client.last(b"Delivered-To: Team@here.test\r\n\r\nx\r\n.\r\n")
        first, *others = said.split(b"\r\n")
        assert first.startswith(b"554 5.4.6")
        if service == "lmtp":
            assert others[0].startswith(b"250 ")
        assert stations.count("message") == (1 if service == "lmtp" else 0)

    attack(tmp_path, story)


def test_a_letter_by_smtp_to_a_list_is_one_commit(tmp_path):
    async def story(stations):
        stations.home.engine.write_now(directory.add_alias, "team@here.test", "lee@here.test", "kim@here.test")
        client = await stations.client("smtp", hello=True)
        await client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<team@here.test>\r\nDATA\r\n")
        await client.until(b"354 ")
        assert b"250 2.0.0" in await client.last(b"Subject: x\r\n\r\nx\r\n.\r\n")
        _, copy = stations.letters()
        assert copy.startswith(b"Return-Path: <kim@here.test>\r\nDelivered-To: team@here.test\r\nReceived: ")
        _, child = sorted(stations.home.engine.read_now(journey.latest))
        filed = [e for row in stations.home.engine.read_now(journey.of_message, child) for e in row.events]
        assert [event.address for event in filed if isinstance(event, Filed)] == ["lee@here.test"]

    attack(tmp_path, story)
