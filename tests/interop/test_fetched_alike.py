"""What FETCH tells of a letter, beside what Dovecot tells of it: collected letters, broken ones too, and drawn ones.

A difference is a defect, unless a row says why it is none: MANNERS for what is the same in other words, LISTED for
letters that break a rule, so that two readers read them in two ways.  A row that is not needed any more fails, too.
"""

import re
from typing import NamedTuple

import pytest

from kit.asked import Asked
from kit.dovecot import PASSWORD as DOVECOT_PASSWORD
from kit.dovecot import USER
from kit.letters import drawn
from kit.server import KIM, PASSWORD
from kit.suites import collected
from pyeonji.message.edit import with_crlf

pytestmark = pytest.mark.interop
FIELDS = "HEADER.FIELDS (Subject From Content-Type)"
OTHERS = "HEADER.FIELDS.NOT (Subject From Content-Type)"
OF_A_LETTER = {  # item: what it is about
    "RFC822.SIZE": "octets",
    "BODY.PEEK[]": "octets",
    "BODY.PEEK[]<7.90>": "octets",
    "ENVELOPE": "envelope",
    "BODY.PEEK[HEADER]": "header",
    f"BODY.PEEK[{FIELDS}]": "header",
    f"BODY.PEEK[{OTHERS}]": "header",
    "BODY.PEEK[TEXT]": "header",  # it begins where the header ends
    "BODY": "structure",
    "BODYSTRUCTURE": "structure",
}
OF_A_PART = ("BODY.PEEK[{}]", "BODY.PEEK[{}.MIME]", "BODY.PEEK[{}]<3.9>")
OF_A_MESSAGE = ("BODY.PEEK[{}.HEADER]", "BODY.PEEK[{}.TEXT]", "BODY.PEEK[{}.HEADER.FIELDS (Subject)]")
DRAWN = 200
HANGS_UP = "mime4j/frag.msg"  # Dovecot does, where base64 is cut off

# ── the same in other words: (why, a pattern of items, what makes it one) ───────────────────────────────────────


def without_defaults(value):
    """Parameters in one order, without charset=us-ascii."""
    if not isinstance(value, list):
        return value
    if len(value) % 2 or not all(isinstance(one, bytes) for one in value):
        return [without_defaults(one) for one in value]
    pairs = sorted(zip(value[::2], value[1::2], strict=True))
    return [one for pair in pairs if pair != (b"charset", b"us-ascii") for one in pair] or None


def every_string(change):
    def changed(value):
        if isinstance(value, list):
            return [changed(one) for one in value]
        return change(value) if isinstance(value, bytes) else value

    return changed


MANNERS = [
    ("names of MIME are read in any case (RFC 2045 §5.1)", "BODY$|BODYSTRUCTURE", every_string(bytes.lower)),
    ("text is us-ascii where nothing is said, and the order of parameters says nothing (RFC 2045 §5.1, §5.2)",
     "BODY$|BODYSTRUCTURE", without_defaults),
    ("unfolding takes the line end and leaves the white space (RFC 5322 §2.2.3); Dovecot tells one space of it",
     "ENVELOPE|BODY$|BODYSTRUCTURE", every_string(lambda text: re.sub(rb"[ \t]+", b" ", text).strip())),
    ("what is missing of an address is an empty string, NIL would say something else (RFC 9051 §7.5.2); Dovecot"
     " makes up words for it",
     "ENVELOPE|BODY$|BODYSTRUCTURE", every_string(lambda text: re.sub(rb"(?i)missing_(domain|mailbox)\Z", b"", text))),
    ("8-bit text is UTF-8 or nothing (RFC 9755 §3); Dovecot tells what stands there",
     "ENVELOPE|BODY$|BODYSTRUCTURE", every_string(lambda text: re.sub(rb"[\x80-\xff]+", b"?", text))),
    ("the line that mbox files begin letters with is no field (RFC 5322 §2.2)",
     r"BODY\[HEADER.FIELDS.NOT", every_string(lambda text: re.sub(rb"\AFrom [^\n]*\n", b"", text))),
]  # fmt: skip


def alike(item, value):
    for _, items, change in MANNERS:
        if re.match(items, item):
            value = change(value)
    return value


# ── letters that break a rule ───────────────────────────────────────────────────────────────────────────────────

PARTS = frozenset({"structure", "part"})
REASONS = {  # why the two readings differ, and in what they may
    "header": (
        "a line that is no field ends the header (RFC 5322 §2.2), as Postfix has it; Dovecot reads on to an empty line",
        PARTS | {"envelope", "header"},
    ),
    "first": ("of fields that may stand once the first counts (RFC 5322 §3.6); in Dovecot the last", {"envelope"}),
    "address": (
        "what is no address (RFC 5322 §3.4) is told as far as it can be read; Dovecot makes up a word, or another one",
        {"envelope"},
    ),
    "delimiter": (
        "a delimiter is the whole line (RFC 2046 §5.1.1); for Dovecot a line that begins with it, at any level",
        PARTS,
    ),
    "boundary": (
        "a boundary has 70 octets at most and no space at its end (RFC 2046 §5.1.1): longer ones are taken whole up to"
        " 1,024 octets, and beyond that the multipart is text; Dovecot compares what they begin with",
        PARTS,
    ),
    "unquoted": (
        "a value with = or a space needs quotes (RFC 2045 §5.1): all of it counts without, or its beginning (Dovecot)",
        PARTS,
    ),
    "semicolon": ("two semicolons are one too many (RFC 2045 §5.1); Dovecot reads no parameter behind them", PARTS),
    "no parts": (
        "a multipart has one part at least (RFC 2046 §5.1, RFC 9051 §9): without any it is text; Dovecot makes up one",
        PARTS,
    ),
    "line end": (
        "the line end in front of a delimiter belongs to that (RFC 2046 §5.1.1); Dovecot gives it to what an enclosed"
        " message or multipart ends with, when that ends with its own delimiter or header",
        PARTS,
    ),
    "encoded": (
        "a message must not be encoded (RFC 2046 §5.2.1): as it cannot be opened it is no message; Dovecot tells of an"
        " empty one",
        PARTS,
    ),
    "encoding": (
        "an encoding is a token (RFC 2045 §6.1): what is none, or is near one, is read for what it means",
        {"structure"},
    ),
    "disposition": ("a disposition is a token (RFC 2183 §2): none is told where none is said", {"structure"}),
    "type": ("a Content-Type that is none means text/plain (RFC 2045 §5.2)", {"structure"}),
    "nul": ("NUL must not be told (RFC 9051 §4.3.1): its part is kept in base64", PARTS | {"octets", "header"}),
}
ERRORS, PLAIN_EMAILS = "mikel-mail/emails/error_emails", "mikel-mail/emails/plain_emails"
LISTED = {
    "mail-parser/malformed/001.eml": ("delimiter",),
    "mail-parser/malformed/002.eml": ("no parts",),
    "mail-parser/malformed/003.eml": ("delimiter",),
    "mail-parser/malformed/004.eml": ("delimiter",),
    "mail-parser/malformed/005.eml": ("delimiter",),
    "mail-parser/malformed/007.eml": ("delimiter",),
    "mail-parser/malformed/013.eml": ("delimiter",),
    "mail-parser/malformed/016.eml": ("delimiter",),
    "mail-parser/malformed/017.eml": ("type",),
    "mail-parser/malformed/019.eml": ("delimiter", "first"),
    "mail-parser/malformed/020.eml": ("line end",),
    "mail-parser/malformed/021.eml": ("line end",),
    "mail-parser/malformed/022.eml": ("header",),
    "mail-parser/rfc/008.eml": ("encoded",),
    "mail-parser/thirdparty/004.eml": ("encoding",),
    "mail-parser/thirdparty/005.eml": ("nul",),
    "mail-parser/thirdparty/007.eml": ("line end",),
    "mail-parser/thirdparty/008.eml": ("line end",),
    "mail-parser/thirdparty/015.eml": ("header", "line end"),
    "mikel-mail/emails/attachment_emails/attachment_message_rfc822_inline_image.eml": ("line end",),
    "mikel-mail/emails/attachment_emails/attachment_with_unquoted_name.eml": ("unquoted",),
    f"{ERRORS}/bad_date_header2.eml": ("no parts",),
    f"{ERRORS}/content_transfer_encoding_7-bit.eml": ("encoding",),
    f"{ERRORS}/content_transfer_encoding_qp_with_space.eml": ("encoding",),
    f"{ERRORS}/content_transfer_encoding_with_8bits.eml": ("encoding",),
    f"{ERRORS}/content_transfer_encoding_with_semi_colon.eml": ("encoding",),
    f"{ERRORS}/empty_in_reply_to.eml": ("no parts",),
    f"{ERRORS}/missing_body.eml": ("no parts", "address"),
    f"{ERRORS}/missing_content_disposition.eml": ("disposition",),
    f"{ERRORS}/multiple_invalid_content_dispositions.eml": ("disposition",),
    f"{ERRORS}/multiple_references_with_one_invalid.eml": ("header",),
    f"{ERRORS}/must_supply_encoding.eml": ("no parts",),
    f"{ERRORS}/weird_to_header.eml": ("address",),
    "mikel-mail/emails/mime_emails/raw_email4.eml": ("delimiter",),
    "mikel-mail/emails/mime_emails/raw_email_with_binary_encoded.eml": ("unquoted", "first"),
    "mikel-mail/emails/mime_emails/raw_email_with_illegal_boundary.eml": ("unquoted",),
    "mikel-mail/emails/mime_emails/raw_email_with_multipart_mixed_quoted_boundary.eml": ("first",),
    f"{PLAIN_EMAILS}/mix_caps_content_type.eml": ("address",),
    f"{PLAIN_EMAILS}/raw_email_bad_time.eml": ("unquoted",),
    f"{PLAIN_EMAILS}/raw_email_incorrect_header.eml": ("header",),
    f"{PLAIN_EMAILS}/raw_email_multiple_from.eml": ("address",),
    f"{PLAIN_EMAILS}/raw_email_with_at_display_name.eml": ("address",),
    "mikel-mail/emails/rfc2822/example11.eml": ("address",),
    "mikel-mail/emails/rfc2822/example13.eml": ("header",),
    "mime4j/bad-newlines-multiple-parts-base64.msg": ("encoded",),
    "mime4j/badbound.msg": ("no parts",),
    "mime4j/base64encoded-rfc822message-nested.msg": ("encoded",),
    "mime4j/base64encoded-rfc822message.msg": ("encoded",),
    "mime4j/basic-plain-with-bad-header-separator.msg": ("header",),
    "mime4j/boundary-name-clash.msg": ("line end",),
    "mime4j/double-semicolon.msg": ("semicolon",),
    "mime4j/ending-boundaries.msg": ("delimiter",),
    "mime4j/hdr-fakeout.msg": ("header",),
    "mime4j/malformedHeader-nocrlfcrlf.msg": ("header",),
    "mime4j/malformedHeader-noheader.msg": ("header",),
    "mime4j/malformedHeaderStartsBody-nocrlfcrlf.msg": ("header",),
    "mime4j/malformedHeaderStartsBody-noheader.msg": ("header",),
    "mime4j/missing-boundary.msg": ("no parts",),
    "mime4j/missing-inner-boundary.msg": ("no parts",),
    "mime4j/missing-inner-start-boundary.msg": ("no parts",),
    "mime4j/multi-2gifs-base64.msg": ("encoded",),
    "mime4j/multi-digest.msg": ("type",),
    "mime4j/multipartnopart.msg": ("no parts",),
    "mime4j/very-long-boundary.msg": ("boundary",),
    "mime4j/very-very-long-boundary.msg": ("boundary",),
    "mime4j/weird-boundary.msg": ("boundary",),
}


class Told(NamedTuple):
    """A letter as one server tells it: {item: value}, {path: kind}."""

    items: dict[str, object]
    parts: dict[str, str]


def parts_of(structure, path=()):
    """{"1.2": "multipart", "message" or "leaf"} of a BODYSTRUCTURE."""
    inside, kind = None, "leaf"
    if isinstance(structure[0], list):
        kind = "multipart"
    elif structure[0].lower() == b"message" and structure[1].lower() in (b"rfc822", b"global"):
        kind, inside = "message", structure[8]
    if kind != "multipart" and not path:
        path = (1,)
    found = {".".join(map(str, path)): kind} if path else {}
    if kind == "multipart":
        children = [one for one in structure if isinstance(one, list)][: _count(structure)]
        for number, child in enumerate(children, 1):
            found |= parts_of(child, (*path, number))
    elif inside is not None:
        below = parts_of(inside, path) if isinstance(inside[0], list) else parts_of(inside, (*path, 1))
        found = below | found  # what it holds has its number, too, where that is a multipart
    return found


def _count(structure):
    return next(index for index, one in enumerate(structure) if not isinstance(one, list))


def told_by(client, letters, mailbox):
    """[Told] in the order of the letters, without their parts."""
    client.ask(b"CREATE " + mailbox)
    for octets in letters:
        client.append(octets, mailbox)
    client.ask(b"SELECT " + mailbox)
    found, last = client.fetch("1:*", OF_A_LETTER)
    assert last.startswith(b"OK") and len(found) == len(letters)
    return [Told(found[number], parts_of(found[number]["BODYSTRUCTURE"])) for number in sorted(found)]


def add_parts(client, tolds, parts):
    for number, (told, paths) in enumerate(zip(tolds, parts, strict=True), 1):
        items = [item.format(path) for path, kind in paths.items() for item in _items(kind)]
        for at in range(0, len(items), 60):
            found, last = client.fetch(str(number), items[at : at + 60])
            assert last.startswith(b"OK")
            told.items.update(found[number])


def _items(kind):
    return OF_A_PART + (OF_A_MESSAGE if kind == "message" else ())


@pytest.fixture(scope="module")
def letters():
    found = {name: with_crlf(path.read_bytes()) for name, path in collected().items()}
    return found | drawn(DRAWN)


@pytest.fixture
def both(dovecot, server):
    """A client of theirs and one of ours, which reads UTF-8 as it stands."""
    theirs = dovecot()
    with (
        Asked(theirs.imap, USER, DOVECOT_PASSWORD) as one,
        Asked(server.port("imap"), KIM, PASSWORD) as other,
    ):
        other.ask(b"ENABLE UTF8=ACCEPT")
        yield one, other


def about(item):
    return next((area for name, area in OF_A_LETTER.items() if label(name) == item), "part")


def label(item):
    """As the answer has it."""
    return re.sub(r"<(\d+)\.\d+>", r"<\1>", item.replace(".PEEK", "")).upper()


def differences(theirs, ours):
    """{what about: items}"""
    found = {}
    if theirs.parts != ours.parts:
        found["structure"] = ["parts"]
    for item in {**theirs.items, **ours.items}:
        if alike(item, theirs.items.get(item)) != alike(item, ours.items.get(item)):
            found.setdefault(about(item), []).append(item)
    return found


def test_letters_are_told_as_dovecot_tells_them(both, letters):
    told = [told_by(client, letters.values(), b"Alike") for client in both]
    parts = [theirs.parts if theirs.parts == ours.parts else {} for theirs, ours in zip(*told, strict=True)]
    for client, tolds in zip(both, told, strict=True):
        add_parts(client, tolds, parts)
    wrong = []
    for name, theirs, ours in zip(letters, *told, strict=True):
        found = differences(theirs, ours)
        reasons = LISTED.get(name, ())
        allowed = frozenset().union(*(REASONS[reason][1] for reason in reasons))
        if not found.keys() <= allowed or (reasons and not found):
            wrong.append(f"{name} {reasons}: {', '.join(item for items in found.values() for item in items[:3])}")
    assert not wrong, "\n".join(wrong)
    assert differences(told[0][0], told[1][1])  # negative control: two letters are not alike
    assert REASONS.keys() == {reason for reasons in LISTED.values() for reason in reasons}
    assert not collected() or LISTED.keys() <= letters.keys()


# Encodings that Dovecot calls unknown: uuencode, which we decode, and what is no name of an encoding at all.
DECODED_HERE = {
    "mail-parser/legacy/017.eml": "x-uuencode",
    "mail-parser/legacy/026.eml": "x-uuencode",
    "mail-parser/legacy/048.eml": "x-uuencode",
    f"{ERRORS}/content_transfer_encoding_empty.eml": "",
    f"{ERRORS}/content_transfer_encoding_text-html.eml": "text/html",
    f"{ERRORS}/content_transfer_encoding_x_uuencode.eml": "x-uuencode",
}


def test_parts_come_decoded_as_from_dovecot(both, letters):
    """Sizes are compared with what comes: those of Dovecot 2.3 are wrong now and then (18446744073709551577).

    It refuses what is encoded badly ([PARSE]), where we tell as much as can be read (docs/design.md §1).
    """
    sound = {name: octets for name, octets in letters.items() if name not in LISTED and name != HANGS_UP}
    told = [told_by(client, sound.values(), b"Decoded") for client in both]
    compared = 0
    for number, (name, (_, paths)) in enumerate(zip(sound, told[1], strict=True), 1):
        for path in [path for path, kind in paths.items() if kind == "leaf"]:
            items = [f"BINARY.PEEK[{path}]", f"BINARY.SIZE[{path}]", f"BINARY.PEEK[{path}]<3.9>"]
            theirs, refused = both[0].fetch(str(number), items[:1])
            ours, last = both[1].fetch(str(number), items)
            if b"[UNKNOWN-CTE]" in refused and name not in DECODED_HERE:
                assert last.startswith(b"NO [UNKNOWN-CTE]"), name
                continue
            assert last.startswith(b"OK"), name
            octets, size, part = ours[number].values()
            assert (size, part) == (len(octets), octets[3:12]), name
            if not refused.startswith(b"NO"):
                assert octets == theirs[number][f"BINARY[{path}]"], (name, path)
                compared += 1
    assert compared > DRAWN
