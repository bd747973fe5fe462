"""large.py DATA ADDRESS N: file N small letters in an INBOX, straight through the store.

They are struck from the indexer's list of work: with a million digests to be made it would work beside the measurement
for an hour, and to open a mailbox no digest is needed.  By whom they were for they are found when this ends.
"""

import sys
from pathlib import Path

from pyeonji.journey.event import Accepted, pack
from pyeonji.net.clock import SystemClock
from pyeonji.store import addressed, directory
from pyeonji.store.accept import Filing, Letter, accept_all
from pyeonji.store.home import open_home

STEP = 5_000  # letters in one commit


def letter(number: int, now: int, filing: Filing) -> Letter:
    octets = (
        f"From: s@bench.test\r\nTo: {filing.address}\r\nSubject: letter {number % 1000}\r\n"
        f"Message-ID: <{number}@bench.test>\r\n\r\nHello, this is letter {number}.\r\n"
    ).encode()
    size = len(octets)
    return Letter(
        number=number, content=octets, size=size, body_at=octets.find(b"\r\n\r\n") + 4, relay_at=0, at_us=now,
        via="lmtp", reverse_path="s@bench.test", message_id=f"<{number}@bench.test>", filings=(filing,),
        events=pack((Accepted(now, "lmtp", size, "s@bench.test", f"<{number}@bench.test>", "letter", "s@bench.test"),)),
    )  # fmt: skip


def main(data: Path, address: str, count: int) -> None:
    home = open_home(data, create=False, synchronous="OFF")
    now = SystemClock().now_us()
    inbox = home.engine.read_now(directory.inbox, address)
    assert inbox is not None
    filing = Filing(1, address, inbox.account_id, address, inbox.mailbox_id, "INBOX")
    for start in range(0, count, STEP):
        some = [letter((now << 4) + n, now, filing) for n in range(start, min(start + STEP, count))]
        home.engine.write_now(accept_all, home.blobs, some)
    home.engine.write_now(lambda tx: tx.run("DELETE FROM undigested"))
    while home.engine.write_now(addressed.fill) >= addressed.STEP:
        pass
    home.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
