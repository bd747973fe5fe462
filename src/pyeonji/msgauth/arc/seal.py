"""Our own set (RFC 8617 §5.1): what we found, a signature of the letter as it leaves us, and a seal over all sets."""

import base64
from collections.abc import Sequence

from pyeonji.message.header import Header, parse_header
from pyeonji.msgauth.arc.chain import Broken, has_chain, in_form, sets_of
from pyeonji.msgauth.dkim.bodies import MAX_SETS
from pyeonji.msgauth.dkim.field import signed_octets
from pyeonji.msgauth.dkim.sign import SigningKey, names_signed, signed_field
from pyeonji.msgauth.verdict import ArcResult


def seal(header: Header, body: bytes, key: SigningKey, now_s: int, results: bytes, chain: ArcResult) -> bytes:
    """The three fields with their CRLF, to be put on top; b"" where nothing is to be added.

    `body` is the SHA-256 of the body's relaxed form, `results` the value of our Authentication-Results field, `chain`
    what we found the chain to be when the letter came.
    """
    names = (*names_signed(header), *[b"dkim-signature"] * min(header.count(b"dkim-signature"), MAX_SETS))
    return seal_over(header, body, key, now_s, results, chain, names)


def seal_over(
    header: Header, body: bytes, key: SigningKey, now_s: int, results: bytes, chain: ArcResult, names: tuple[bytes, ...]
) -> bytes:
    """The same with a choice of the fields that are signed.  A chain found broken by somebody before us stays his."""
    number, before = 1, b""
    if has_chain(header):
        try:
            sets = sets_of(header)
        except Broken:
            return b""  # nobody could tell which instance would be ours
        if sets[-1].seal.tags.get("cv") == "fail" or len(sets) == MAX_SETS:
            return b""
        number = len(sets) + 1
        before = b"".join(in_form(header, one.results, one.signature.field, one.seal.field) for one in sets)
    found = b"ARC-Authentication-Results: i=%d; %s\r\n" % (number, results.strip().replace(b"; ", b";\r\n "))
    signature = signed_field(
        b"ARC-Message-Signature",
        in_order([
            f"i={number}", f"a={key.algorithm}", "c=relaxed/relaxed", f"d={key.domain}", f"s={key.selector}",
            f"t={now_s}", "h=" + b":".join(names).decode(), f"bh={base64.b64encode(body).decode()}", "b=",
        ]),
        signed_octets(header, names, "relaxed"),
        key,
    )  # fmt: skip
    ours = parse_header(found + signature)
    covered = in_form(ours, *ours.fields)
    sealing = signed_field(
        b"ARC-Seal",
        in_order([
            f"i={number}", f"a={key.algorithm}", f"cv={chain}", f"d={key.domain}", f"s={key.selector}", f"t={now_s}",
            "b=",
        ]),
        [covered] if chain == "fail" else [before, covered],  # RFC 8617 §5.1.2
        key,
    )  # fmt: skip
    return sealing + signature + found


def in_order(tags: Sequence[str]) -> list[str]:
    """The instance comes first (RFC 8617 §4.1.2, §4.1.3)."""
    return list(tags)
