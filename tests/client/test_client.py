"""What an application says to the server and makes of its answers; the server is a table here."""

import asyncio
import json
from datetime import timedelta

import h11
import httpx
import pytest

from pyeonji_client import (
    AsyncPyeonji,
    IdempotencyConflict,
    Invalid,
    NotFound,
    Pyeonji,
    RateLimited,
    Unauthorized,
    Unavailable,
    calls,
    client,
)

TAKEN = {
    "id": "K7M32QXD9TAB", "display_id": "K7M3-2QXD-9TAB", "ref": "reset-1", "message_id": "<x@board.example>",
    "journey_url": "https://mail.example/j/K7M3-2QXD-9TAB", "new field": 1,
    "recipients": [{"n": 1, "address": "minsu@school.example", "status": "queued"}],
}  # fmt: skip
DEFERRED = {
    "n": 1, "address": "minsu@school.example", "status": "deferred", "final": False, "attempts": 2,
    "next_attempt_at": "2026-11-23T10:04:10Z", "gives_up_at": "2026-11-23T10:12:02Z", "cause": "server.greylisted",
    "actor": "nobody", "action": None,
    "reply": {"code": 450, "enhanced": "4.7.1", "text": "Greylisted", "from_host": "mx.a.test", "phase": "rcpt"},
    "explanation": {"ko": "조금 뒤에 다시 오라고 했어요.", "en": "They ask us to come back."},
}  # fmt: skip
DELIVERED = {"n": 2, "address": "b@b.test", "status": "delivered", "final": True, "certainty": "handed_over"}
IN_MAILBOX = DELIVERED | {"n": 3, "certainty": "in_mailbox"}
FAILED = DELIVERED | {"n": 4, "status": "failed", "certainty": None, "cause": "addr.no_such_user"}


@pytest.fixture(autouse=True)
def naps(monkeypatch):
    """Pauses that were made, in seconds; none is waited for."""
    made = []
    monkeypatch.setattr(client.time, "sleep", made.append)
    return made


class Server:
    """Answers in this order; (status, JSON, headers) or an exception."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        return httpx.Response(status, json=body, headers=headers[0] if headers else {})

    def client(self):
        return Pyeonji("https://mail.example/", "pj_test_x", transport=httpx.MockTransport(self))

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]


def test_a_letter_as_it_is_handed_over():
    server = Server((202, TAKEN))
    letter = server.client().send(
        from_=("게시판", "noreply@board.example"), to=["minsu@school.example", ("영희", "y@b.test")],
        subject="비밀번호 찾기", text="안녕", ref="reset-1", tags=["reset"], metadata={"user": "9"},
        expires_in=timedelta(minutes=15),
        attachments=[("편지.txt", "안녕"), ("a.bin", b"\0\1", "application/x-a")], idempotency_key="reset/1",
    )  # fmt: skip
    assert (letter.id, letter.journey_url, letter.replayed) == ("K7M32QXD9TAB", TAKEN["journey_url"], False)
    assert letter.recipients[0].status == "queued" and not letter.recipients[0].final
    (request,) = server.requests
    assert str(request.url) == "https://mail.example/api/v1/messages"
    assert request.headers["authorization"] == "Bearer pj_test_x"
    assert request.headers["idempotency-key"] == "reset/1"
    assert server.bodies == [{
        "from": '"게시판" <noreply@board.example>', "to": ["minsu@school.example", '"영희" <y@b.test>'],
        "subject": "비밀번호 찾기", "text": "안녕", "ref": "reset-1", "tags": ["reset"], "metadata": {"user": "9"},
        "expires_in": "900s",
        "attachments": [
            {"filename": "편지.txt", "content": "7JWI64WV"},
            {"filename": "a.bin", "content": "AAE=", "content_type": "application/x-a"},
        ],
    }]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("a@b.test", ["a@b.test"]),
        (("Minsu, Kim", "a@b.test"), ['"Minsu, Kim" <a@b.test>']),
        (["a@b.test", "c@d.test"], ["a@b.test", "c@d.test"]),
        (('민수 "별명"', "a@b.test"), ['"민수 \\"별명\\"" <a@b.test>']),
        ((), []),
    ],
)
def test_addresses_as_people_give_them(given, written):
    assert calls.many(given) == written


def test_what_was_lost_on_the_way_is_sent_again_with_the_same_key(naps):
    server = Server(httpx.ConnectError("refused"), (503, {"code": "not_ready"}, {"retry-after": "7"}), (202, TAKEN))
    assert server.client().send(to="a@b.test", text="x").id == TAKEN["id"]
    keys = {request.headers["idempotency-key"] for request in server.requests}
    assert len(server.requests) == 3 and len(keys) == 1
    assert len(naps) == 2 and naps[1] >= 7


@pytest.mark.parametrize(
    ("answer", "kind", "tries"),
    [
        ((401, {"code": "unauthorized", "detail": "Who are you?", "fix": "a key"}), Unauthorized, 1),
        ((404, {"code": "not_found", "title": "?"}), NotFound, 1),
        ((422, {"code": "invalid", "near": "to", "detail": "no address"}), Invalid, 1),
        ((403, {"code": "from_domain_not_yours", "detail": "no"}), Invalid, 1),
        ((422, {"code": "idempotency_key_reused", "detail": "other"}), IdempotencyConflict, 1),
        ((409, {"code": "idempotency_in_progress"}), IdempotencyConflict, 1 + calls.RETRIES),
        ((429, {"code": "too_many"}, {"retry-after": "3"}), RateLimited, 1 + calls.RETRIES),
        ((429, {"code": "sent_too_much"}, {"retry-after": "60"}), RateLimited, 1),  # nobody is kept for minutes
        ((500, {}), Unavailable, 1 + calls.RETRIES),
        (httpx.ConnectError("refused"), Unavailable, 1 + calls.RETRIES),
    ],
)
def test_what_cannot_be_done_is_said_and_only_what_passes_is_tried_again(answer, kind, tries):
    server = Server(*[answer] * (1 + calls.RETRIES))
    with pytest.raises(kind) as found:
        server.client().send(to="a@b.test", text="x")
    assert len(server.requests) == tries
    if isinstance(answer, tuple):
        assert found.value.status == answer[0]


def test_the_error_says_what_to_do():
    server = Server((422, {"code": "invalid", "near": "to", "detail": "No address.", "fix": "Add one."}))
    with pytest.raises(Invalid, match=r"No address. \(Add one.\)") as found:
        server.client().send(to="", text="x")
    assert (found.value.field, found.value.code) == ("to", "invalid")


@pytest.mark.parametrize(
    ("recipients", "delivered", "pending", "failed", "certainty", "cause"),
    [
        ([DEFERRED], False, True, False, "", "server.greylisted"),
        ([DELIVERED], True, False, False, "handed_over", ""),
        ([IN_MAILBOX], True, False, False, "in_mailbox", ""),
        ([IN_MAILBOX, DELIVERED], True, False, False, "handed_over", ""),
        ([DELIVERED, DEFERRED], False, True, False, "", "server.greylisted"),
        ([DELIVERED, DEFERRED, FAILED], False, True, True, "", "addr.no_such_user"),
    ],
)
def test_what_is_true_of_all_recipients(recipients, delivered, pending, failed, certainty, cause):
    outcome = Server((200, {"id": "K", "recipients": recipients})).client().outcome("K")
    assert (outcome.delivered, outcome.pending, outcome.failed) == (delivered, pending, failed)
    assert (outcome.certainty, outcome.cause) == (certainty, cause)


def test_waiting_asks_until_everything_is_final():
    waits = (200, {"id": "K", "recipients": [DEFERRED]})
    server = Server((202, TAKEN), waits, waits, (200, {"id": "K", "recipients": [DELIVERED]}))
    outcome = server.client().send(to="a@b.test", text="x").wait(timeout=60)
    assert outcome.delivered
    assert all("wait=final" in str(request.url) for request in server.requests[1:])


def test_waiting_ends_when_its_time_is_over(monkeypatch):
    server = Server(*[(200, {"id": "K", "recipients": [DEFERRED]})] * 3)
    clock = iter([0, 0, 20, 45, 45, 45])
    monkeypatch.setattr(client.time, "monotonic", lambda: next(clock))
    outcome = server.client().wait("K", timeout=40)
    assert outcome.pending and outcome.explain("ko") == DEFERRED["explanation"]["ko"]
    assert outcome.next_attempt_at.isoformat() == "2026-11-23T10:04:10+00:00"
    assert outcome.worst.reply.text == "Greylisted"


def test_all_pages_of_letters_are_read():
    page = {"id": "K", "recipients": [DELIVERED]}
    server = Server((200, {"data": [page], "next": "c1"}), (200, {"data": [page, page], "next": None}))
    assert len(server.client().find(ref="reset-1")) == 3
    assert server.requests[1].url.params["after"] == "c1"


@pytest.mark.parametrize("letter", ["K7M32QXD9TAB", ""])
def test_a_number_for_the_help_desk_is_made_with_a_letter_and_without(letter):
    server = Server((201, {"code": "AAAABBBBCCCC", "display_code": "AAAA-BBBB-CCCC", "message": letter or None}))
    assert server.client().support_code(letter) == "AAAA-BBBB-CCCC"
    assert (server.requests[0].url.path, server.bodies) == ("/api/v1/support-codes", [{"message": letter or None}])


def test_the_awaited_client_does_the_same():
    server = Server(httpx.ConnectError("refused"), (202, TAKEN), (200, {"id": "K", "recipients": [DELIVERED]}))

    async def story(monkeypatch):
        async with AsyncPyeonji("https://mail.example", "k", transport=httpx.MockTransport(server)) as mail:
            letter = await mail.send(to="a@b.test", text="x")
            return await letter.wait(timeout=5)

    with pytest.MonkeyPatch.context() as patched:

        async def nap(seconds):
            return None

        patched.setattr(client.asyncio, "sleep", nap)
        assert asyncio.run(story(patched)).delivered


def test_who_asks_after_the_end_is_answered():
    """A letter may be waited for long after whoever sent it has closed its client, as Django's backend does."""
    server = Server((202, TAKEN), (200, TAKEN | {"recipients": [DELIVERED]}))
    with server.client() as mail:
        letter = mail.send(from_="a@b.test", to="b@b.test", text="x")
    assert letter.wait(timeout=0).delivered

    async def awaited():
        server = Server((202, TAKEN), (200, TAKEN | {"recipients": [DELIVERED]}))
        async with AsyncPyeonji("https://mail.example", "x", transport=httpx.MockTransport(server)) as mail:
            letter = await mail.send(from_="a@b.test", to="b@b.test", text="x")
        return await letter.wait(timeout=0)

    assert asyncio.run(awaited()).delivered


def test_the_key_is_in_no_text_about_the_client():
    assert "pj_live_secret" not in repr(Pyeonji("https://mail.example", "pj_live_secret"))


@pytest.mark.parametrize("key", ["pj_live_secret\r\nX-Other: y", "pj_live_secret key", "pj_live_secret키"])
def test_nor_in_what_is_said_of_a_key_that_is_none(key):
    """The library below names the whole field that it will not send; who logs the error would log the key."""
    with pytest.raises(Unauthorized) as told:
        Pyeonji("https://mail.example", key)
    assert "secret" not in str(told.value)


def test_what_is_below_the_client_would_say_it():
    """Negative control."""
    with pytest.raises(h11.LocalProtocolError, match="secret"):
        httpx.Client(transport=Strict()).get("https://mail.example", headers={"authorization": "Bearer secret\r\nX: y"})


class Strict(httpx.BaseTransport):
    """Looks at fields as the transport on a socket does."""

    def handle_request(self, request):
        h11.Request(method="GET", target="/", headers=request.headers.raw)
        raise httpx.ConnectError("all fields are good")


def test_a_key_out_of_a_file_may_end_with_its_line():
    server = Server((200, {"id": "A", "recipients": []}))
    Pyeonji("https://mail.example", "pj_test_x\n", transport=httpx.MockTransport(server)).outcome("A")
    assert server.requests[0].headers["authorization"] == "Bearer pj_test_x"


@pytest.mark.parametrize("key", ["a\nb", "a b", "reset/민수", "x" * 256])
def test_what_is_no_idempotency_key_is_told_at_once(key, naps):
    server = Server()
    with pytest.raises(Invalid) as told:
        server.client().send(to="a@b.test", idempotency_key=key)
    assert told.value.field == "idempotency-key" and server.requests == [] == naps


def test_without_arguments_it_is_the_lab_of_this_machine(monkeypatch):
    monkeypatch.delenv("PYEONJI_URL", raising=False)
    monkeypatch.delenv("PYEONJI_KEY", raising=False)
    assert Pyeonji().url == "http://127.0.0.1:8025"
    monkeypatch.setenv("PYEONJI_URL", "https://other.example/")
    assert Pyeonji().url == "https://other.example"


@pytest.mark.parametrize(
    "letter", ["../webhooks/1", "K7M32QXD9TAB/recipients/1/retry", "..%2fapps", "", "a?b", "a#b", "a\n"]
)
def test_what_a_visitor_types_as_a_number_leads_nowhere_else(letter):
    server = Server((200, {}))
    for ask in (server.client().outcome, server.client().cancel, server.client().journey, server.client().retry):
        with pytest.raises(NotFound):
            ask(letter)
    assert server.requests == []
