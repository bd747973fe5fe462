"""Parts that hold NUL go into base64; what they say stays the same, whatever stands around them (RFC 3516 §6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.message import binary, codecs
from pyeonji.message.binary import NOT_ENCODED, without_nul
from pyeonji.message.mime import scan

HEADERS = st.sampled_from([
    b"",
    b"Content-Transfer-Encoding: binary\r\n",
    b"Content-Transfer-Encoding: 8bit\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: 7bit\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x-own\r\n",
    b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n",
    b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n\0\r\n--c--\r\n",
    b"no field\r\n",
])  # fmt: skip
BODIES = st.lists(st.sampled_from([b"\0", b"\r\n", b"\n", b"\xff", b"--c", b"QQ==", b"=00", b"text"])).map(b"".join)
PARTS = st.lists(st.tuples(HEADERS, BODIES), max_size=4)


def made(octets):
    return b"".join(without_nul(lambda start, size: octets[start : start + size], len(octets)))


def said(root):
    """What the parts that hold no others say, decoded."""
    return [codecs.decode(part.body, part.encoding) for part in root.walk() if not part.children]


@pytest.mark.parametrize("piece", [57, binary.PIECE])
@given(st.sampled_from([b"--b--\r\n", b"--b--\r\nafter\0", b""]), PARTS)
def test_what_parts_say_stays_the_same(piece, end, parts):
    inside = b"".join(b"--b\r\n" + header + b"\r\n" + body + b"\r\n" for header, body in parts)
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nbefore\0\r\n" + inside + end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binary, "PIECE", piece)
        new = made(octets)
    before, after = scan(octets), scan(new)
    assert said(after) == said(before)
    assert not any(b"\0" in part.body for part in after.walk() if not part.children and part.encoding in NOT_ENCODED)
    assert made(new) == new
    if not any(b"\0" in part.body for part in before.walk() if not part.children):
        assert new == octets
