"""Reading search keys (RFC 9051 §6.4.4).

The parser keeps its own stack: each open NOT, OR or parenthesis is one frame, and no more than MAX_DEPTH may be open.
An OR that stands in another is the same frame, which waits for one key more: programs ask for a hundred Message-IDs so.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyeonji.proto.imap import flags
from pyeonji.proto.imap.keys import (
    All,
    And,
    Arrived,
    EmailId,
    Field,
    Fuzzy,
    HasFlags,
    HasKeyword,
    InBody,
    InText,
    Key,
    Larger,
    ModSeq,
    Not,
    Numbers,
    Older,
    Or,
    Saved,
    Sent,
    Smaller,
    ThreadId,
    Uids,
    Younger,
)
from pyeonji.proto.imap.numbers import MAX_NUMBER, NumberSet
from pyeonji.proto.imap.wire import MAX_DEPTH, MAX_NUMBER64, BadCharset, BadSyntax, Reader

BEGINS_A_SET = frozenset(b"%c" % octet for octet in b"*$123456789")
MAX_KEYS = 2000  # keys in one SEARCH; ours

# What Korean and western clients have been seen to search in.  The answer to others names the two of the standard.
CHARSETS = {
    "US-ASCII": "utf-8", "UTF-8": "utf-8", "ISO-8859-1": "iso8859-1",
    "EUC-KR": "cp949", "KS_C_5601-1987": "cp949", "CP949": "cp949",
}  # fmt: skip

FLAG_KEYS: dict[str, Key] = {
    "ALL": All(),
    "ANSWERED": HasFlags(flags.ANSWERED),
    "DELETED": HasFlags(flags.DELETED),
    "DRAFT": HasFlags(flags.DRAFT),
    "FLAGGED": HasFlags(flags.FLAGGED),
    "RECENT": HasFlags(flags.RECENT),
    "SAVEDATESUPPORTED": All(),  # RFC 8514 §4.3: every mailbox of ours keeps it
    "SEEN": HasFlags(flags.SEEN),
    "UNANSWERED": HasFlags(flags.ANSWERED, False),
    "UNDELETED": HasFlags(flags.DELETED, False),
    "UNDRAFT": HasFlags(flags.DRAFT, False),
    "UNFLAGGED": HasFlags(flags.FLAGGED, False),
    "UNSEEN": HasFlags(flags.SEEN, False),
    "OLD": HasFlags(flags.RECENT, False),
    "NEW": And((HasFlags(flags.RECENT), HasFlags(flags.SEEN, False))),
}
Words = Callable[[], str]
WITH_ARGUMENT: dict[str, Callable[[Reader, Words], Key]] = {
    "BCC": lambda reader, text: Field("bcc", text()),
    "BEFORE": lambda reader, text: Arrived(None, reader.date()),
    "BODY": lambda reader, text: InBody(text()),
    "CC": lambda reader, text: Field("cc", text()),
    "EMAILID": lambda reader, text: EmailId(reader.object_id()),
    "FROM": lambda reader, text: Field("from", text()),
    "HEADER": lambda reader, text: _header(reader, text),
    "KEYWORD": lambda reader, text: _keyword(reader, True),
    "LARGER": lambda reader, text: Larger(reader.number(MAX_NUMBER64)),
    "MODSEQ": lambda reader, text: _modseq(reader),
    "OLDER": lambda reader, text: Older(reader.nz_number()),
    "ON": lambda reader, text: _on(Arrived, reader),
    "SAVEDBEFORE": lambda reader, text: Saved(None, reader.date()),
    "SAVEDON": lambda reader, text: _on(Saved, reader),
    "SAVEDSINCE": lambda reader, text: Saved(reader.date(), None),
    "SENTBEFORE": lambda reader, text: Sent(None, reader.date()),
    "SENTON": lambda reader, text: _on(Sent, reader),
    "SENTSINCE": lambda reader, text: Sent(reader.date(), None),
    "SINCE": lambda reader, text: Arrived(reader.date(), None),
    "SMALLER": lambda reader, text: Smaller(reader.number(MAX_NUMBER64)),
    "SUBJECT": lambda reader, text: Field("subject", text()),
    "TEXT": lambda reader, text: InText(text()),
    "THREADID": lambda reader, text: ThreadId(reader.object_id()),
    "TO": lambda reader, text: Field("to", text()),
    "UID": lambda reader, text: Uids(reader.sequence_set(uid=True)),
    "UIDAFTER": lambda reader, text: _between(reader.nz_number() + 1, MAX_NUMBER),  # RFC 9738 §3.2
    "UIDBEFORE": lambda reader, text: _between(1, reader.nz_number() - 1),
    "UNKEYWORD": lambda reader, text: _keyword(reader, False),
    "YOUNGER": lambda reader, text: Younger(reader.nz_number()),
}
OPENS: dict[str, tuple[int, Callable[[list[Key]], Key]]] = {
    "FUZZY": (1, lambda keys: Fuzzy(keys[0])),
    "NOT": (1, lambda keys: Not(keys[0])),
    "OR": (2, lambda keys: _any_of(keys)),
}


@dataclass(slots=True)
class Open:
    """A NOT, OR, FUZZY or parenthesis that waits for keys: `wants` of them; 0: as many as come before ")"."""

    word: str
    wants: int
    close: Callable[[list[Key]], Key]
    keys: list[Key]


def parse(reader: Reader, codec: str) -> Key:
    """All keys to the end of the command, as one; their texts are in the charset `codec`."""

    def text() -> str:
        return _text(reader, codec)

    stack = [Open("", 0, _all_of, [])]
    for _ in range(MAX_KEYS):
        key = _one(reader, text, stack)
        if key is None:
            continue
        while _give(key, stack[-1], reader, bottom=len(stack) == 1):
            closed = stack.pop()
            key = closed.close(closed.keys)
        if len(stack) == 1 and reader.at_end():
            return _all_of(stack[0].keys)
        reader.space()
    raise BadSyntax("too many search keys")


def _give(key: Key, top: Open, reader: Reader, *, bottom: bool) -> bool:
    """Add the key to what is open; True when that is complete by it."""
    top.keys.append(key)
    if not top.wants:
        return not bottom and reader.skip(b")")
    return len(top.keys) == top.wants


def _one(reader: Reader, text: Words, stack: list[Open]) -> Key | None:
    """The next key; None when it only opened something."""
    if len(stack) > MAX_DEPTH + 1:  # the command itself is the first
        raise BadSyntax("search keys nested too deep")
    if reader.skip(b"("):
        stack.append(Open("(", 0, _all_of, []))
        return None
    if reader.data[reader.at : reader.at + 1] in BEGINS_A_SET:
        return Numbers(reader.sequence_set(uid=False))
    word = reader.word()
    if word in FLAG_KEYS:
        return FLAG_KEYS[word]
    reader.space()
    if word == "OR" == stack[-1].word:
        stack[-1].wants += 1
        return None
    if word in OPENS:
        stack.append(Open(word, *OPENS[word], []))
        return None
    if word not in WITH_ARGUMENT:
        raise BadSyntax("unknown search key")
    return WITH_ARGUMENT[word](reader, text)


def _all_of(keys: list[Key]) -> Key:
    return keys[0] if len(keys) == 1 else And(tuple(keys))


def _any_of(keys: list[Key]) -> Key:
    """As a tree that is as low as can be."""
    if len(keys) == 1:
        return keys[0]
    half = len(keys) // 2
    return Or(_any_of(keys[:half]), _any_of(keys[half:]))


def _on(kind: type[Arrived] | type[Sent] | type[Saved], reader: Reader) -> Key:
    day = reader.date()
    return kind(day, day + 1)


def _between(first: int, last: int) -> Key:
    return Uids(NumberSet(((first, last),) if first <= last else ()))


def _header(reader: Reader, text: Words) -> Key:
    name = reader.astring().decode("ascii", "replace").lower()
    reader.space()
    return Field(name, text())


def _keyword(reader: Reader, wanted: bool) -> Key:
    word = reader.atom()
    bit = flags.BITS.get(word.lower())
    return HasFlags(bit, wanted) if bit else HasKeyword(word.lower(), wanted)


def _modseq(reader: Reader) -> Key:
    if reader.comes(b'"'):
        if not reader.string().startswith(b"/flags/"):
            raise BadSyntax("unknown metadata item")
        reader.space()
        if reader.word() not in ("ALL", "PRIV", "SHARED"):
            raise BadSyntax("ALL, PRIV or SHARED expected")
        reader.space()
    return ModSeq(reader.modseq(least=0))


def _text(reader: Reader, codec: str) -> str:
    octets = reader.astring()
    try:
        return octets.decode(codec)
    except UnicodeDecodeError as error:
        raise BadSyntax("text is not in the charset") from error


def charset(reader: Reader, *, saving: bool) -> str:
    """The codec of a charset the client names, in a search whose result is kept or not; raises BadCharset."""
    name = reader.astring().decode("latin-1").upper()
    if name not in CHARSETS:
        raise BadCharset(saving=saving)
    return CHARSETS[name]
