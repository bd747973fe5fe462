"""CONDSTORE and QRESYNC on the wire (RFC 7162): what a client that was away is told, and what two that write hear."""

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kit.examples import examples
from kit.world import at
from pyeonji.access.imap import copy, expunge
from pyeonji.proto.imap import flags
from pyeonji.proto.imap.numbers import parse_set
from pyeonji.store import entries, expunged, mailboxes


def modseq_of(lines, code=b"HIGHESTMODSEQ"):
    return int(re.search(code + rb" (\d+)", b"".join(lines))[1])


async def fill(world, count):
    for _ in range(count):
        await world.deliver()


def test_a_select_says_up_to_where_it_tells(tmp_path):
    async def story(world):
        await fill(world, 3)
        c = await world.client()
        told = await c.ok("SELECT INBOX")
        assert modseq_of(told) == 4
        assert any(b"[MAILBOXID (M1)]" in line for line in told)
        assert (await c.ok("SELECT Archive"))[0].startswith(b"* OK [CLOSED]")
        assert (await c.do("SELECT nowhere"))[0].startswith(b"* OK [CLOSED]")
        assert await c.ok("STATUS INBOX (HIGHESTMODSEQ)") == [b"* STATUS INBOX (HIGHESTMODSEQ 4)\r\n"]

    at(tmp_path, story)


@pytest.mark.parametrize(
    "command",
    ["ENABLE CONDSTORE", "ENABLE QRESYNC", "STATUS Archive (HIGHESTMODSEQ)", "FETCH 1 MODSEQ",
     "UID FETCH 1 FLAGS (CHANGEDSINCE 9)", "STORE 1 (UNCHANGEDSINCE 9) +FLAGS \\Seen"],
)  # fmt: skip
def test_who_speaks_of_modseq_once_is_told_it_always(tmp_path, command):
    async def story(world):
        await fill(world, 2)
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 2 +FLAGS.SILENT \\Answered")
        assert not any(b"MODSEQ" in line for line in await c.ok("NOOP"))
        told = await c.ok(command)
        assert modseq_of(told) == 4
        await other.ok("STORE 2 +FLAGS.SILENT \\Flagged")
        (line,) = [line for line in await c.ok("NOOP") if b"FETCH" in line]
        assert re.search(rb"\* 2 FETCH \(UID 2 FLAGS \(.*\\Flagged.*\) MODSEQ \(\d\)\)", line)
        assert not any(b"HIGHESTMODSEQ" in line for line in await c.ok("FETCH 1 MODSEQ"))

    at(tmp_path, story)


def test_select_with_condstore_enables_it(tmp_path):
    async def story(world):
        await fill(world, 1)
        c, other = await world.client(select="EXAMINE INBOX (CONDSTORE)"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS.SILENT \\Flagged")
        assert b"MODSEQ (3)" in (await c.ok("NOOP"))[0]
        await c.bad("SELECT INBOX (QRESYNC (1 1))")
        await c.bad("UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)")

    at(tmp_path, story)


def test_a_store_is_refused_for_letters_that_changed_meanwhile(tmp_path):
    async def story(world):
        await fill(world, 4)  # MODSEQ 5
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 2 +FLAGS.SILENT \\Answered")  # 6
        *told, last = await c.do("STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT \\Seen")
        assert last.startswith(b"OK [MODIFIED 2] ")
        lines = [line for line in told if b"FETCH" in line]
        assert [re.search(rb"\* (\d) FETCH .*MODSEQ \((\d)\)", line).groups() for line in sorted(lines)] == [
            (b"1", b"7"), (b"2", b"6"), (b"3", b"7"),
        ]  # fmt: skip
        assert [b"FLAGS" in line for line in sorted(lines)] == [False, True, False]  # Example 6
        *_, last = await c.do("UID STORE 1:4 (UNCHANGEDSINCE 6) FLAGS (\\Deleted)")
        assert last.startswith(b"OK [MODIFIED 1,3] ")
        await other.ok("EXPUNGE")  # 2 and 4
        *_, last = await c.do("STORE 1:4 (UNCHANGEDSINCE 6) +FLAGS (\\Draft)")
        assert last.startswith(b"NO [MODIFIED 1,3] ")
        *told, last = await c.do("STORE 1:4 (UNCHANGEDSINCE 99) +FLAGS (\\Draft)")
        assert last.startswith(b"NO [EXPUNGEISSUED] ") and len([line for line in told if b"FETCH" in line]) == 2
        assert (await c.do("STORE 1:4 +FLAGS.SILENT (\\Answered)"))[-1].startswith(b"OK")

    at(tmp_path, story)


@pytest.mark.parametrize("modifier", ["", "(UNCHANGEDSINCE 99) "])
def test_a_silent_store_tells_the_new_modseq_and_only_flags_that_the_client_cannot_know(tmp_path, modifier):
    """RFC 7162 §3.1.3 Example 3; RFC 9051 §6.4.6 for what somebody else has changed."""

    async def story(world):
        await fill(world, 3)
        c, other = await world.client(select="SELECT INBOX (CONDSTORE)"), await world.client(select="SELECT INBOX")
        assert await c.ok(f"STORE 1:2 {modifier}+FLAGS.SILENT (\\Seen)") == [
            b"* 1 FETCH (UID 1 MODSEQ (5))\r\n", b"* 2 FETCH (UID 2 MODSEQ (5))\r\n",
        ]  # fmt: skip
        await other.ok("STORE 2 +FLAGS (\\Flagged)")
        assert sorted(await c.ok(f"UID STORE 1:2 {modifier}+FLAGS.SILENT (\\Answered)")) == [
            b"* 1 FETCH (UID 1 MODSEQ (7))\r\n",
            b"* 2 FETCH (UID 2 FLAGS (\\Seen \\Answered \\Flagged \\Recent) MODSEQ (7))\r\n",
        ]
        assert await c.ok("NOOP") == []

    at(tmp_path, story)


def test_changed_letters_and_vanished_ones_are_fetched(tmp_path):
    async def story(world):
        await fill(world, 6)
        c = await world.client()
        await c.ok("ENABLE QRESYNC")
        since = modseq_of(await c.ok("SELECT INBOX"))
        await c.ok("STORE 2,5 +FLAGS.SILENT (\\Flagged)")
        assert [line.split()[1] for line in await c.ok(f"FETCH 1:* UID (CHANGEDSINCE {since})")] == [b"2", b"5"]
        assert await c.ok("FETCH 1:* UID (CHANGEDSINCE 99)") == []
        await c.ok("UID STORE 1,3,4 +FLAGS.SILENT (\\Deleted)")
        *told, last = await c.do("EXPUNGE")
        assert told == [b"* VANISHED 1,3:4\r\n"]
        assert last.startswith(b"OK [HIGHESTMODSEQ ") and modseq_of([last]) == since + 3
        told = await c.ok(f"UID FETCH 1:3,5:* FLAGS (CHANGEDSINCE {since} VANISHED)")
        assert told[0] == b"* VANISHED (EARLIER) 1,3\r\n"
        assert [line.split()[1:5] for line in told[1:]] == [
            [b"1", b"FETCH", b"(UID", b"2"], [b"2", b"FETCH", b"(UID", b"5"],
        ]  # fmt: skip
        assert (await c.do("EXPUNGE"))[-1].startswith(b"OK Expunged"), "nothing went: no code"
        assert (await c.do("CLOSE"))[-1].startswith(b"OK Closed")

    at(tmp_path, story)


def test_who_comes_back_is_told_what_happened(tmp_path):
    async def story(world):
        await fill(world, 5)
        c, other = await world.client(), await world.client(select="SELECT INBOX")
        told = await c.ok("SELECT INBOX")
        validity, since = modseq_of(told, b"UIDVALIDITY"), modseq_of(told)
        await c.ok("UNSELECT")
        await other.ok("STORE 3 +FLAGS.SILENT (\\Answered)")
        await other.ok("STORE 2,5 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        await fill(world, 1)
        await c.ok("ENABLE QRESYNC")
        told = await c.ok(f"SELECT INBOX (QRESYNC ({validity} {since}))")
        assert [line for line in told if b"VANISHED" in line] == [b"* VANISHED (EARLIER) 2,5\r\n"]
        fetched = [line for line in told if b"FETCH" in line]
        assert [line.split()[1:5] for line in fetched] == [
            [b"2", b"FETCH", b"(UID", b"3"], [b"4", b"FETCH", b"(UID", b"6"],
        ]  # fmt: skip
        assert told.index(b"* VANISHED (EARLIER) 2,5\r\n") < told.index(fetched[0])
        told = await c.ok(f"SELECT INBOX (QRESYNC ({validity} {since} 1:2))")
        assert [line for line in told if b"VANISHED" in line or b"FETCH" in line] == [b"* VANISHED (EARLIER) 2\r\n"]
        told = await c.ok(f"SELECT INBOX (QRESYNC ({validity + 1} 1))")
        assert not any(b"VANISHED" in line or b"FETCH" in line for line in told)

    at(tmp_path, story)


def test_what_the_store_has_forgotten_is_told_by_comparing(tmp_path):
    async def story(world):
        await fill(world, 9)
        other = await world.client(select="SELECT INBOX")
        for uid in (2, 3, 7):
            await other.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
            await other.ok("EXPUNGE")
        box = (
            other.count
            and world.home.engine.read_now(lambda tx: tx.one("SELECT id FROM mailbox WHERE name = 'INBOX'"))[0]
        )
        world.home.engine.write_now(expunged.forget, box, 1, 100)
        c = await world.client()
        await c.ok("ENABLE QRESYNC")
        validity = modseq_of(await c.ok("SELECT INBOX"), b"UIDVALIDITY")
        for known, pairs, gone in [
            ("", "", b"2:3,7"),
            (" 1:20", "", b"2:3,7,10:20"),
            (" 1:20", " (1,2 1,4)", b"7,10:20"),
            (" 1:20", " (1:6 1,4:6,8:9)", b"10:20"),
            (" 1:20", " (1,2 1,3)", b"2:3,7,10:20"),
            (" 4:6", "", None),
        ]:
            told = await c.ok(f"SELECT INBOX (QRESYNC ({validity} 3{known}{pairs}))")
            lines = [line for line in told if b"VANISHED" in line]
            assert lines == ([b"* VANISHED (EARLIER) %b\r\n" % gone] if gone else []), (known, pairs)

    at(tmp_path, story)


def test_an_expunge_that_may_not_be_told_yet_keeps_the_client_from_believing_it_is_up_to_date(tmp_path):
    async def story(world):
        await fill(world, 3)
        c, other = await world.client(), await world.client(select="SELECT INBOX")
        await c.ok("ENABLE QRESYNC")
        since = modseq_of(await c.ok("SELECT INBOX"))
        await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await c.ok("NOOP")
        await other.ok("EXPUNGE")
        *_, last = await c.do("STORE 3 +FLAGS (\\Seen)")
        assert modseq_of([last]) == since + 1
        assert await c.ok("NOOP") == [b"* VANISHED 1\r\n"]

    at(tmp_path, story)


@pytest.mark.parametrize("command", ["UID SEARCH 1", "UID SEARCH NOT 1:2"])
def test_no_expunge_is_told_to_a_search_that_names_numbers(tmp_path, command):
    async def story(world):
        await fill(world, 3)
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        assert not any(b"EXPUNGE" in line for line in await c.ok(command))
        assert any(b"EXPUNGE" in line for line in await c.ok("UID SEARCH ALL"))

    at(tmp_path, story)


def test_parts_of_an_answer_and_what_never_changes_of_a_letter(tmp_path):
    async def story(world):
        await fill(world, 5)
        c = await world.client(select="SELECT INBOX")

        async def uids(partial):
            told = await c.ok(f"UID FETCH 2:* UID (PARTIAL {partial})")
            return [int(line.split(b"UID ")[1].rstrip(b")\r\n")) for line in told]

        assert [await uids(part) for part in ("1:2", "3:9", "-1:-2", "-4:-9", "9:12")] == [
            [2, 3],
            [4, 5],
            [4, 5],
            [2],
            [],
        ]
        (one,) = await c.ok("FETCH 1 (EMAILID THREADID SAVEDATE)")
        found = re.match(rb"\* 1 FETCH \(EMAILID \((E\d+)\) SAVEDATE \"[^\"]+ \+0000\" THREADID \(T\w{16}\)\)", one)
        await c.ok("COPY 1 Archive")
        await c.ok("SELECT Archive")
        assert found[1] in (await c.ok("FETCH 1 (EMAILID)"))[0]

    at(tmp_path, story)


def test_letters_that_went_are_told_also_when_nobody_remembers_when(tmp_path):
    async def story(world):
        await fill(world, 4)
        a = await world.client(select="SELECT INBOX")
        box = world.home.engine.read_now(mailboxes.mailbox, world.kim.id, "INBOX")
        await a.ok("NOOP")
        gone = world.home.engine.write_now
        gone(entries.expunge, box.id, [2, 3], now_us=1, account="kim@a.test")
        gone(expunged.forget, box.id, 0, 100)
        await world.deliver()
        assert await a.ok("NOOP") == [b"* 3 EXPUNGE\r\n", b"* 2 EXPUNGE\r\n", b"* 3 EXISTS\r\n", b"* 3 RECENT\r\n"]

    at(tmp_path, story)


# ── whoever goes away and comes back knows what is there ──

ACTIONS = st.one_of(
    st.tuples(st.just("deliver"), st.just(0)),
    st.tuples(st.sampled_from(["flag", "unflag", "expunge", "read", "noop", "away", "forget"]), st.integers(0, 9)),
)


class Cache:
    """A client with a memory: UID -> flags.  With `qresync` it comes back by SELECT (QRESYNC), otherwise by FETCH."""

    def __init__(self, world, qresync):
        self.world, self.qresync = world, qresync
        self.letters, self.modseq, self.validity = {}, 0, 0
        self.next = 1  # letters from this UID on have not been fetched yet

    async def come(self):
        self.client = await self.world.client()
        if self.qresync:
            await self.client.ok("ENABLE QRESYNC")
            last = f" (QRESYNC ({self.validity} {self.modseq}))" if self.validity else ""
            await self.say("SELECT INBOX" + last, comes=True)
            await self.fetch_new()
        else:
            since = self.modseq
            told = await self.say("SELECT INBOX (CONDSTORE)", comes=True)
            await self.say(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since})")
            await self.fetch_new()
            there = {int(word) for line in await self.client.ok("UID SEARCH ALL") for word in line.split()[2:]}
            self.letters = {uid: known for uid, known in self.letters.items() if uid in there}
            self.modseq = modseq_of(told)

    async def fetch_new(self):
        """As every client does after EXISTS."""
        told = await self.say(f"UID FETCH {self.next}:* (FLAGS MODSEQ)")
        uids = [int(found[1]) for line in told if (found := re.search(rb"FETCH .*UID (\d+)", line))]
        self.next = max([self.next - 1, *uids]) + 1

    async def say(self, command, comes=False):
        *told, last = await self.client.do(command)
        assert last.startswith((b"OK", b"NO [EXPUNGEISSUED]", b"NO [MODIFIED")), (command, last)
        highest = self.modseq
        for line in told:
            if found := re.search(rb"VANISHED (\(EARLIER\) )?([\d:,]+)", line):
                for first, final in parse_set(found[2]).ranges:
                    for uid in range(first, final + 1):
                        self.letters.pop(uid, None)
            elif found := re.search(rb"FETCH .*UID (\d+)", line):
                if words := re.search(rb"FLAGS \(([^)]*)\)", line):
                    self.letters[int(found[1])] = frozenset(words[1].split()) - {b"\\Recent"}
                # A command that speaks in numbers is not told of what went: its MODSEQs do not stand for all below.
                numbered = command.startswith(("FETCH", "STORE"))
                if not numbered and (modseq := re.search(rb"MODSEQ \((\d+)\)", line)):
                    highest = max(highest, int(modseq[1]))
            elif found := re.search(rb"UIDVALIDITY (\d+)", line):
                self.validity = int(found[1])
            elif found := re.search(rb"HIGHESTMODSEQ (\d+)", line):
                highest = int(found[1])
        if found := re.search(rb"HIGHESTMODSEQ (\d+)", last):
            highest = int(found[1])
        self.modseq = highest
        return told

    async def act(self, what, at):
        match what:
            case "flag":
                await self.say(f"UID STORE {at + 1}:{at + 3} +FLAGS (\\Flagged)")
            case "unflag":
                await self.say(f"UID STORE {at + 1} FLAGS ()")
            case "expunge":
                await self.say(f"UID STORE {at + 1} +FLAGS (\\Deleted)")
                await self.say(f"UID EXPUNGE {at + 1}")
            case "read":
                await self.say("FETCH 1:* (UID FLAGS MODSEQ)")
            case "noop":
                if any(b"EXISTS" in line for line in await self.say("NOOP")):
                    await self.fetch_new()
            case "away":
                await self.client.hang_up()
                await self.come()


def come_back(history):
    async def story(world):
        await fill(world, 4)
        caches = [Cache(world, True), Cache(world, True), Cache(world, False)]
        for cache in caches:
            await cache.come()
        box = world.home.engine.read_now(lambda tx: tx.one("SELECT id FROM mailbox WHERE name = 'INBOX'"))[0]
        for who, (what, where) in history:
            if what == "deliver":
                await world.deliver()
            elif what == "forget":
                world.home.engine.write_now(expunged.forget, box, where % 3, 100)
            else:
                await caches[who].act(what, where)
        there = {entry.uid: frozenset(flags.printed(entry.flags).strip(b"()").split()) for entry in world.entries()}
        for cache in caches:
            await cache.act("away", 0)
            assert cache.letters == there, cache.qresync

    return story


@settings(
    max_examples=examples(12),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), ACTIONS), min_size=20, max_size=50))
def test_whoever_comes_back_knows_what_is_there(history):
    with tempfile.TemporaryDirectory() as folder:
        at(Path(folder), come_back(history))


def test_a_copy_of_numbers_is_made_of_all_letters_or_of_none(tmp_path):
    async def story(world):
        await fill(world, 4)
        c, other = await world.client(select="SELECT INBOX"), await world.client(select="SELECT INBOX")
        await other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        await other.ok("EXPUNGE")
        *told, last = await c.do("COPY 1:3 Archive")
        assert last.startswith(b"NO [EXPUNGEISSUED]") and b"* 2 EXPUNGE\r\n" in told
        assert world.entries("Archive") == []
        assert (await c.do("UID COPY 1:3 Archive"))[-1].startswith(b"OK [COPYUID ")
        assert [entry.uid for entry in world.entries("Archive")] == [1, 2]

    at(tmp_path, story)


@pytest.mark.parametrize("command", ["EXPUNGE", "UID EXPUNGE 1:9", "MOVE 1:9 Archive", "CLOSE"])
def test_many_letters_go_a_few_in_a_transaction(tmp_path, monkeypatch, command):
    monkeypatch.setattr(expunge, "STEP", 2)
    monkeypatch.setattr(copy, "STEP", 2)

    async def story(world):
        for _ in range(9):
            await world.deliver(flags=flags.DELETED)
        await world.deliver()
        c = await world.client()
        await c.ok("ENABLE QRESYNC")
        await c.ok("SELECT INBOX")
        *told, last = await c.do(command)
        assert last.startswith(b"OK [HIGHESTMODSEQ 16]" if command != "CLOSE" else b"OK"), last
        assert (b"* VANISHED 1:9\r\n" in told) is (command != "CLOSE")
        if "MOVE" in command:
            assert b"1:9 1:9] Moved" in told[0]
        assert [entry.uid for entry in world.entries()] == [10]

    at(tmp_path, story)
