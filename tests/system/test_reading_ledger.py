"""Kill -9 while letters are appended, copied, moved and expunged, and while the indexer works: what was told is true.

The truth is kept in this process, which is not killed.  PYEONJI_KILLS sets the number of kills (100 for the figure in
docs/figures.md).
"""

import asyncio
import json
import os
import random
import signal

import pytest

from kit.server import KIM, PASSWORD, Server, until
from pyeonji.store.home import open_home
from stress.killed import BOXES, Session, Truth
from stress.ledger import Contradiction

pytestmark = pytest.mark.system
INDEXED_S = 180.0  # seconds; the indexer gives way to everybody on a busy machine
KILLS = int(os.environ.get("PYEONJI_KILLS", "6"))
SEED = int(os.environ.get("PYEONJI_STRESS_SEED", "1"))
SESSIONS = 6
BALLAST = 250  # letters nobody touches: of more than 200 SEARCH asks the index
SEARCHES = 6  # in each mailbox after each kill
WHO = (KIM, PASSWORD)


def undigested(server):
    """Letters the indexer has still to read."""
    home = open_home(server.data, create=False)
    try:
        return home.engine.read_now(lambda tx: tx.one("SELECT count(*) FROM undigested", {}))[0]
    finally:
        home.close()


async def killed_at_a_random_moment(server, chance):
    """Everything, and before it, now and then, the indexer alone."""
    if chance.random() < 0.5:
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        for indexer in server.indexers():
            os.kill(indexer, signal.SIGKILL)
    await asyncio.sleep(chance.uniform(0.1, 0.5))
    await asyncio.to_thread(server.kill)


async def audited(server, truth, seed):
    """What a client finds that comes now."""
    session = Session(server.port("imap"), WHO, truth, seed)
    try:
        await session.open("INBOX")
        found = await session.contents()
        truth.audit(found)
        await session.searches(found, SEARCHES)
    finally:
        await session.hang_up()


async def prepared(server, truth):
    first = Session(server.port("imap"), WHO, truth, "first")
    await first.open("INBOX")
    for name in BOXES[1:]:
        await first.do(f"CREATE {name}")
    await first.contents()  # so that every mailbox has its UIDVALIDITY in the ledger
    for _ in range(BALLAST):
        await first.append("INBOX")
    await first.hang_up()


async def killed_again_and_again(server, truth, kills, between=lambda server: None):
    """How many kills found the indexer at work; `between` a kill and the next start the data may be tampered with."""
    chance = random.Random(SEED)
    sessions = [Session(server.port("imap"), WHO, truth, f"{SEED}-{number}") for number in range(SESSIONS)]
    interrupted = 0
    for kill in range(kills):
        tasks = [asyncio.create_task(session.work()) for session in sessions]
        try:
            await killed_at_a_random_moment(server, chance)
            await asyncio.gather(*tasks)  # each has read what was said to it before the kill
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        interrupted += undigested(server) > 0
        between(server)
        await asyncio.to_thread(server.start)
        await audited(server, truth, f"{SEED}-audit-{kill}")
    return interrupted


@pytest.mark.timeout(60 + 20 * KILLS)
def test_what_a_client_was_told_is_true_after_every_kill(tmp_path):
    truth = Truth()
    with Server(tmp_path / "d", (KIM,), "workers = 2\n") as server:

        async def story():
            await prepared(server, truth)
            interrupted = await killed_again_and_again(server, truth, KILLS)
            await asyncio.to_thread(until, lambda: undigested(server) == 0, 60)
            await audited(server, truth, "last")
            return interrupted

        interrupted = asyncio.run(story())
        verified = server.run("verify")
    print("\n" + json.dumps({
        "kills": KILLS, "acknowledged": truth.acknowledged, "checks": truth.ledger.checks,
        "in doubt": len(truth.uncertain), "of them made": sum(truth.uncertain), "indexer at work": interrupted,
    }))  # fmt: skip
    assert verified.returncode == 0, verified.stdout
    assert truth.acknowledged > 10 * KILLS
    assert interrupted > 0


LAST = "(SELECT max(uid) FROM entry e WHERE e.mailbox_id = entry.mailbox_id)"
# What a server might do that forgets at a kill what it has told; and the words with which that is found.
TAMPERED = {
    "a letter is lost": ("DELETE FROM entry WHERE uid % 2 = 0", "is in|half of it"),
    "a UID moves": ("UPDATE entry SET uid = uid + 10000", "UID"),
    "what was expunged is back": ("UPDATE entry SET uid = (SELECT max(uid) FROM expunged x"
                                  " WHERE x.mailbox_id = entry.mailbox_id) WHERE uid = " + LAST, "expunged|letter was"),
    "UIDs begin anew": ("UPDATE mailbox SET uidnext = 1", "UIDNEXT"),
    "letters change": ("UPDATE entry SET message_id = (SELECT max(message_id) FROM entry)", "letter"),
    "the index forgets": ("DELETE FROM term", "missing"),
}  # fmt: skip


def indexed(server):
    home = open_home(server.data, create=False)
    try:
        return not home.engine.read_now(lambda tx: tx.one("SELECT 1 FROM undigested LIMIT 1"))
    finally:
        home.close()


def tampering(sql):
    def tamper(server):
        home = open_home(server.data, create=False)
        engine = home.digests if " term" in sql else home.engine
        engine.write_now(lambda tx: tx.run(sql, {}))
        home.close()

    return tamper


@pytest.mark.parametrize("name", TAMPERED)
def test_a_server_that_forgot_would_be_noticed(tmp_path, name):
    """Negative control."""
    sql, words = TAMPERED[name]
    truth = Truth()
    with Server(tmp_path / "d", (KIM,), "workers = 2\n") as server:

        async def story():
            await prepared(server, truth)
            await asyncio.to_thread(until, lambda: indexed(server), INDEXED_S)  # or there is nothing to forget
            with pytest.raises(Contradiction, match=words):
                await killed_again_and_again(server, truth, 2, tampering(sql))

        asyncio.run(story())
