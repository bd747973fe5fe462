"""How far a long command is: a bar on a terminal, a line of JSON each second for programs, nothing otherwise."""

import sys
import time

from pyeonji.cli.out import Out

DRAW_S = 0.2  # seconds between two looks of the bar
RECORD_S = 1.0  # seconds between two lines of JSON
BAR = 24  # characters


class Meter:
    """Shown with `show` as often as one likes; `end` takes the bar away."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._begun = self._last = time.monotonic()
        self._draws = not out.json and not out.plain and sys.stderr.isatty()
        self._width = 0

    def show(self, *, done: int, total: int, letters: int, what: str) -> None:
        """`done` of `total` (0: nobody knows) is behind us, `letters` among it; `what` is under way."""
        now = time.monotonic()
        if now - self._last < (RECORD_S if self._out.json else DRAW_S):
            return
        self._last = now
        elapsed = now - self._begun
        rate = letters / elapsed
        left = (total - done) * elapsed / done if done and total else 0.0
        if self._out.json:
            self._out.record(
                {
                    "progress": round(done / total, 4) if total else None, "letters": letters,
                    "letters_per_second": round(rate, 1), "seconds_left": round(left), "mailbox": what,
                }
            )  # fmt: skip
        elif self._draws:
            self._draw(done / total if total else 0.0, letters, rate, left, what)

    def end(self) -> None:
        if self._width:
            sys.stderr.write(f"\r{' ' * self._width}\r")
            sys.stderr.flush()
            self._width = 0

    def _draw(self, part: float, letters: int, rate: float, left: float, what: str) -> None:
        part = min(part, 1.0)
        full = round(part * BAR)
        bar = "█" * full + "░" * (BAR - full)
        minutes, seconds = divmod(round(left), 60)
        text = self._out.words(
            "moving.progress", percent=f"{part:.0%}", letters=f"{letters:,}", rate=f"{rate:,.0f}",
            left=f"{minutes}:{seconds:02d}", mailbox=what[:20],
        )  # fmt: skip
        line = f"{bar} {text}"
        self.end()
        sys.stderr.write(f"\r{line}")
        sys.stderr.flush()
        self._width = len(line) * 2  # a Hangul syllable is two columns wide
