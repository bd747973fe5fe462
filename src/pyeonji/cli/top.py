"""`pyeonji top`: the server at work, drawn again every other second; q ends it."""

import argparse
import contextlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from datetime import datetime

from pyeonji.cli.out import Out, fitted
from pyeonji.cli.parser import Parser
from pyeonji.cli.place import local_zone, place
from pyeonji.cli.sight import Sight, as_data, look
from pyeonji.journey.instants import clock, distance
from pyeonji.journey.receipt import written
from pyeonji.journey.troubles import Group

EVERY_S = 2.0  # seconds between two looks
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"  # another screen without a cursor, and back
HOME, REST = "\x1b[H", "\x1b[J"
END_OF_LINE = "\x1b[K\n"
ENDS = {b"q", b"Q", b"\x03", b"\x04", b"\x1b"}  # q, Ctrl+C, Ctrl+D, Esc
LIST = 5  # rows of a list


def configure(parser: Parser) -> None:
    parser.argument("--once", action="store_true", key="top_once")


def run(args: argparse.Namespace, out: Out) -> int:
    here = place(args)
    with here.homes() as homes:
        seen = look(here, homes, None)
        if args.once or out.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            if out.json:
                out.data(as_data(seen))
            else:
                for line in lines(seen, out, 10_000):
                    out.line(line)
            return 0
        with _screen() as (keys, resized):
            while True:
                _draw(lines(seen, out, os.get_terminal_size(sys.stdout.fileno()).columns))
                if _ended(keys, resized):
                    return 0
                seen = look(here, homes, seen)


def lines(seen: Sight, out: Out, width: int) -> Iterator[str]:
    """The page, most important first; each line as wide as the terminal at most."""
    yield from (fitted(line, width) for line in _lines(seen, out))


def _lines(seen: Sight, out: Out) -> Iterator[str]:
    zone = local_zone()
    yield out.words(
        "top.head" if seen.running else "top.head_down",
        time=f"{datetime.fromtimestamp(seen.at_us / 1e6, zone):%H:%M:%S}",
    )
    yield out.words("top.rates", **{name: _rate(seen, name) for name in seen.totals})
    shown = "  ".join(f"{service} {rate:.1f}" for service, rate in seen.connections.items())
    yield out.words("top.connections", shown=shown or "-")
    there = "  ".join(f"{service} {count}" for service, count in seen.open.items() if count)
    yield out.words("top.open", shown=there or "-")
    waited = distance(out.language, seen.oldest_us, seen.at_us) if seen.oldest_us else "-"
    yield out.words("top.queue", oldest=waited, **seen.queue)
    yield ""
    yield out.words("top.destinations")
    for one in seen.destinations[:LIST]:
        due = clock(one.next_us, seen.at_us, zone) if one.next_us else "-"
        yield f"  {one.recipients:>6}  {one.domain or '-':<32} {out.words('top.next', time=due, attempts=one.attempts)}"
    yield out.words("top.undecided")
    for row in seen.oldest[:LIST]:
        age = distance(out.language, row.at_us, seen.at_us)
        state = out.words(f"queue.state.{row.state}")
        yield f"  {written(row.message_id, row.n)}  {row.address}  {state}  {age}"
    yield out.words("top.slowest")
    for one in [one for one in seen.slowest if one.attempts > 1][:LIST]:
        yield f"  {one.attempts:>4}×  {one.domain or '-'}  {written(one.oldest)}"
    for title, groups in (("top.waiting", seen.waiting), ("top.failed", seen.failed)):
        yield out.words(title)
        yield from (_group(group, out) for group in groups[:LIST])
    yield ""
    yield out.words("top.foot")


def _group(group: Group, out: Out) -> str:
    actor = out.words(f"top.actor.{group.actor}")
    return (
        f"  {group.count:>6}  {group.sentence(out.language)}  [{actor}]  {written(group.first.letter, group.first.n)}"
    )


def _rate(seen: Sight, name: str) -> str:
    return f"{seen.rates[name]:.1f}" if name in seen.rates else "-"


@contextlib.contextmanager
def _screen() -> Iterator[tuple[int, int]]:
    """Another screen; where keys come from, and word of another size.  Afterwards all is as before."""
    keys = sys.stdin.fileno()
    before = termios.tcgetattr(keys)
    resized, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGWINCH, lambda *_: None)
    signal.set_wakeup_fd(wake)
    try:
        tty.setcbreak(keys)
        sys.stdout.write(ENTER)
        yield keys, resized
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        os.close(resized)
        os.close(wake)
        termios.tcsetattr(keys, termios.TCSADRAIN, before)
        sys.stdout.write(LEAVE)
        sys.stdout.flush()


def _draw(page: Iterator[str]) -> None:
    """No more lines than the terminal has: what does not fit is left out at the end."""
    shown = list(page)[: max(1, os.get_terminal_size(sys.stdout.fileno()).lines - 1)]
    sys.stdout.write(HOME + "".join(line + END_OF_LINE for line in shown) + REST)
    sys.stdout.flush()


def _ended(keys: int, resized: int) -> bool:
    """Wait for the next look, for a key, or for another size, which is drawn at once; True: that was all."""
    ready, _, _ = select.select([keys, resized], [], [], EVERY_S)
    if resized in ready:
        os.read(resized, 64)
    return keys in ready and os.read(keys, 1) in (*ENDS, b"")
