"""How much may be kept, over IMAP (RFC 9208), and the letter to who fills up a mailbox."""

import pytest

from kit.stored import fill
from kit.world import KIM, at
from pyeonji.store import quota
from pyeonji.store.quota import Owner, Room
from pyeonji.submission import full
from pyeonji.submission.door import Door

LEE = "lee@a.test"
LETTER = b"Subject: x\r\n\r\n" + b"y" * 500 + b"\r\n"
WEEK_US = 7 * 86_400 * 1_000_000


def limit(world, octets=0, messages=0):
    world.home.engine.write_now(quota.set_limits, world.kim.id, octets=octets, messages=messages)


def test_what_is_used_and_what_is_left_is_told(tmp_path):
    async def story(world):
        c = await world.client()
        await c.append(LETTER)
        assert await c.ok(f"GETQUOTA {KIM}") == [b"* QUOTA kim@a.test (MAILBOX 6 10000)\r\n"]
        limit(world, 10 * 1024, 50)
        told = b"* QUOTA kim@a.test (STORAGE 1 10 MESSAGE 1 50 MAILBOX 6 10000)\r\n"
        assert await c.ok("GETQUOTAROOT INBOX") == [b"* QUOTAROOT INBOX kim@a.test\r\n", told]
        assert await c.ok("GETQUOTAROOT not/yet") == [b"* QUOTAROOT not/yet kim@a.test\r\n", told]
        assert b"QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX" in (await c.ok("CAPABILITY"))[0]

    at(tmp_path, story)


def test_nobody_asks_for_another_s_and_nobody_sets_his_own(tmp_path):
    async def story(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        await kim.no(f"GETQUOTA {LEE}", "NOPERM")
        await kim.no("GETQUOTA nobody", "NOPERM")
        await kim.no(f"SETQUOTA {KIM} (STORAGE 99999999)", "NOPERM")
        await kim.bad(f"SETQUOTA {KIM} (STORAGE much)")
        for rights, code in (("l", "NOPERM"), ("ik", "NONEXISTENT")):
            await kim.ok(f"SETACL INBOX {LEE} {rights}")
            await lee.no("GETQUOTAROOT Shared/kim@a.test/INBOX", code)
        await kim.ok(f"SETACL INBOX {LEE} r")
        assert b"* QUOTAROOT Shared/kim@a.test/INBOX kim@a.test\r\n" in await lee.ok(
            "GETQUOTAROOT Shared/kim@a.test/INBOX"
        )

    at(tmp_path, story)


@pytest.mark.parametrize("limits", [{"messages": 2}, {"octets": 2 * len(LETTER)}])
def test_what_is_full_takes_nothing_more(tmp_path, limits):
    async def story(world):
        c = await world.client()
        limit(world, **limits)
        assert (await c.append(LETTER)).startswith(b"OK")
        await c.ok("SELECT INBOX")
        await c.ok("COPY 1 Sent")
        assert (await c.append(LETTER)).startswith(b"NO [OVERQUOTA]")
        await c.no("COPY 1 Sent", "OVERQUOTA")
        await c.ok("MOVE 1 Sent")
        assert (await c.ok("STATUS Sent (MESSAGES)"))[0] == b"* STATUS Sent (MESSAGES 2)\r\n"

    at(tmp_path, story)


def test_who_nearly_fills_a_mailbox_is_warned_at_once(tmp_path):
    """RFC 9208 §4.3.1, examples 2 and 3."""

    async def story(world):
        c = await world.client()
        limit(world, messages=3)
        warning = b"* NO [OVERQUOTA] The mailbox is nearly full\r\n"
        assert warning not in await c.ok(b"APPEND INBOX {%d+}\r\n%b" % (len(LETTER), LETTER))
        await c.ok("SELECT INBOX")
        assert warning not in await c.ok("COPY 1 Sent")
        assert warning in await c.ok("COPY 1 Sent")
        limit(world, messages=4)
        assert warning in await c.ok(b"APPEND INBOX {%d+}\r\n%b" % (len(LETTER), LETTER))

    at(tmp_path, story)


# ── the letter ──


def test_the_owner_is_written_to_once_for_each_level_and_again_after_he_made_room(tmp_path):
    async def story(world):
        door = Door(world.acceptance, WEEK_US)
        limit(world, messages=100)

        async def told(count):
            """With so many letters in the mailbox."""
            have = len(world.entries())
            if count > have:
                fill(world.home, count - have)
            c = await world.client(select="SELECT INBOX")
            if count < have:
                await c.ok(f"STORE {count + 1}:* +FLAGS (\\Deleted)")
                await c.ok("EXPUNGE")
            return await full.tell_all(door), await full.tell_all(door)

        assert await told(79) == (0, 0)
        assert await told(80) == (1, 0)
        assert await told(90) == (0, 0)
        assert await told(95) == (1, 0)
        assert await told(78) == (0, 0)
        assert await told(82) == (0, 0)  # he has hardly made room: the same news would be noise
        assert await told(60) == (0, 0)
        assert await told(85) == (1, 0)

    at(tmp_path, story)


def test_the_warning_fits_into_a_full_mailbox_and_is_answered_by_nobody(tmp_path):
    async def story(world):
        limit(world, messages=1)
        fill(world.home, 1)
        assert await full.tell_all(Door(world.acceptance, WEEK_US)) == 1
        c = await world.client(select="SELECT INBOX")
        (line,) = await c.ok("FETCH 2 BODY.PEEK[]")
        assert b"Return-Path: <>\r\n" in line and b"Auto-Submitted: auto-generated\r\n" in line
        assert b"<postmaster@a.test>" in line

    at(tmp_path, story)


def test_two_processes_tell_it_once(tmp_path):
    async def story(world):
        limit(world, messages=1)
        fill(world.home, 1)
        (owner,) = world.home.engine.read_now(quota.limited, 0, 9)
        door = Door(world.acceptance, WEEK_US)
        assert await full.tell_all(door) == 1
        assert not await full._tell(door, owner)
        assert len(world.entries()) == 2

    at(tmp_path, story)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", ["kim@a.test is 96 % full", "In use    960 MiB of 1000 MiB", "Letters   5 of 100"]),
        ("ko", ["우편함이 96% 찼어요", "쓰는 양  1000 MiB 중 960 MiB", "편지 수  100통 중 5통"]),
    ],
)
def test_the_warning_is_in_the_owner_s_language(language, wanted):
    room = Room(1000 << 20, 100, 960 << 20, 5, 6)
    text = "\n".join(full.lines(Owner(1, "kim@a.test", language, 0, room)))
    for sentence in wanted:
        assert sentence in text
