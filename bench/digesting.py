"""digesting.py [LETTERS]: what the digest of a letter costs, in µs of CPU and octets of digest.db (harness's corpus).

With `--sealed` each letter also has what a large provider writes into headers: two more signatures, a seal, a state.
"""

import base64
import importlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from pyeonji.proto.imap.digest import digest
from pyeonji.store import digests
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import open_home

HARNESS = Path(os.environ.get("HARNESS", Path(__file__).parents[2] / "shared/bench"))
STEP = 64  # letters in one commit
FIRST, APART = 1_790_000_000_000_000 << 4, 3_000_000 << 4  # receipt numbers: a letter every three seconds
SIZES = "SELECT sum(pgsize), sum(CASE WHEN name LIKE '%term%' THEN pgsize END) FROM dbstat"


def sealed(dice: random.Random) -> bytes:
    def blob(octets: int) -> str:
        return base64.b64encode(dice.randbytes(octets)).decode()

    return (
        f"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=mail.test; s=arc; b={blob(256)}\r\n"
        f"ARC-Message-Signature: i=1; a=rsa-sha256; d=mail.test; s=arc; bh={blob(32)}; b={blob(256)}\r\n"
        f"X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=mail.test; s=1; bh={blob(32)}; b={blob(256)}\r\n"
        f"X-Gm-Message-State: {blob(100)}\r\n"
    ).encode()


def main(count: int, with_seals: bool) -> None:
    sys.path.insert(0, str(HARNESS / "load"))
    corpus = importlib.import_module("corpus")
    dice = random.Random(1)
    letters = [sealed(dice) * with_seals + corpus.message(number) for number in range(count)]
    with tempfile.TemporaryDirectory() as data:
        home = open_home(Path(data), create=True)
        started = time.process_time()
        for start in range(0, count, STEP):
            step = enumerate(letters[start : start + STEP], start)
            made = [digests.made(FIRST + number * APART, digest(octets)) for number, octets in step]
            home.digests.write_now(digests.save, home.digests.full_text, made)
        cpu = time.process_time() - started
        whole, index = home.digests.read_now(_sizes)
        home.close()
    print(f"{cpu / count * 1e6:.0f} µs, {whole / count:.0f} octets, of them {index / count:.0f} in the index")


def _sizes(tx: Tx) -> tuple[int, int]:
    (row,) = tx.all(SIZES)
    return row[0], row[1]


if __name__ == "__main__":
    main(int(next(iter(sys.argv[1:2]), "4000")), "--sealed" in sys.argv)
