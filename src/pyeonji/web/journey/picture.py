"""The picture of a journey: lanes for everybody who had a part in it, and what went from one to the other.

Values without markup: the template draws lanes on a wide screen and the bubbles of a chat on a narrow one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pyeonji.catalog.say import say
from pyeonji.journey.instants import clock, distance, lasting, to_the_millisecond
from pyeonji.journey.receipt import NotAReceipt, parse_receipt, written
from pyeonji.journey.steps import Step
from pyeonji.journey.story import RecipientStory, Story
from pyeonji.web.letter import Reader

MAX_HOSTS = 3  # lanes of other servers; more would be too thin to read, so the rest share the last
MAX_ROWS = 120  # of one picture; the proof below has everything
WRITER, HERE, DNS, MAILBOX = "writer", "here", "dns", "mailbox"
NOTED = frozenset({"held", "released", "cancelled", "leaseexpired", "deferred", "failed", "delivered", "refused"})
ENDS = frozenset({"delivered", "deferred", "failed"})
MOODS = {"delivered": "good", "failed": "bad", "refused": "bad", "cancelled": "bad", "deferred": "wait", "held": "wait"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.  `kind`: arrow, note, try (a heading), wait, or next (what is still to come).

    `start` and `end` are the numbers of lanes, from 1; `side` says who speaks in a chat: us, them, or nobody.
    """

    kind: str
    text: str
    time: str = ""
    start: int = 0
    end: int = 0
    lock: bool = False
    mood: str = ""
    side: str = ""
    onward: str = ""

    @property
    def left(self) -> int:
        return min(self.start, self.end)

    @property
    def right(self) -> int:
        return max(self.start, self.end)

    @property
    def span(self) -> int:
        """Lanes that it reaches over."""
        return self.right - self.left + 1


@dataclass(frozen=True, slots=True)
class Picture:
    """`lanes` are the names above them; `cut`: there was more than fits."""

    lanes: tuple[str, ...]
    rows: tuple[Row, ...]
    cut: bool = False


def picture(story: Story, one: RecipientStory | None, reader: Reader, *, plain: bool = True) -> Picture:
    """How the letter went for one recipient; for all where there is none.  `plain`: our lines in words."""
    steps = _handed_in_first([step for step in story.steps if _is_of(step, one)])
    drawing = _Drawing(story, steps, reader, plain=plain)
    rows = list(drawing.rows())
    if one is not None:
        rows += _to_come(one, reader)
    return Picture(drawing.names, tuple(rows[-MAX_ROWS:]), cut=len(rows) > MAX_ROWS)


def _is_of(step: Step, one: RecipientStory | None) -> bool:
    if one is None or step.event in ("accepted", "content"):
        return True
    return step.recipient in (0, one.n) and step.address.casefold() in ("", one.address.casefold())


def _handed_in_first(steps: list[Step]) -> list[Step]:
    """What we did with the letter is committed with its being taken, but comes after it for people."""
    at = next((n for n, step in enumerate(steps) if step.event == "accepted"), 0)
    done = [step for step in steps[:at] if step.rule == "signed"]
    return [*(step for step in steps[:at] if step.rule != "signed"), *steps[at : at + 1], *done, *steps[at + 1 :]]


class _Drawing:
    """Knows the lanes of one picture, and which connection leads to which."""

    def __init__(self, story: Story, steps: list[Step], reader: Reader, *, plain: bool) -> None:
        self._story, self._steps, self._reader, self._plain = story, steps, reader, plain
        self._hosts_of: dict[int, str] = {}
        hosts: dict[str, None] = {}
        for step in steps:
            host = str(step.slots.get("host") or "")
            if step.event in ("attempted", "delivered", "returned") or (
                step.event == "connected" and step.way == "out"
            ):
                hosts.setdefault(host)
                if step.session:
                    self._hosts_of[step.session] = host
        events = {step.event for step in steps}
        kept = [host for host in hosts if host][-MAX_HOSTS:]
        writer = self._writer()
        self._lanes = [WRITER] if writer else []
        self._lanes += [HERE, *([DNS] if "resolved" in events else []), *kept]
        self._lanes += [MAILBOX] if "filed" in events else []
        words = {WRITER: writer, HERE: self._say("picture.here"), DNS: "DNS", MAILBOX: self._say("picture.mailbox")}
        self.names = tuple(words.get(lane, lane) for lane in self._lanes)

    def rows(self) -> Iterator[Row]:
        waited, host, spoken = 0, "", True
        for step in self._steps:
            if step.event == "attempted":
                if waited:
                    yield self._wait(waited, step.at)
                waited, host, spoken = 0, str(step.slots.get("host") or ""), False
                yield Row("try", self._say("proof.try", n=step.attempt), self._time(step))
                continue
            if step.event in ENDS and step.text and not spoken:  # of a connection whose lines nobody kept
                yield self._arrow(step, host, HERE, step.text, mood=_mood(step.text))
            if row := self._row(step):
                spoken = spoken or (row.kind == "arrow" and row.side == "them")
                yield row
            if step.event == "deferred":
                waited = step.at

    def _row(self, step: Step) -> Row | None:
        match step.event:
            case "accepted":
                return self._arrow(step, WRITER, HERE, self._say("picture.handed_in"))
            case "resolved":
                return self._arrow(step, DNS, HERE, self._found(step))
            case "decided" if step.rule == "signed":
                return self._note(step, self._say("picture.signed"))
            case "tlsstarted" if step.way == "out" and not self._plain:
                return self._note(step, f"🔒 {step.text.split(' ')[0] or 'TLS'}")
            case "tlsfailed" if step.way == "out":
                return self._note(step, step.text, "wait")
            case "line" | "content":
                return self._line(step)
            case "filed":
                return self._arrow(step, HERE, MAILBOX, self._say("picture.filed"), mood="good")
            case "bounced" | "notified" | "confirmed":
                number = str(step.slots.get("number") or step.text)
                return replace(
                    self._arrow(step, HERE, WRITER, self._say(f"picture.{step.event}")), onward=onward(number)
                )
            case "returned":
                number = str(step.slots.get("number") or "")
                row = self._arrow(
                    step, str(step.slots.get("host") or ""), HERE, self._say("picture.returned"), mood="bad"
                )
                return replace(row, onward=onward(number))
            case event if event in NOTED:
                return self._note(step, self._say(f"picture.{event}"), MOODS.get(event, ""))
            case _:
                return None

    def _line(self, step: Step) -> Row | None:
        """Of a dialogue with another server: the envelope, the letter, and what decides."""
        host = self._hosts_of.get(step.session)
        if host is None or step.way != "out":
            return None
        if step.direction == "out":
            if step.event == "content":
                return self._arrow(step, HERE, host, self._say("picture.content"))
            text = self._say("picture.envelope", address=step.address) if self._plain else step.text
            return self._arrow(step, HERE, host, text) if step.key == "line.rcpt" else None
        decides = step.text[:1] in ("4", "5") or step.key.startswith("line.taken")
        return self._arrow(step, host, HERE, step.text, mood=_mood(step.text)) if decides else None

    def _found(self, step: Step) -> str:
        """What the DNS said; in plain words, where one goes first."""
        answer, question = str(step.slots.get("answer") or ""), str(step.slots.get("question") or "")
        first = answer.partition(",")[0].rpartition(" ")[2]
        if not self._plain or not first or not question.endswith(" MX"):
            return step.text
        return self._say("picture.found", domain=question.removesuffix(" MX"), host=first)

    def _arrow(self, step: Step, start: str, end: str, text: str, mood: str = "") -> Row:
        side = "us" if start == HERE else "them"
        return Row("arrow", text, self._time(step), self._lane(start), self._lane(end), step.encrypted, mood, side)

    def _note(self, step: Step, text: str, mood: str = "") -> Row:
        here = self._lane(HERE)
        return Row("note", text, self._time(step), here, here, mood=mood)

    def _wait(self, since_us: int, until_us: int) -> Row:
        return Row("wait", f"⏳ {lasting(self._reader.language, until_us - since_us)}")

    def _lane(self, name: str) -> int:
        if name in self._lanes:
            return self._lanes.index(name) + 1
        return self._lanes.index(HERE) + 1 if name in (WRITER, DNS, MAILBOX) else len(self._lanes)

    def _writer(self) -> str:
        if not any(step.event in ("accepted", "bounced", "notified") for step in self._steps):
            return ""
        return self._story.login or self._story.reverse_path or self._say("picture.writer")

    def _time(self, step: Step) -> str:
        return to_the_millisecond(step.at, self._reader.zone)

    def _say(self, key: str, **slots: str | int) -> str:
        return say(self._reader.language, key, **slots)


def _to_come(one: RecipientStory, reader: Reader) -> Iterator[Row]:
    """What is still to happen is dashed."""
    told: Callable[[str, int], str] = lambda key, at: say(  # noqa: E731
        reader.language,
        key,
        when=clock(at, reader.now_us, reader.zone),
        distance=distance(reader.language, at, reader.now_us),
    )
    if not one.final and one.next_attempt_at:
        yield Row("next", told("picture.next", one.next_attempt_at))
    if not one.final and one.gives_up_at:
        yield Row("next", told("story.gives_up", one.gives_up_at))


def _mood(reply: str) -> str:
    return {"2": "good", "4": "wait", "5": "bad"}.get(reply[:1], "")


def onward(number: str) -> str:
    """A receipt number to go on reading at; "" when it is none."""
    try:
        return written(parse_receipt(number.strip()).number)
    except NotAReceipt:
        return ""
