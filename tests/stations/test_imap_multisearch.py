"""ESEARCH: one question to several mailboxes, and what nobody learns by it (RFC 7377)."""

import re

import pytest

from kit.world import KIM, at
from pyeonji.access.imap import esearch

LEE = "lee@a.test"
HIT = b"From: kim@a.test\r\nSubject: hit\r\n\r\nx\r\n"
MISS = b"From: kim@a.test\r\nSubject: miss\r\n\r\nx\r\n"
ANSWER = re.compile(r'\* ESEARCH \(TAG "[^"]+" MAILBOX (\S+) UIDVALIDITY ([1-9]\d*)\) UID (.*)\r\n')


async def fill(world):
    """INBOX: miss, hit.  A, A/b, A/b/c, 편지: hit.  B: miss.  Empty is empty."""
    c = await world.client()
    for name in ("A", "A/b", "A/b/c", "&07jJwA-", "B", "Empty", "Ax"):
        await c.ok(f"CREATE {name}")
    await world.deliver(MISS)
    await world.deliver(HIT)
    for name in ("A", "A/b", "A/b/c", "&07jJwA-"):
        await c.append(HIT, name=name)
    await c.append(MISS, name="B")
    await c.ok("SUBSCRIBE A/b")
    await c.ok("SUBSCRIBE B")
    return c


async def asked(client, command):
    """{mailbox: items}"""
    return {match[1]: match[3] for match in map(ANSWER.fullmatch, await told(client, command))}


async def told(client, command):
    lines = [line.decode() for line in await client.ok(command)]
    assert all(map(ANSWER.fullmatch, lines)), lines
    return lines


ONE = "ALL 1"
EVERYWHERE = {"INBOX": "ALL 2", "A": ONE, "A/b": ONE, "A/b/c": ONE, "&07jJwA-": ONE}
QUESTIONS = [
    ("ESEARCH IN (personal) SUBJECT hit", EVERYWHERE),
    ("ESEARCH IN (inboxes) SUBJECT hit", EVERYWHERE),
    ("ESEARCH IN (personal selected mailboxes A) SUBJECT hit", EVERYWHERE),
    ("ESEARCH IN (subscribed) SUBJECT hit", {"INBOX": "ALL 2", "A/b": ONE}),
    ("ESEARCH IN (subtree A) SUBJECT hit", {"A": ONE, "A/b": ONE, "A/b/c": ONE}),
    ("ESEARCH IN (subtree-one A) SUBJECT hit", {"A": ONE, "A/b": ONE}),
    ("ESEARCH IN (subtree-one (A A/b)) SUBJECT hit", {"A": ONE, "A/b": ONE, "A/b/c": ONE}),
    ("ESEARCH IN (mailboxes (A B Empty Nobody)) SUBJECT hit", {"A": ONE}),
    ("ESEARCH IN (mailboxes inbox subtree A/b) SUBJECT hit", {"INBOX": "ALL 2", "A/b": ONE, "A/b/c": ONE}),
    ("ESEARCH IN (mailboxes Nobody) ALL", {}),
    ("ESEARCH IN (mailboxes (INBOX A)) RETURN (MIN MAX COUNT) SUBJECT hit",
     {"INBOX": "MIN 2 MAX 2 COUNT 1", "A": "MIN 1 MAX 1 COUNT 1"}),
    ("ESEARCH IN (personal) RETURN (COUNT) SUBJECT nothing", {}),
    ("ESEARCH IN (mailboxes (INBOX A)) RETURN (PARTIAL 1:1) ALL",
     {"INBOX": "PARTIAL (1:1 1)", "A": "PARTIAL (1:1 1)"}),
    ("ESEARCH IN (mailboxes (INBOX A B)) 2", {"INBOX": "ALL 2"}),
    ("ESEARCH IN (mailboxes (INBOX A Empty)) *", {"INBOX": "ALL 2", "A": ONE}),
    ("ESEARCH IN (mailboxes (INBOX A)) UID 2:*", {"INBOX": "ALL 2", "A": ONE}),
    ("ESEARCH IN (mailboxes (INBOX A)) 90:100", {}),
    ("ESEARCH IN (mailboxes (INBOX A)) RETURN (COUNT) FUZZY TEXT \"hit kim\"", {"INBOX": "COUNT 1", "A": "COUNT 1"}),
    ("ESEARCH IN (mailboxes (INBOX A)) RECENT", {"INBOX": "ALL 1:2", "A": ONE}),
    ("ESEARCH IN (mailboxes A) RETURN (COUNT) MODSEQ 1", {"A": "COUNT 1 MODSEQ *"}),
    ("ESEARCH IN (mailboxes &07jJwA-) RETURN (CONTEXT COUNT) CHARSET UTF-8 SUBJECT hit", {"&07jJwA-": "COUNT 1"}),
]  # fmt: skip


def test_each_mailbox_that_is_meant_is_asked_and_answers_only_with_what_it_has(tmp_path):
    async def story(world):
        await fill(world)
        for command, wanted in QUESTIONS:
            c = await world.client()
            if "selected" in command:
                await c.ok("EXAMINE INBOX")
            found = await asked(c, command)
            found = {name: re.sub(r"MODSEQ \d+", "MODSEQ *", items) for name, items in found.items()}
            assert found == wanted, command
            await c.hang_up()

    at(tmp_path, story)


def test_the_open_mailbox_stays_open_and_what_is_searched_stays_as_it_was(tmp_path):
    async def story(world):
        await fill(world)
        c = await world.client(select="SELECT A")
        for _ in range(2):  # \Recent is looked at and not taken
            assert await asked(c, "ESEARCH IN (mailboxes INBOX) RECENT") == {"INBOX": "ALL 1:2"}
        assert await asked(c, "ESEARCH SUBJECT hit") == {"A": ONE}
        assert await asked(c, "ESEARCH IN (selected) RETURN (SAVE COUNT) ALL") == {"A": "COUNT 1"}
        assert await c.ok("SEARCH $") == [b"* SEARCH 1\r\n"]
        assert await asked(c, "ESEARCH RETURN (SAVE ALL) $ SUBJECT hit") == {"A": ONE}
        assert await asked(c, "ESEARCH IN (mailboxes (A B)) $") == {"A": ONE}
        assert await c.ok("ESEARCH RETURN (SAVE) SUBJECT nothing") == []
        assert await c.ok("SEARCH $") == [b"* SEARCH\r\n"]
        uidvalidity = ANSWER.fullmatch((await told(c, "ESEARCH IN (mailboxes INBOX) ALL"))[0])[2]
        assert f"UIDVALIDITY {uidvalidity}".encode() in b"".join(await c.ok("STATUS INBOX (UIDVALIDITY)"))

    at(tmp_path, story)


IMPOSSIBLE = [
    "ESEARCH ALL", "ESEARCH IN (selected) ALL", "ESEARCH IN (personal selected) ALL",
    "ESEARCH IN (personal) RETURN (SAVE) ALL", "ESEARCH IN (mailboxes INBOX) RETURN (RELEVANCY) SUBJECT hit",
    "ESEARCH IN (selected-delayed) ALL", "ESEARCH IN () ALL",
]  # fmt: skip


def test_what_cannot_be_asked_is_a_mistake(tmp_path):
    async def story(world):
        c = await fill(world)
        for command in IMPOSSIBLE:
            await c.bad(command)
        await c.ok("SELECT INBOX")
        await c.bad("ESEARCH IN (selected personal) RETURN (SAVE) ALL")

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("rights", "named", "by_tree"),
    [("lr", {"P": ONE}, {"P": ONE}), ("r", {"P": ONE}, {}), ("lswipkxtea", {}, {}), ("l", {}, {})],
)
def test_who_may_not_read_a_mailbox_does_not_search_it_and_who_may_not_look_it_up_must_name_it(
    tmp_path, rights, named, by_tree
):
    async def story(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        for name in ("P", "P/hidden"):
            await kim.ok(f"CREATE {name}")
            await kim.append(HIT, name=name)
        await kim.ok(f"SETACL P {LEE} {rights}")
        top = f"Shared/{KIM}"

        def theirs(boxes):
            return {f"{top}/{name}": items for name, items in boxes.items()}

        await lee.ok(f"SUBSCRIBE {top}/P")
        names = f"({top}/P {top}/P/hidden {top}/Nobody)"
        assert await asked(lee, f"ESEARCH IN (mailboxes {names}) ALL") == theirs(named)
        assert await asked(lee, f"ESEARCH IN (subtree {top}) ALL") == theirs(by_tree)
        assert await asked(lee, "ESEARCH IN (subscribed) ALL") == theirs(by_tree)
        assert await asked(lee, "ESEARCH IN (personal) SUBJECT hit") == {}
        if "r" in rights:
            await kim.ok(f"SETACL P {LEE} lr")
            await lee.ok(f"EXAMINE {top}/P")
            await kim.ok(f"SETACL P {LEE} r")  # he has it open: then it needs no name
            assert await asked(lee, "ESEARCH ALL") == theirs({"P": ONE})

    at(tmp_path, story)


@pytest.mark.parametrize(("mailboxes", "letters"), [(3, 1_000), (100, 2)])
def test_there_is_a_limit_to_what_one_command_searches(tmp_path, monkeypatch, mailboxes, letters):
    async def story(world):
        c = await fill(world)
        assert len(await asked(c, "ESEARCH IN (personal) ALL")) == 6  # the control
        monkeypatch.setattr(esearch, "MAX_MAILBOXES", mailboxes)
        monkeypatch.setattr(esearch, "MAX_LETTERS", letters)
        await c.no("ESEARCH IN (personal) ALL", "LIMIT")
        assert await asked(c, "ESEARCH IN (mailboxes (A B)) ALL") == {"A": ONE, "B": ONE}

    at(tmp_path, story)


def test_a_mailbox_that_went_is_searched_no_more(tmp_path):
    async def story(world):
        c = await fill(world)
        other = await world.client(select="SELECT A")
        await other.ok("DELETE Empty")
        await asked(c, "ESEARCH IN (personal) SUBJECT hit")
        await c.ok("DELETE A/b/c")
        assert "A/b/c" not in await asked(c, "ESEARCH IN (personal) SUBJECT hit")
        assert await asked(c, "ESEARCH IN (mailboxes (A/b/c Empty)) ALL") == {}
        assert await asked(other, "ESEARCH ALL") == {"A": ONE}

    at(tmp_path, story)
