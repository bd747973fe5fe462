"""Is a webhook from our server?  The first row is the published example of Standard Webhooks."""

import base64
import hashlib
import hmac
import json

import pytest

from pyeonji_client import BadSignature, verify, webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
AT = 1614265330
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
OTHER = "whsec_" + base64.b64encode(b"another secret").decode()


def signed(body, secret=SECRET, at=AT):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"evt_1.{at}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {"webhook-id": "evt_1", "webhook-timestamp": str(at), "webhook-signature": signature}


def test_the_published_example_is_good():
    assert verify(HEADERS, BODY, SECRET, now=AT).id == HEADERS["Webhook-Id"]


@pytest.mark.parametrize(
    ("change", "body", "secret", "now"),
    [
        ({}, BODY + b" ", SECRET, AT),
        ({}, BODY, OTHER, AT),
        ({}, BODY, SECRET, AT + webhook.TOLERANCE_S + 1),
        ({}, BODY, SECRET, AT - webhook.TOLERANCE_S - 1),
        ({"webhook-timestamp": str(AT + 1)}, BODY, SECRET, AT),
        ({"Webhook-Id": "msg_other"}, BODY, SECRET, AT),
        ({"Webhook-Id": ""}, BODY, SECRET, AT),
        ({"webhook-timestamp": "now"}, BODY, SECRET, AT),
        ({"webhook-timestamp": "9" * 400}, BODY, SECRET, AT),
        ({"webhook-timestamp": "٣"}, BODY, SECRET, AT),
        ({"webhook-timestamp": f"{AT}\n"}, BODY, SECRET, AT),
        ({"Webhook-Id": "msg_\udcff"}, BODY, SECRET, AT),
        ({}, "\udcff", SECRET, AT),
        ({}, BODY, "whsec_비밀", AT),
        ({}, BODY, None, AT),
        ({"webhook-signature": ""}, BODY, SECRET, AT),
        ({"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, BODY, SECRET, AT),
        ({"webhook-signature": "v1,서명"}, BODY, SECRET, AT),
        ({"webhook-signature": "v1,\udcff"}, BODY, SECRET, AT),
        ({}, BODY, "whsec_no base64!", AT),
        ({}, BODY, [], AT),
    ],
)
def test_anything_else_is_not(change, body, secret, now):
    with pytest.raises(BadSignature):
        verify(HEADERS | change, body, secret, now=now)


@pytest.mark.parametrize("body", [b"no json", b"[]", b"\xff", b"1"])
def test_what_is_signed_and_no_event_is_no_event(body):
    with pytest.raises(BadSignature):
        verify(signed(body), body, SECRET, now=AT)


def made(monkeypatch, count):
    """How many signatures are made for a request that brings so many."""
    asked, real = [], webhook._signature
    monkeypatch.setattr(webhook, "_signature", lambda secret, body: asked.append(secret) or real(secret, body))
    with pytest.raises(BadSignature):
        verify(HEADERS | {"webhook-signature": "v1,x " * count}, BODY, [SECRET, OTHER], now=AT)
    return len(asked)


def test_a_stranger_does_not_have_the_body_hashed_a_thousand_times(monkeypatch):
    """A field has room for two thousand signatures: at one hash each a letter of megabytes had taken seconds."""
    assert made(monkeypatch, 2_000) == made(monkeypatch, 1) == 2


def test_a_secret_out_of_a_file_may_end_with_its_line():
    body = b"{}"
    assert verify(signed(body), body, SECRET + "\n", now=AT)


def test_two_signatures_while_a_secret_is_replaced():
    body = b"{}"
    new = signed(body, OTHER)["webhook-signature"]
    headers = signed(body)
    headers["webhook-signature"] += " " + new
    assert verify(headers, body, OTHER, now=AT)
    assert verify(signed(body), body, [OTHER, SECRET], now=AT)


def test_a_secret_that_is_empty_lets_nobody_in():
    """base64 of nothing is a key anybody has."""
    body = b"{}"
    with pytest.raises(BadSignature):
        verify(signed(body, "whsec_"), body, "", now=AT)


def test_the_final_outcome_as_an_application_reads_it():
    body = json.dumps({
        "type": "email.final", "timestamp": "2026-11-23T10:12:02Z",
        "data": {"message": "K7M32QXD9TAB", "recipient": 1, "address": "minsu@school.example", "ref": "reset-91827",
                 "metadata": {"user_id": "91827"}, "tags": ["password-reset"], "sequence": 4, "revision": 1,
                 "outcome": "failed", "certainty": None, "cause": "queue.expired",
                 "reply": {"code": 450, "enhanced": "4.7.1", "text": "Greylisted"},
                 "explanation": {"ko": "15분 안에 전하지 못했어요.", "en": "Not delivered in 15 minutes."}},
    }).encode()  # fmt: skip
    event = verify(signed(body), body.decode(), SECRET, now=AT)
    assert event.final and not event.delivered
    assert (event.message, event.cause, event.sequence, event.revision) == ("K7M32QXD9TAB", "queue.expired", 4, 1)
    assert event.metadata == {"user_id": "91827"} and event.tags == ("password-reset",)
    assert event.explain("ko").startswith("15분") and event.reply.code == 450
