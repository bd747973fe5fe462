"""Letters as programs write them, of every shape MIME has, drawn by lot: the same ones for the same seed."""

import base64
import quopri
import random

NAMES = [
    "Kim",
    '"Kim, C."',
    "=?utf-8?B?6rmA7LKg7IiY?=",
    '"a \\"b\\" c"',
    "Kim C. (boss)",
    "=?euc-kr?Q?=B1=E8?= Lee",
    "",
]
ADDRESSES = ["kim@a.test", '"odd one"@b.test', "lee@[192.0.2.1]", "x+y@sub.c.test", "=?q?@d.test"]
SUBJECTS = [
    "plain", "=?utf-8?B?7JWI64WV?= =?utf-8?B?7ZWY7IS47JqU?=", "folded\r\n and again\r\n\tand more", "",
    'with "quotes" \\ and (a)', "x" * 300, "=?utf-8?Q?a_b?=", "Re: [list] {5}",
]  # fmt: skip
DATES = ["Thu, 1 Jan 2026 01:30:00 +0900", "1 Feb 99 00:00 GMT", "Fri, 13 Mar 2026 10:00:00 -0800 (PST)"]
PARAMETERS = [
    "charset=utf-8",
    'charset="EUC-KR"',
    "name*=utf-8''%ED%8E%B8.txt",
    'name="a b;c.txt"',
    'name="=?utf-8?B?7Y64?="',
    "format=flowed; delsp=yes",
    'x="a\\"b"',
    "charset=us-ascii (a comment)",
]
IN_PIECES = ["filename*0=one; filename*1=two", "filename*0*=utf-8''%ED%8E; filename*1*=%B8; filename*2=.txt"]
TYPES = ["text/plain", "text/html", "TEXT/Plain", "image/png", "application/octet-stream", "message/delivery-status"]
TEXTS = [
    "한글 본문\r\n둘째 줄\r\n",
    "one\r\n\r\ntwo\r\n",
    "",
    "no line end",
    ".\r\n..\r\nFrom here\r\n",
    "=3D \t\r\nx \r\n",
]
EXTRA = [
    "Content-ID: <part@x.test>", "Content-Description: what =?utf-8?Q?it?= is", "Content-Language: ko, en",
    "Content-Location: http://a.test/b", "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==", "X-Own: 1",
    'Content-Disposition: ATTACHMENT; filename="a.txt"; size=5',
]  # fmt: skip
MOST_DEPTH = 4


def drawn(count, seed=2026):
    """{name: octets}."""
    made = {}
    for number in range(count):
        lot = random.Random(seed * 100_000 + number)
        made[f"drawn/{number}"] = _letter(lot, 0).encode()
    return made


def _letter(lot, depth):
    fields = [f"From: {_box(lot)}", f"Date: {lot.choice(DATES)}", f"Subject: {lot.choice(SUBJECTS)}"]
    fields += [f"{name}: {_boxes(lot)}" for name in ("To", "Cc", "Bcc", "Sender", "Reply-To") if lot.random() < 0.4]
    if lot.random() < 0.5:
        fields += [f"Message-ID: <{lot.random()}@a.test>", "In-Reply-To: <1@b.test> (so)", "References: <0@b.test>"]
    fields += [f"Received: from a by b; {DATES[0]}"] * lot.randrange(3)
    lot.shuffle(fields)
    return "\r\n".join([*fields, "MIME-Version: 1.0", _part(lot, depth)])


def _box(lot):
    name, address = lot.choice(NAMES), lot.choice(ADDRESSES)
    return f"{name} <{address}>" if name else lot.choice([address, f"<{address}>", f"{address} (Kim)"])


def _boxes(lot):
    shown = [_box(lot) for _ in range(lot.randrange(1, 4))]
    if lot.random() < 0.3:
        shown.append(lot.choice(["friends: a@x.test, Lee <b@x.test>;", "undisclosed-recipients:;"]))
    return ",\r\n ".join(shown)


def _part(lot, depth):
    """Header fields, the blank line and the body."""
    kind = lot.random()
    if depth < MOST_DEPTH and kind < 0.45:
        return _multipart(lot, depth)
    extra = lot.sample(EXTRA, lot.randrange(3))
    if depth < MOST_DEPTH and kind < 0.6:
        return _header([*extra, "Content-Type: message/rfc822"]) + _letter(lot, depth + 1)
    if kind < 0.65:
        return _header(extra) + "plain\r\n"
    return _leaf(lot, extra)


def _multipart(lot, depth):
    boundary, subtype = (
        f"=_{lot.randrange(10**9)}_",
        lot.choice(["mixed", "alternative", "related", "digest", "report"]),
    )
    parts = [_part(lot, depth + 1) for _ in range(lot.randrange(1, 4))]
    if subtype == "digest":
        parts = ["\r\n" + _letter(lot, MOST_DEPTH) for _ in parts]
    before = lot.choice(["", "a preamble\r\n"])
    after = lot.choice(["", "an epilogue\r\n"])
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    header = _header([f'Content-Type: multipart/{subtype}; boundary="{boundary}"'])
    return f"{header}{before}{body}--{boundary}--\r\n{after}"


def _leaf(lot, extra):
    kind, encoding = lot.choice(TYPES), lot.choice(["", "7bit", "8bit", "quoted-printable", "base64", "BASE64"])
    parameters = lot.sample(PARAMETERS, lot.randrange(3)) if lot.random() < 0.8 else [lot.choice(IN_PIECES)]
    body = lot.choice(TEXTS)
    if encoding.lower() == "base64":
        octets = lot.randbytes(lot.randrange(200)) if kind.startswith(("image", "app")) else body.encode()
        body = base64.encodebytes(octets).decode().replace("\n", "\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body.encode().replace(b"\r\n", b"\n")).decode().replace("\n", "\r\n")
    said = [f"Content-Transfer-Encoding: {encoding}"] if encoding else []
    return _header([";\r\n ".join([f"Content-Type: {kind}", *parameters]), *said, *extra]) + body


def _header(fields):
    return "\r\n".join([*fields, "", ""])
