"""The questions people type: `from:김철수 has:attachment "Q3 견적서" -초안` (docs/search.md).

Words stand side by side: all of them must be there, in the subject, a name or address, the body, or the name of an
attachment.  Before a colon stands what is meant, in English or Korean; a colon behind any other word means itself.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from pyeonji.message.folded import fold_line
from pyeonji.proto.imap import flags, keys

MAX_QUERY = 1_000  # characters; ours
MAX_PARTS = 50  # words and conditions of one question; ours
SECOND_US = 1_000_000

PART = re.compile(r'(-)?(?:([^\W\d]+):)?(?:"([^"]*)(")?|(\S*))', re.UNICODE)
QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "＂": '"', "：": ":"})
DAY = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?\Z")
AGO = re.compile(r"(\d{1,4})([dwmy일주월년])\Z")
AGO_DAYS = {"d": 1, "일": 1, "w": 7, "주": 7, "m": 30, "월": 30, "y": 365, "년": 365}
SIZE = re.compile(r"(\d{1,9})([kmg]?)(?:i?b)?\Z", re.IGNORECASE)
SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
OR = frozenset({"or", "또는"})
RECIPIENTS = ("to", "cc", "bcc")
YES, NO = frozenset({"yes", "있음", "있는"}), frozenset({"no", "없음", "없는"})

STATES: dict[str, keys.Key] = {
    "unread": keys.HasFlags(flags.SEEN, False), "unseen": keys.HasFlags(flags.SEEN, False),
    "안읽음": keys.HasFlags(flags.SEEN, False), "안읽은": keys.HasFlags(flags.SEEN, False),
    "read": keys.HasFlags(flags.SEEN), "읽음": keys.HasFlags(flags.SEEN), "읽은": keys.HasFlags(flags.SEEN),
    "flagged": keys.HasFlags(flags.FLAGGED), "starred": keys.HasFlags(flags.FLAGGED),
    "중요": keys.HasFlags(flags.FLAGGED), "answered": keys.HasFlags(flags.ANSWERED),
    "답장함": keys.HasFlags(flags.ANSWERED), "draft": keys.HasFlags(flags.DRAFT), "초안": keys.HasFlags(flags.DRAFT),
}  # fmt: skip


class BadQuery(ValueError):
    """The question means nothing; `why` and `slots` name the sentence that says so."""

    def __init__(self, why: str, **slots: str) -> None:
        super().__init__(why)
        self.why = why
        self.slots = slots


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; where: in all mailboxes if `mailboxes` is empty.  `words`: what to show a piece around."""

    key: keys.Key
    mailboxes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    """One question being read."""

    now_us: int
    zone: tzinfo
    groups: list[list[keys.Key]] = field(default_factory=lambda: [[]])  # each a choice between keys
    mailboxes: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    choosing: bool = False  # an OR waits for what comes behind it

    def add(self, key: keys.Key) -> None:
        if self.choosing:
            self.groups[-1].append(key)
        else:
            self.groups.append([key])
        self.choosing = False


def parse(text: str, now_us: int, zone: tzinfo) -> Query:
    """The meaning of a question asked now by somebody in this time zone; raises BadQuery."""
    if len(text) > MAX_QUERY:
        raise BadQuery("too_long", most=str(MAX_QUERY))
    reader = _Reader(now_us, zone)
    parts = [match for match in PART.finditer(text.translate(QUOTES).strip()) if match[0]]
    if len(parts) > MAX_PARTS:
        raise BadQuery("too_many", most=str(MAX_PARTS))
    for match in parts:
        _read(reader, match)
    if reader.choosing:
        raise BadQuery("lonely_or")
    groups = [group for group in reader.groups if group]
    if not groups and not reader.mailboxes:
        raise BadQuery("empty")
    key = _all_of([_one_of(group) for group in groups])
    return Query(key, tuple(reader.mailboxes), tuple(dict.fromkeys(reader.words)))


def _read(reader: _Reader, match: re.Match[str]) -> None:
    minus, name, quoted, closed, plain = match.groups()
    if quoted is not None and closed is None:
        raise BadQuery("open_quote", text=f'"{quoted}')
    value = plain if quoted is None else quoted
    if name is None and quoted is None and value.lower() in OR:
        if reader.choosing or not reader.groups[-1]:
            raise BadQuery("lonely_or")
        reader.choosing = True
        return
    condition = CONDITIONS.get((name or "").lower())
    if name and condition is None:
        _check_misspelled(name)
        value = f"{name}:{value}" if quoted is None else f"{name}: {value}"
    if not value.strip():
        raise BadQuery("no_value", name=f"{name}:" if name else '""')
    key = _condition(reader, name, condition, value) if condition else _anywhere(reader, value, not minus)
    if key is not None:
        reader.add(keys.Not(key) if minus else key)
    elif minus:
        raise BadQuery("no_minus", name=f"{name}:")


def _check_misspelled(name: str) -> None:
    """A word with a colon that is nearly one of ours is meant to be one."""
    near = difflib.get_close_matches(name.lower(), CONDITIONS, 1, 0.75)
    if near and len(name) > 2:
        raise BadQuery("misspelled", name=f"{name}:", known=f"{near[0]}:")


Condition = Callable[[_Reader, str], keys.Key | None]


def _condition(reader: _Reader, name: str, condition: Condition, value: str) -> keys.Key | None:
    try:
        return condition(reader, value)
    except BadQuery as error:
        error.slots.setdefault("name", f"{name}:")
        error.slots.setdefault("value", value)
        raise


def _anywhere(reader: _Reader, text: str, shown: bool = True) -> keys.Key:
    """Where people mean: not in what machines write into headers."""
    if shown:
        reader.words.append(fold_line(text))
    fields = [keys.Field(name, text) for name in ("subject", "from", "to", "cc")]
    return _one_of([*fields, keys.InBody(text)])


def _in_field(*names: str) -> Condition:
    def looked_for(reader: _Reader, text: str) -> keys.Key:
        return _one_of([keys.Field(name, text) for name in names])

    return looked_for


def _in_body(reader: _Reader, text: str) -> keys.Key:
    reader.words.append(fold_line(text))
    return keys.InBody(text)


def _has(reader: _Reader, value: str) -> keys.Key:
    if value.lower() in ("attachment", "attachments", "첨부", "첨부파일"):
        return keys.Attached()
    raise BadQuery("bad_has")


def _attached(reader: _Reader, value: str) -> keys.Key:
    """`첨부:있음`, `첨부:없음`, or a part of a file's name, which is kept with the body."""
    if value in YES or value in NO:
        return keys.Attached(value in YES)
    return keys.And((keys.Attached(), _in_body(reader, value)))


def _is(reader: _Reader, value: str) -> keys.Key:
    found = STATES.get(value.lower())
    if found is None:
        raise BadQuery("bad_is", known=", ".join(("unread", "read", "flagged", "answered", "draft")))
    return found


def _in(reader: _Reader, value: str) -> None:
    reader.mailboxes.append("INBOX" if value.lower() in ("inbox", "받은편지함") else value)


def _before(reader: _Reader, value: str) -> keys.Key:
    return keys.Older(_seconds_since(reader, _day(reader, value)) + 1)


def _after(reader: _Reader, value: str) -> keys.Key:
    """On that day or later."""
    return keys.Younger(_seconds_since(reader, _day(reader, value)))


def _seconds_since(reader: _Reader, day: datetime) -> int:
    return reader.now_us // SECOND_US - int(day.timestamp())


def _day(reader: _Reader, value: str) -> datetime:
    """Midnight at the beginning of a day, a month, a year; of the day so long ago."""
    today = datetime.fromtimestamp(reader.now_us / SECOND_US, reader.zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    if value.lower() in ("today", "오늘"):
        return today
    if value.lower() in ("yesterday", "어제"):
        return today - timedelta(days=1)
    if ago := AGO.match(value.lower()):
        return today - timedelta(days=int(ago[1]) * AGO_DAYS[ago[2]])
    found = DAY.match(value)
    try:
        if found is None:
            raise BadQuery("bad_day", today=today.strftime("%Y-%m-%d"))
        day = datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=reader.zone)
        day.timestamp()
    except (ValueError, OverflowError) as error:
        raise BadQuery("bad_day", today=today.strftime("%Y-%m-%d")) from error
    return day


def _size(kind: type[keys.Larger] | type[keys.Smaller]) -> Condition:
    def compared(reader: _Reader, value: str) -> keys.Key:
        found = SIZE.match(value)
        if found is None:
            raise BadQuery("bad_size")
        return kind(int(found[1]) * SIZES[found[2].lower()])

    return compared


def _one_of(choices: list[keys.Key]) -> keys.Key:
    found = choices[-1]
    for key in reversed(choices[:-1]):
        found = keys.Or(key, found)
    return found


def _all_of(several: list[keys.Key]) -> keys.Key:
    if not several:
        return keys.All()
    return several[0] if len(several) == 1 else keys.And(tuple(several))


CONDITIONS: dict[str, Condition] = {
    "from": _in_field("from"), "보낸사람": _in_field("from"), "보낸이": _in_field("from"),
    "to": _in_field(*RECIPIENTS), "받는사람": _in_field(*RECIPIENTS), "받는이": _in_field(*RECIPIENTS),
    "cc": _in_field("cc"), "참조": _in_field("cc"), "subject": _in_field("subject"), "제목": _in_field("subject"),
    "body": _in_body, "본문": _in_body, "내용": _in_body, "has": _has, "첨부": _attached, "첨부파일": _attached,
    "attachment": _attached, "is": _is, "상태": _is, "in": _in, "편지함": _in, "우편함": _in,
    "before": _before, "이전": _before, "전": _before, "after": _after, "since": _after, "이후": _after, "부터": _after,
    "larger": _size(keys.Larger), "smaller": _size(keys.Smaller), "크기": _size(keys.Larger),
}  # fmt: skip
