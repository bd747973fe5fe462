"""Octets to text, whatever the label says.

Labels in mail are wrong in known ways.  "euc-kr" and "ks_c_5601-1987" mean CP949, because the programs that write them
do; "gb2312" means GB 18030, "iso-8859-1" Windows-1252.  Many letters carry no label, or the label of the program's
default.  So the octets have a say, strongest evidence first:

1. escape sequences of ISO 2022, a byte order mark, and the zeros of UTF-16;
2. valid UTF-8 with multi-octet characters: other text almost never looks like it;
3. the declared charset, if it decodes; but for a foreign label on what is beyond doubt Korean;
4. Korean: valid CP949 that is mostly common Hangul wins over a missing, Western or failing label;
5. statistics (chardet, imported only here and only now), at last replacement characters.

Nothing raises, nothing is lost: the caller keeps the octets and may decode them again with another charset.
UTF-7 is never decoded: it hides ASCII from every filter.
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from encodings.aliases import aliases
from enum import StrEnum

SAMPLE = 8192  # characters or octets that are judged; ours
MOST_GUESSES = 24  # of the statistics for one letter: each costs a millisecond, and a letter may ask 10,000 times; ours
HANGUL = re.compile("[가-힣]+")
FOREIGN = re.compile(
    "[^\x00-\x7f가-힣ㄱ-ㆎ\u2000-\u33ff\uff00-\uffef\xa0-\xbf]"
)  # neither Hangul nor signs Koreans use
FREQUENT = re.compile(
    "[이다는을의에고가하지은로도를서어사기시한대자인리해그아나있라스으정일들것수만장보부전적면주상게제오구원성안과여러"
    "니요우까네세공비경관동문국내년월조선생회신물화소무발중실간후분편계용음와습합드려께님메]"
)
PLAIN = re.compile("[\t-~가-힣]")  # ASCII and Hangul
MARKS = ((b"\xff\xfe\0\0", "utf_32"), (b"\0\0\xfe\xff", "utf_32"), (b"\xff\xfe", "utf_16"), (b"\xfe\xff", "utf_16"))
FEW = 5  # syllables too few to ask how frequent they are
# Octets of Korean are valid Shift_JIS, EUC-JP, GB 2312, Big5 and KOI8-R as well.  Of the syllables of a Korean
# sentence two in five are frequent ones, in words of up to six between blanks; sentences of the neighbours that happen
# to be Hangul when read as CP949 have one in four, and no blanks (docs/reading.md has the figures).
ENOUGH = 12  # syllables
VARIED = 5  # different ones among the frequent
LONG_WORDS = 6  # syllables of a word, on average
LEAST = 0xA1  # both octets of the common syllables are at least this
LONG_UTF_8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf][\x80-\xbf]")

TEXT_CODECS = frozenset({
    "ascii", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "cp949", "johab",
    "iso2022_kr", "cp932", "euc_jp", "iso2022_jp_ext", "gb18030", "hz", "big5hkscs", "cp037", "cp437", "cp500",
    "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858", "cp860", "cp861", "cp862", "cp863", "cp864",
    "cp865", "cp866", "cp869", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257",
    "cp1258", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8",
    "iso8859_10", "iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "koi8_r", "koi8_u", "kz1048", "cp874",
    "mac_cyrillic", "mac_greek", "mac_iceland", "mac_latin2", "mac_roman", "mac_turkish",
})  # fmt: skip
MEANT = {  # what the label of a smaller set stands for in practice
    "euc_kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "big5": "big5hkscs",
    "cp950": "big5hkscs", "latin_1": "cp1252", "iso8859_1": "cp1252", "iso8859_9": "cp1254", "iso8859_11": "cp874",
    "tis_620": "cp874", "iso2022_jp": "iso2022_jp_ext", "iso2022_jp_1": "iso2022_jp_ext",
    "iso2022_jp_2": "iso2022_jp_ext", "iso2022_jp_3": "iso2022_jp_ext", "utf_8_sig": "utf_8",
}  # fmt: skip
OWN_LABELS = {
    "ksc56011987": "cp949", "ksc56011989": "cp949", "ksc5601": "cp949", "ksx1001": "cp949", "korean": "cp949",
    "isoir149": "cp949", "windows949": "cp949", "xwindows949": "cp949", "ms949": "cp949", "uhc": "cp949",
    "xeuckr": "cp949", "euckr": "cp949", "cseuckr": "cp949", "949": "cp949", "xjohab": "johab", "cp1361": "johab",
    "csiso2022kr": "iso2022_kr", "xsjis": "cp932", "windows31j": "cp932", "xeucjp": "euc_jp", "eucjpms": "euc_jp",
    "xgbk": "gb18030", "cp936": "gb18030", "windows936": "gb18030", "xxbig5": "big5hkscs", "cnbig5": "big5hkscs",
    "utf8mb4": "utf_8", "unicode11utf8": "utf_8", "xutf8": "utf_8", "unicode": "utf_16",
    "csunicode": "utf_16", "ucs2": "utf_16", "iso10646ucs2": "utf_16", "unicodefffe": "utf_16_be", "ucs4": "utf_32",
    "csucs4": "utf_32", "iso10646ucs4": "utf_32", "cp970": "cp949", "ibm949": "cp949", "ibm970": "cp949",
    "windows1361": "johab", "ksc56011992": "johab", "iso885911": "cp874",
    "windows874": "cp874", "iso88598i": "iso8859_8", "iso88598e": "iso8859_8", "koi8ru": "koi8_u",
    "iso2022jpms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "ansix341968": "ascii", "xmacroman": "mac_roman",
}  # fmt: skip


def _known_labels() -> dict[str, str]:
    labels = {}
    for label, codec in [*aliases.items(), *((name, name) for name in (*TEXT_CODECS, *MEANT))]:
        meant = MEANT.get(codec, codec)
        if meant in TEXT_CODECS:
            labels[label.replace("_", "")] = meant
    return labels | OWN_LABELS


# A table of our own: asking `codecs.lookup` for a stranger's words would keep every one of them for ever.
LABELS = _known_labels()
NOT_LABEL_CHARACTERS = re.compile(r"[^0-9a-z]+")
MAX_LABEL = 64  # characters; ours
WIDE = frozenset(name for name in TEXT_CODECS if name.startswith(("utf_16", "utf_32")))
KOREAN = frozenset({"cp949", "johab", "iso2022_kr"})
WESTERN = frozenset({"ascii", "utf_8", "cp1252", "iso8859_15", "cp1254", "cp437", "cp850", "mac_roman"})
DETECTED = (
    "utf-8", "cp949", "johab", "iso2022_kr", "shift_jis_2004", "cp932", "euc_jis_2004", "gb18030", "big5hkscs",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8-r", "koi8-u",
    "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-15", "cp866", "cp874", "mac-cyrillic",
)  # fmt: skip


class How(StrEnum):
    """Why this decoder was taken."""

    ASCII = "ascii"
    DECLARED = "declared"
    UTF_8 = "utf-8"  # the octets are valid UTF-8, though nobody said so
    ESCAPES = "escapes"  # ISO 2022 escape sequences, or a byte order mark
    KOREAN = "korean"  # valid CP949, mostly common Hangul
    DETECTED = "detected"  # statistics
    DAMAGED = "damaged"  # some octets could not be read and became U+FFFD


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the decoder that gave it, the label as declared, and the reason."""

    text: str
    charset_used: str
    declared: str | None
    how: How


def codec_of(label: str | None) -> str | None:
    """The decoder a charset label means, or None for a label that is unknown, or that we will not decode (UTF-7)."""
    if not label:
        return None
    return LABELS.get(NOT_LABEL_CHARACTERS.sub("", label[:MAX_LABEL].lower()))


def decode(octets: bytes, declared: str | None = None) -> Decoded:
    """Text of these octets; `declared` is the label they came with, or None."""
    codec = codec_of(declared)
    if octets.isascii():
        return _seven_bit(octets, declared, codec)
    if wide := _wide(octets, codec):
        return _damaged_or(octets, wide, declared, How.DECLARED if codec in WIDE else How.ESCAPES)
    if (text := _strict(octets, "utf_8")) is not None and not _accident(octets, codec):
        return Decoded(text.removeprefix("\ufeff"), "utf_8", declared, How.DECLARED if codec == "utf_8" else How.UTF_8)
    if codec is None or codec in WESTERN:
        return _unlabelled(octets, declared, codec)
    if codec not in KOREAN and (korean := _strict(octets, "cp949")) is not None and _surely_korean(korean):
        return Decoded(korean, "cp949", declared, How.KOREAN)
    if (text := _strict(octets, codec)) is not None:
        return Decoded(text, codec, declared, How.DECLARED)
    if codec == "cp949" and (old := _strict(octets, "johab")) is not None and _surely_korean(old):
        return Decoded(old, "johab", declared, How.KOREAN)
    damaged = _damaged_or(octets, codec, declared, How.DECLARED)
    if _legible(damaged.text):
        return damaged
    return _unlabelled(octets, declared, codec)


def _seven_bit(octets: bytes, declared: str | None, codec: str | None) -> Decoded:
    if codec in WIDE and 0 in octets:
        return _damaged_or(octets, _wide(octets, codec) or codec, declared, How.DECLARED)
    if codec == "hz":
        return _damaged_or(octets, "hz", declared, How.DECLARED)
    if b"\x1b$)C" in octets or (codec == "iso2022_kr" and b"\x0e" in octets):
        # The designator stands once, at the start; programs that cut or quote text lose it.
        designated = octets if b"\x1b$)C" in octets else b"\x1b$)C" + octets
        return _damaged_or(designated, "iso2022_kr", declared, _said(codec, "iso2022_kr"))
    if b"\x1b$" in octets or b"\x1b(" in octets:
        if b"\x1b$A" in octets or b"\x1b$(C" in octets:  # Chinese or Korean beside Japanese, RFC 1554
            return _damaged_or(octets, "iso2022_jp_2", declared, _said(codec, "iso2022_jp_ext"))
        return _damaged_or(octets, "iso2022_jp_ext", declared, _said(codec, "iso2022_jp_ext"))
    return Decoded(octets.decode("ascii"), "ascii", declared, How.ASCII)


def _wide(octets: bytes, codec: str | None) -> str | None:
    """The decoder of UTF-16 or UTF-32, where the octets are that, or the label says so and they do not deny it."""
    for mark, wide in MARKS:
        if octets.startswith(mark):
            return wide
    if codec in WIDE:
        return None if 0 not in octets and _narrow(octets) else _ordered(octets, codec)
    if 0 in octets:  # there are none in any other text
        wide = _ordered(octets, "utf_16")
        text = octets[: SAMPLE & ~1].decode(wide, "replace")
        if 10 * len(PLAIN.findall(text)) > 9 * len(text):
            return wide
    return None


def _narrow(octets: bytes) -> bool:
    """Is it UTF-8 or Korean, whatever wide charset it is called?"""
    if _strict(octets, "utf_8") is not None and LONG_UTF_8.search(octets):
        return True
    korean = _strict(octets, "cp949")
    return korean is not None and _surely_korean(korean)


def _ordered(octets: bytes, codec: str) -> str:
    """ "utf-16" without a mark is big-endian (RFC 2781 §4.3), unless only the other order gives letters people use."""
    if codec not in ("utf_16", "utf_32"):
        return codec
    sample = octets[:SAMPLE]
    big, little = (len(PLAIN.findall(sample.decode(codec + order, "ignore"))) for order in ("_be", "_le"))
    return codec + ("_le" if little > big else "_be")


def _unlabelled(octets: bytes, declared: str | None, codec: str | None) -> Decoded:
    """No label, or one that programs put on anything, or one that does not fit."""
    guesses = _guesses.get()
    if guesses is not None and not guesses.left:
        return _damaged_or(octets, codec_of(guesses.last) or codec or "utf_8", declared, How.DETECTED)
    broken_utf_8 = octets.decode("utf_8", "replace")
    if _legible(broken_utf_8):  # cut inside a character, or one bad octet in a long text
        return Decoded(broken_utf_8.removeprefix("\ufeff"), "utf_8", declared, How.DAMAGED)
    korean = _strict(octets, "cp949")
    if korean is not None and _mostly_hangul(korean, least=1 if codec is None or codec in ("utf_8", "ascii") else 2):
        return Decoded(korean, "cp949", declared, How.KOREAN)
    if codec in WESTERN and codec not in ("utf_8", "ascii"):
        return _damaged_or(octets, codec or "", declared, How.DECLARED)
    guess = codec_of(_guessed(octets))
    if guess and guess not in WIDE and (text := _strict(octets, guess)) is not None:
        return Decoded(text, guess, declared, How.DETECTED)
    # Damaged Korean: a letter cut by length in the middle of a syllable.
    damaged = octets.decode("cp949", "replace")
    if _legible(damaged) and _mostly_hangul(damaged.replace("\ufffd", ""), least=2):
        return Decoded(damaged, "cp949", declared, How.DAMAGED)
    return _damaged_or(octets, guess or codec or "utf_8", declared, How.DAMAGED)


def _strict(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeError:
        return None


def _damaged_or(octets: bytes, codec: str, declared: str | None, how: How) -> Decoded:
    if (text := _strict(octets, codec)) is None:
        text, how = octets.decode(codec, "replace"), How.DAMAGED
    return Decoded(text.removeprefix("\ufeff"), codec, declared, how)


def _said(codec: str | None, used: str) -> How:
    return How.DECLARED if codec == used else How.ESCAPES


def _accident(octets: bytes, codec: str | None) -> bool:
    """Is it valid UTF-8 only by chance?

    Two octets of a syllable such as 처 (C3 B3) are a valid pair in UTF-8.  Three-octet characters do not come about
    by chance, so only text without any of them lets a fitting Korean label win.
    """
    if codec not in ("cp949", "johab") or LONG_UTF_8.search(octets):
        return False
    text = _strict(octets, codec)
    return text is not None and _mostly_hangul(text, least=1)


def _legible(text: str) -> bool:
    """Did most of the non-ASCII characters survive decoding?"""
    sample = text[:SAMPLE]
    broken = sample.count("\ufffd")
    visible = len(sample) - len(sample.encode("ascii", "ignore"))
    return visible - broken > 3 * broken


def _mostly_hangul(text: str, least: int) -> bool:
    """At least so many common syllables, few rare ones, and little else that is not ASCII."""
    common, frequent, odd = _counted(text)
    if common < least or common <= 2 * odd:
        return False
    # Other East Asian text read as CP949 gives syllables, too, but seldom those that every Korean sentence repeats.
    return common < FEW or common < 7 * frequent


def _surely_korean(text: str) -> bool:
    """Is it that even under the label of a neighbour?  What is short stays what it is called."""
    sample = text[:SAMPLE]
    common, frequent, odd = _counted(sample)
    if common < ENOUGH or common < 5 * odd or 5 * frequent < 2 * common:
        return False
    words = sum(HANGUL.search(word) is not None for word in sample.split())
    return words * LONG_WORDS >= common and len(set(FREQUENT.findall(sample))) >= VARIED


def _counted(text: str) -> tuple[int, int, int]:
    """How many common syllables, how many of them are frequent, and how much that is neither, nor ASCII, nor a sign."""
    sample = text[:SAMPLE]
    syllables = "".join(HANGUL.findall(sample))
    # KS X 1001 (both octets from A1 up) holds the 2,350 syllables people use; CP949 adds 8,822 that accidents produce.
    pairs = syllables.encode("cp949", "replace")
    rare = sum(first < LEAST or second < LEAST for first, second in zip(pairs[::2], pairs[1::2], strict=True))
    return len(syllables) - rare, len(FREQUENT.findall(syllables)), rare + len(FOREIGN.findall(sample))


class _Guesses:
    """Some for one letter; whoever wrote it used one charset, so after the last of them the last one stands."""

    def __init__(self) -> None:
        self.left = MOST_GUESSES
        self.last: str | None = None


_guesses: ContextVar[_Guesses | None] = ContextVar("guesses", default=None)


@contextlib.contextmanager
def one_letter() -> Iterator[None]:
    """Inside, all that is decoded belongs to one letter, or one field of it: its guesses are counted together.

    Around whatever decodes as often as a stranger likes: words, addresses, parameters, parts.  An outer one counts.
    """
    if _guesses.get() is not None:
        yield
        return
    token = _guesses.set(_Guesses())
    try:
        yield
    finally:
        _guesses.reset(token)


def _guessed(octets: bytes) -> str | None:
    guesses = _guesses.get()
    if guesses is None:
        return _detect(octets)
    if guesses.left:
        guesses.left -= 1
        guesses.last = _detect(octets) or guesses.last
    return guesses.last


def _detect(octets: bytes) -> str | None:
    import chardet  # 4 MB of tables: only for text that nothing else explains

    if len(octets) > SAMPLE:  # the telling octets may come late in a long text
        octets = b"\n".join([line for line in octets.split(b"\n") if not line.isascii()])[:SAMPLE]
    return chardet.detect(octets, include_encodings=DETECTED)["encoding"]


def composed(text: str) -> str:
    """NFC: a Mac writes Hangul file names in single letters (NFD)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
