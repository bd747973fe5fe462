"""A letter that is sent again is as its writer wrote it; only an address that was wrong is put right."""

import pytest

from pyeonji.message.again import afresh

OLD, NEW = "minsu@4bna.test", "minsu@4ban.test"
TRACES = (
    b"Return-Path: <kim@a.test>\r\nReceived: from x\r\n by y\r\nDKIM-Signature: v=1; b=abc\r\nARC-Seal: i=1\r\n"
    b"Authentication-Results: mail.a.test; spf=pass\r\nDelivered-To: list@a.test\r\nMessage-ID: <1@a.test>\r\n"
    b"Date: Mon, 1 Jan 2026 00:00:00 +0000\r\n"
)
KEPT = b"From: kim@a.test\r\nSubject: x minsu@4bna.test\r\nX-Mine: yes\r\n"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"To: minsu@4bna.test\r\n", b"To: minsu@4ban.test\r\n"),
        (b"To: Minsu <MINSU@4bna.test>, lee@b.test\r\n", b"To: Minsu <minsu@4ban.test>, lee@b.test\r\n"),
        (b"Cc: friends: lee@b.test,minsu@4bna.test;\r\n", b"Cc: friends: lee@b.test,minsu@4ban.test;\r\n"),
        (b"To: lee@b.test,\r\n minsu@4bna.test\r\n", b"To: lee@b.test,\r\n minsu@4ban.test\r\n"),
        (b"To: aminsu@4bna.test, minsu@4bna.test.kr\r\n", None),  # others, who are called alike
        (b"To: aminsu@4bna.test, minsu@4bna.test\r\n", b"To: aminsu@4bna.test, minsu@4ban.test\r\n"),
        (b"To: lee@b.test\r\n", None),  # a blind copy stays one
        (b"Reply-To: minsu@4bna.test\r\n", None),
    ],
)
def test_the_address_is_put_right_where_the_header_names_it(field, expected):
    head = TRACES + KEPT + field + b"\r\n"
    assert afresh(head, OLD, NEW) == KEPT + (expected or field) + b"\r\n"
    assert afresh(head, OLD, OLD.upper()) == KEPT + field + b"\r\n"


def test_an_address_in_hangul_is_written_as_it_is():
    assert afresh(b"To: a@b.test\r\n\r\n", "a@b.test", "민수@학교.test").decode() == "To: 민수@학교.test\r\n\r\n"
