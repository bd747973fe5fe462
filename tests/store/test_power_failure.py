"""No letter we said 250 to is lost when the power fails; and this test would notice if one were.

An acknowledgement ledger is kept outside of the store.  After each failure a new process opens what is left on the
disk: it must hold every letter of the ledger, and nothing in it may contradict itself.
"""

import asyncio
import os
import random
import shutil
from pathlib import Path

import pytest

from kit.power import Power
from kit.stored import BODY, filing, letter, person, relaying
from pyeonji.store import blobs as store_blobs
from pyeonji.store import messages
from pyeonji.store.accept import accept
from pyeonji.store.blobs import keep_file
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import open_home
from pyeonji.store.verify import verify

FAILURES = 300
CONTROL_FAILURES = 40
LETTERS = 10  # in one life
OFTEN = 50  # pages in the WAL before it is copied back: every few letters, so that failures hit that, too


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A data folder with one account, shut down properly."""
    data = tmp_path_factory.mktemp("template") / "data"
    home = open_home(data, create=True, synchronous="OFF")
    person(home)
    home.close()
    return data


@pytest.fixture(scope="module")
def power():
    shim = Power()
    yield shim
    shim.unregister()


class Life:
    """One process that takes letters until the power fails."""

    def __init__(self, power, synchronous):
        self.power = power
        self.synchronous = synchronous
        self.ledger = {}  # receipt number to octets, written only when the sender has heard 250

    def run(self, data, luck):
        home = open_home(data, create=False, synchronous=self.synchronous, vfs=self.power.name)
        home.engine._writer.execute(f"PRAGMA wal_autocheckpoint={OFTEN}")
        way = filing(home)
        made = [
            letter(way, *([relaying(n=2)] if luck.random() < 0.3 else []), content=BODY + luck.randbytes(size))
            for size in luck.choices((100, 4_000, 40_000), k=LETTERS)
        ]
        if luck.random() < 0.5:
            for one in made:
                home.engine.write_now(accept, home.blobs, one)
                self.acknowledge(one)
        else:
            asyncio.run(self.all_at_once(home, made))
        self.power.cut()  # at the latest here: a proper end would sync everything
        home.close()

    async def all_at_once(self, home, made):
        async def one_sender(mine):
            for one in mine:
                await home.engine.write(accept, home.blobs, one)
                self.acknowledge(one)

        await asyncio.gather(*(one_sender(made[n::4]) for n in range(4)))

    def acknowledge(self, one):
        if not self.power.is_off:
            self.ledger[one.number] = one.content


def fail(power, template, folder, synchronous, fails_at, luck):
    """One life and its end: (letters acknowledged, letters lost, what contradicts itself)."""
    shutil.copytree(template, folder / "before")
    power.switch_on(fails_at)
    life = Life(power, synchronous)
    life.run(folder / "before", luck)
    shutil.copytree(template, folder / "after", ignore=shutil.ignore_patterns("mail.db*"))
    power.leave(folder / "after", luck)
    try:
        lost, found = after(folder / "after", life.ledger)
    except StoreError as error:
        lost, found = len(life.ledger), [str(error)]
    shutil.rmtree(folder / "before")
    shutil.rmtree(folder / "after")
    return len(life.ledger), lost, found


def after(data, ledger):
    home = open_home(data, create=False, synchronous="OFF")
    try:
        return sum(not _is_there(home, number, octets) for number, octets in ledger.items()), verify(home)
    finally:
        home.close()


def _is_there(home, number, octets):
    try:
        return home.engine.read_now(messages.content, home.blobs, number) == octets
    except StoreError:
        return False


def operations_of_a_life(power, template, folder, synchronous):
    shutil.copytree(template, folder / "whole")
    power.switch_on(None)
    Life(power, synchronous).run(folder / "whole", random.Random(0))
    return power.operations


def failures(power, template, folder, synchronous, times):
    """Sums over many failures, at moments spread evenly over a life."""
    luck = random.Random(20260923)
    whole = operations_of_a_life(power, template, folder, synchronous)
    acknowledged, lost, contradictions = 0, 0, []
    for number in range(times):
        fails_at = whole * number // times + luck.randrange(3)
        taken, missing, found = fail(power, template, folder, synchronous, fails_at, luck)
        acknowledged, lost = acknowledged + taken, lost + missing
        contradictions += found
    return acknowledged, lost, contradictions


def test_no_acknowledged_letter_is_lost_in_three_hundred_power_failures(power, template, tmp_path):
    acknowledged, lost, contradictions = failures(power, template, tmp_path, "FULL", FAILURES)
    assert acknowledged > FAILURES
    assert (lost, contradictions) == (0, [])


def test_a_store_that_does_not_sync_each_commit_is_caught(power, template, tmp_path):
    acknowledged, lost, _ = failures(power, template, tmp_path, "NORMAL", CONTROL_FAILURES)
    assert acknowledged > CONTROL_FAILURES
    assert lost > acknowledged // 20


def test_a_large_letter_is_synced_then_its_name_then_the_commit(template, tmp_path, monkeypatch, power):
    """The order that makes a file safe: octets, its name, the name of its folder, and only then who refers to it."""
    shutil.copytree(template, tmp_path / "data")
    power.switch_on(None)
    home = open_home(tmp_path / "data", create=False, vfs=power.name)
    way = filing(home)
    order = []

    def recorded_sync(fd, real=os.fsync):
        order.append((Path(f"/proc/self/fd/{fd}").readlink(), power.operations))
        real(fd)

    monkeypatch.setattr(store_blobs.os, "fsync", recorded_sync)
    spool = home.data / "spool" / "one"
    spool.write_bytes(BODY + b"x" * 1_000_000)
    power.switch_on(None)
    large = keep_file(spool, home.blobs.folder, "K7M3")
    home.engine.write_now(accept, home.blobs, letter(way, content=large))
    kept = home.blobs.folder / large.file
    assert order == [(spool, 0), (kept.parent, 0), (kept.parent.parent, 0)]  # 0: the database was not touched yet
    assert power.operations > 0
    home.close()


def test_a_large_letter_whose_sync_fails_is_never_named(template, tmp_path, monkeypatch):
    shutil.copytree(template, tmp_path / "data")
    home = open_home(tmp_path / "data", create=False, synchronous="OFF")

    def no_sync(fd):
        raise OSError(5, "Input/output error")

    spool = home.data / "spool" / "one"
    spool.write_bytes(BODY)
    monkeypatch.setattr(store_blobs.os, "fsync", no_sync)
    with pytest.raises(OSError, match="Input/output"):
        keep_file(spool, home.blobs.folder, "K7M3")
    assert list(home.blobs.folder.glob("*/*")) == []
    home.close()
