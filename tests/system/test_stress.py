"""Many sessions over all workers act at random; no two things they are told may contradict each other.

`make stress SECONDS=600` runs it for long.  The lies show that contradictions are found where there are some.
"""

import asyncio
import os

import pytest

from kit.server import KIM, PASSWORD, Server, until
from stress.ledger import Contradiction
from stress.liar import LIES, Liar
from stress.run import stress
from stress.wire import Broken

pytestmark = pytest.mark.system
SECONDS = float(os.environ.get("PYEONJI_STRESS_S", "8"))
SEED = int(os.environ.get("PYEONJI_STRESS_SEED", "1"))
LYING_S = 30.0  # seconds within which each lie must be found
WHO = (KIM, PASSWORD)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("stress") / "d", (KIM,), "workers = 2\n") as server:
        until(lambda: len(server.workers()) == 2)
        yield server


@pytest.mark.timeout(SECONDS + 120)
def test_no_session_is_told_things_that_contradict_each_other(server):
    ledger = asyncio.run(stress(server.port("imap"), WHO, SECONDS, actors=12, seed=SEED))
    print(f"{ledger.checks} checks, 0 contradictions")
    assert ledger.checks > 100 * SECONDS
    verified = server.run("verify")
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("defect", LIES)
def test_a_planted_defect_is_found(server, defect):
    async def lied_to() -> int:
        async with Liar(server.port("imap"), LIES[defect], SEED) as liar:
            with pytest.raises((Contradiction, Broken)) as found:
                await stress(liar.port, WHO, LYING_S, actors=4, seed=SEED)
            print(found.value)
            return liar.told

    assert asyncio.run(lied_to()) > 0
