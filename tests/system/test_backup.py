"""A backup while letters come in: whatever was acknowledged before it began is in it, and comes back elsewhere."""

import json
from pathlib import Path

import pytest

from kit.ledger import Load, tokens_in_mailbox
from kit.server import HOST, KIM, LEE, PASSWORD, Server, until
from pyeonji.store import queue
from pyeonji.store.home import open_home
from pyeonji.store.verify import verify

pytestmark = pytest.mark.system
NOBODY = f'[relay]\nsmart_host = "{HOST}:1"\ntls = "never"\n'  # letters for elsewhere wait


@pytest.mark.timeout(300)
def test_every_letter_acknowledged_before_a_backup_is_in_it(tmp_path: Path):
    key = tmp_path / "key"
    key.write_text("the key of this test, long enough")
    ledger = []
    with Server(tmp_path / "data", (KIM, LEE), NOBODY) as server:
        load = Load(server, some_large=True)
        load.start()
        for count in (200, 400):
            until(lambda count=count: len(load.local) > count)
            here, far = set(load.local), set(load.remote)  # acknowledged, before it begins
            done = server.run("backup", str(tmp_path / "backup"), "--key", str(key), "--json")
            assert done.returncode == 0, done.stderr
            ledger.append((here, far, json.loads(done.stdout)))
        assert len(load.local) > len(here)  # nobody was kept waiting
        load.stop()
        assert server.stop() == 0
    assert all(made["files"] > 0 for _, _, made in ledger)
    assert ledger[1][2]["copied"] < ledger[1][2]["files"]  # the first ones lay there already
    for number, (here, far, made) in enumerate(ledger):
        elsewhere = tmp_path / f"elsewhere{number}"
        with_name = ["--from", Path(made["path"]).name, "--key", str(key), "--data", str(elsewhere)]
        restored = server.run("restore", str(tmp_path / "backup"), *with_name)
        assert restored.returncode == 0, restored.stderr
        home = open_home(elsewhere, create=False)
        assert verify(home) == []
        assert len(home.engine.read_now(queue.listing)) >= len(far)
        home.close()
        with Server(elsewhere) as again:
            assert here <= set(tokens_in_mailbox(again))


def test_what_was_restored_takes_letters_and_logins_again(tmp_path: Path):
    with Server(tmp_path / "data", (KIM,), NOBODY) as server:
        assert server.run("backup", str(tmp_path / "backup")).returncode == 0
        assert server.stop() == 0
    again = Server(tmp_path / "again")
    restored = again.run("restore", str(tmp_path / "backup"))
    assert b"passwd" in restored.stdout  # without a key there were no passwords in it
    changed = again.run("account", "passwd", KIM, "--password-stdin", stdin=f"{PASSWORD}-again\n".encode())
    assert changed.returncode == 0, changed.stderr
    with again:
        assert tokens_in_mailbox(again, f"{PASSWORD}-again") == {}
