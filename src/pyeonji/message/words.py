"""Encoded words (RFC 2047): what people read in Subject and names.

Adjacent encoded words of one charset are joined as octets before they are decoded, because many programs cut a Korean
syllable in two.  Words in a charset nobody knows, and in UTF-7, stay as they stand.
"""

import binascii
import re

from pyeonji.message import charset
from pyeonji.message.codecs import decode_base64

WORD_LIMIT = 75  # octets of one encoded word, RFC 2047 §2
LINE_WISH = 78  # octets, RFC 5322 §2.1.1
LEAST_ROOM = 24  # octets; a first word shorter than this is not worth its frame

# Each alternative ends at the next "?", so the search stays linear.
WORD = re.compile(rb"=\?([!->@-~]++)\?([bBqQ])\?([^?\r\n]*+)\?=")
Q_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides and isolates (UAX 9 §2)
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
WHITE = re.compile("[\t\n\x0b\x0c\r\u2028\u2029]+")
NOT_PLAIN = re.compile(r"[^\x20-\x7e]|=\?")
Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047 §5 (3)


def decode_words(value: bytes) -> str:
    """The text of an unfolded field value: encoded words decoded, raw 8-bit text read, control characters removed."""
    if b"=?" not in value:
        plain = value.isascii() and b"\x1b" not in value  # as nearly all are
        return legible(value.decode("ascii") if plain else charset.decode(value).text)
    with charset.one_letter():
        return _decode_words(value)


def _decode_words(value: bytes) -> str:
    pieces: list[str] = []
    position = 0
    run: list[re.Match[bytes]] = []
    for match in WORD.finditer(value):
        gap = value[position : match.start()]
        if run and gap.strip(b" \t\r\n"):
            pieces.append(_decode_run(run))
            run = []
        if not run and gap:
            pieces.append(charset.decode(gap).text)
        run.append(match)
        position = match.end()
    if run:
        pieces.append(_decode_run(run))
    if position < len(value):
        pieces.append(charset.decode(value[position:]).text)
    return legible("".join(pieces))


def legible(text: str) -> str:
    """One line, NFC, without control characters: an encoded word may hide NUL and line ends (Mailsploit).

    Nor anything that turns the reading direction round: "knab" must not be shown as "bank" (A14).
    """
    if not (text.isascii() and text.isprintable()):
        text = charset.composed(CONTROL.sub("\ufffd", TURNS.sub("", WHITE.sub(" ", text))))
    return text


def _decode_run(run: list[re.Match[bytes]]) -> str:
    """Words with nothing but white space between them; the white space is dropped (RFC 2047 §6.2)."""
    pieces: list[str] = []
    octets: list[bytes] = []
    raw: list[bytes] = []
    label = ""
    for index, match in enumerate(run):
        own_label = match[1].partition(b"*")[0].decode("ascii").lower()  # language after "*": RFC 2231 §5
        if octets and own_label != label:
            pieces.append(_read(octets, raw, label))
            octets, raw = [], []
        label = own_label
        text = match[3]
        if match[2] in b"qQ":
            octets.append(_q_decode(text))
        else:
            octets.append(decode_base64(text) if len(text) % 4 == 0 else _cut_base64(run, index, octets))
        raw.append(match[0])
    pieces.append(_read(octets, raw, label))
    return "".join(pieces)


def _cut_base64(run: list[re.Match[bytes]], index: int, octets: list[bytes]) -> bytes:
    """Some programs cut the base64 text itself at any place; then the words before belong to this one."""
    start = index
    while start and run[start - 1][2] in b"bB" and run[start - 1][1] == run[index][1] and index - start < 4:
        previous = run[start - 1][3]
        if len(previous) % 4 == 0 or previous.endswith(b"="):
            break
        start -= 1
    if start == index:
        return decode_base64(run[index][3])
    del octets[len(octets) - (index - start) :]
    octets.extend([b""] * (index - start))
    return decode_base64(b"".join(match[3] for match in run[start : index + 1]))


def _read(octets: list[bytes], raw: list[bytes], label: str) -> str:
    if charset.codec_of(label) is None and label not in UNSAID:
        return charset.decode(b" ".join(raw)).text  # as they stand, and what stands between "?" may be any octets
    return charset.decode(b"".join(octets), label).text


UNSAID = frozenset({"unknown-8bit", "x-unknown", "unknown", "default", "8bit"})  # a label, but no charset


def _q_decode(text: bytes) -> bytes:
    return Q_OCTET.sub(lambda match: binascii.unhexlify(match[1]), text.replace(b"_", b" "))


def encode_words(text: str, column: int = 0) -> str:
    """Text for an unstructured field or a phrase, in ASCII: as it is where possible, else UTF-8 encoded words.

    `column` is where the first word will stand.  Words are separated by one space, where a line may be folded.
    """
    text = WHITE.sub(" ", text)
    if not NOT_PLAIN.search(text):
        return text
    octets = text.encode("utf-8", "replace")
    in_q = sum(1 if octet in Q_SAFE or octet == 32 else 3 for octet in octets)
    letter, cost, size = ("Q", _q_cost, 1) if in_q <= len(octets) * 4 / 3 else ("B", _b_cost, 3)
    frame = len("=?utf-8?B??=")
    words: list[str] = []
    piece: list[bytes] = []
    used = 0
    first_room = LINE_WISH - column - frame
    room = min(WORD_LIMIT - frame, first_room) if first_room >= LEAST_ROOM else WORD_LIMIT - frame
    limit = room // 4 * 3 if size == 3 else room
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if used + cost(encoded) > limit and piece:
            words.append(_word(letter, b"".join(piece)))
            piece, used = [], 0
            limit = (WORD_LIMIT - frame) // 4 * 3 if size == 3 else WORD_LIMIT - frame
        piece.append(encoded)
        used += cost(encoded)
    words.append(_word(letter, b"".join(piece)))
    return " ".join(words)


def _b_cost(octets: bytes) -> int:
    return len(octets)  # counted in octets before base64


def _q_cost(octets: bytes) -> int:
    return sum(1 if octet in Q_SAFE or octet == 32 else 3 for octet in octets)


def _word(letter: str, octets: bytes) -> str:
    if letter == "B":
        inside = binascii.b2a_base64(octets, newline=False).decode("ascii")
    else:
        inside = "".join("_" if o == 32 else chr(o) if o in Q_SAFE else f"={o:02X}" for o in octets)
    return f"=?utf-8?{letter}?{inside}?="
