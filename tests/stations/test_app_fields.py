"""What a program says beside its letter: read, checked, applied, and gone before anybody else sees the letter."""

import asyncio

import pytest

from kit.sending import DAY, FakeMx, run, sending
from kit.stored import person
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Decided, LoggedIn
from pyeonji.message.header import parse_header
from pyeonji.store import apps, idempotency, journey, messages, sent, suppressions, told
from pyeonji.store.idempotency import Repeated
from pyeonji.store.sent import Sent
from pyeonji.store.verify import verify
from pyeonji.submission import app_fields
from pyeonji.submission.app_fields import BadField
from pyeonji.submission.door import Door, Draft, Refusal

LEE, FAR = "lee@us.example", "kim@one.example"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def letter(*fields):
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"From: {LEE}\r\nTo: {FAR}\r\nSubject: hi\r\n{lines}\r\nHello\r\n".encode()


def draft(*fields, to=(FAR,), via="submission", **facts):
    facts = {"login": LEE if via == "submission" else ""} | facts
    return Draft(
        content=letter(*fields), reverse_path=parse_address(LEE),
        recipients=tuple(Wanted(parse_address(address)) for address in to), via=via, **facts,
    )  # fmt: skip


def at(tmp_path, story, **hosts):
    async def go():
        mx = FakeMx(**hosts)
        async with sending(tmp_path, {"mx1": mx}) as node:
            account = node.home.engine.read_now(lambda tx: tx.one("SELECT id FROM account"))[0]
            board = node.home.engine.write_now(apps.add, "board", account, 1)
            await story(node, mx, board)

    run(go())


# ── reading ──

READ = [
    ("X-Pyeonji-Ref: reset-91827", {"ref": "reset-91827"}),
    ("X-Pyeonji-Ref: 비밀번호", {"ref": "비밀번호"}),
    ("X-Pyeonji-Tags: a, b.c  a", {"tags": ("a", "b.c")}),
    ('X-Pyeonji-Metadata: {"user": "7"}', {"metadata": '{"user":"7"}'}),
    ("X-Pyeonji-Metadata: {}", {"metadata": ""}),
    ("X-Pyeonji-Expires-In: 15m", {"expires_us": 900_000_000}),
    ("X-Pyeonji-Expires-In: 90", {"expires_us": 90_000_000}),
    ("x-pyeonji-idempotency-key: password-reset/91827", {"key": "password-reset/91827"}),
    (f"traceparent: {TRACE}", {"trace": TRACE}),
    ("traceparent: nonsense", {"trace": ""}),
    ("traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01", {"trace": ""}),
    ("X-PHP-Originating-Script: 33:reset.php", {"script": "reset.php (uid 33)"}),
    ("X-PHP-Originating-Script: reset.php", {"script": ""}),
]


@pytest.mark.parametrize(("field", "found"), READ)
def test_a_field_says(field, found):
    read = app_fields.read(parse_header(letter(field)))
    assert {name: getattr(read, name) for name in found} == found


REFUSED = [
    ("X-Pyeonji-Ref: " + "x" * 201, "ref"),
    ("X-Pyeonji-Ref: a\r\nX-Pyeonji-Ref: b", "ref"),
    ("X-Pyeonji-Tags: a/b", "tags"),
    ("X-Pyeonji-Tags: " + " ".join(f"t{n}" for n in range(11)), "tags"),
    ("X-Pyeonji-Metadata: user=7", "metadata"),
    ("X-Pyeonji-Metadata: [1]", "metadata"),
    ('X-Pyeonji-Metadata: {"a": 1}', "metadata"),
    ('X-Pyeonji-Metadata: {"a": "\\ud800"}', "metadata"),
    ('X-Pyeonji-Metadata: {"a": "' + "x" * 501 + '"}', "metadata"),
    ("X-Pyeonji-Metadata: " + "[" * 500, "metadata"),
    ("X-Pyeonji-Expires-In: soon", "expires-in"),
    ("X-Pyeonji-Expires-In: 59s", "expires-in"),
    ("X-Pyeonji-Expires-In: 8d", "expires-in"),
    ("X-Pyeonji-Idempotency-Key: a b", "idempotency-key"),
    ("X-Pyeonji-Idempotency-Key: " + "k" * 256, "idempotency-key"),
    ('X-Pyeonji-Metadata: {"a": "\\u0000"}', "metadata"),
    ('X-Pyeonji-Metadata: {"\\u0007": "a"}', "metadata"),
    ('X-Pyeonji-Metadata: {"": "a"}', "metadata"),
]


@pytest.mark.parametrize(("field", "name"), REFUSED)
def test_a_value_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, field, name):
    with pytest.raises(BadField) as bad:
        app_fields.read(parse_header(letter(field)))
    assert bad.value.name == name

    async def story(node, mx, board):
        with pytest.raises(Refusal) as refused:
            await node.door.submit(draft(field))
        assert refused.value.reply.code == 550
        assert refused.value.reply.text.lower().startswith(f"x-pyeonji-{name}: ")
        assert node.home.engine.read_now(journey.latest) == []

    if field in (REFUSED[0][0], REFUSED[10][0]):
        at(tmp_path, story)


# ── applied and removed ──

ALL = (
    "X-Pyeonji-Ref: reset-1", "X-Pyeonji-Tags: reset", 'X-Pyeonji-Metadata: {"user": "7"}', "X-Pyeonji-Expires-In: 15m",
    "X-Pyeonji-Idempotency-Key: k1", "X-Pyeonji-Whatever: x", f"traceparent: {TRACE}",
    "X-PHP-Originating-Script: 33:reset.php",
)  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_fields_for_us_are_applied_and_nobody_else_sees_them(tmp_path, known):
    async def story(node, mx, board):
        made = draft(*ALL, to=(FAR, LEE), sent=Sent(board) if known else None)
        number = (await node.door.submit(made)).number
        await node.manager.settle()
        copies = [mx.letters[0].content, *_stored(node)]
        assert len(copies) == 2
        for copy in copies:
            for word in (b"Pyeonji-", b"traceparent", b"PHP", b"reset-1", b"33:"):
                assert word not in copy.partition(b"\r\n\r\n")[0]
        whose = node.home.engine.read_now(sent.of, number)
        assert whose == (Sent(board, "reset-1", ("reset",), '{"user":"7"}', TRACE) if known else None)
        (told_of,) = [event for event in node.kinds(number, Decided) if event.rule == app_fields.HANDED_IN_BY]
        assert told_of.value == "reset.php (uid 33)"

    at(tmp_path, story)


def _stored(node):
    numbers = node.home.engine.read_now(journey.latest)
    return [node.home.engine.read_now(messages.content, node.home.blobs, number) for number in numbers[:1]]


def test_a_letter_that_is_good_for_a_quarter_of_an_hour_ends_then(tmp_path):
    async def story(node, mx, board):
        number = (await node.door.submit(draft("X-Pyeonji-Expires-In: 15m", sent=Sent(board)))).number
        await node.manager.settle()
        for _ in range(4):
            node.clock.push(5 * 60)
            await node.manager.settle()
        items = node.home.engine.read_now(told.of_letter, number)
        assert (items[-1].type, items[-1].cause) == ("email.final", "queue.expired")
        assert items[-1].at - items[0].at <= 15 * 60 * 1_000_000

    at(tmp_path, story, replies={"RCPT": b"450 4.7.1 Greylisted\r\n"})


# ── once ──


def test_the_same_key_is_the_same_receipt_and_no_second_letter(tmp_path):
    async def story(node, mx, board):
        made = draft("X-Pyeonji-Idempotency-Key: k1", sent=Sent(board))
        number = (await node.door.submit(made)).number
        for _ in range(2):
            with pytest.raises(Repeated) as repeated:
                await node.door.submit(draft("X-Pyeonji-Idempotency-Key: k1", sent=Sent(board)))
            assert repeated.value.known.message_id == number
        await node.manager.settle()
        assert len(mx.letters) == 1
        rules = [event.rule for event in node.kinds(number, Decided)]
        assert rules.count(app_fields.REPEATED) == 2
        node.clock.push(7 * DAY)
        assert (await node.door.submit(draft("X-Pyeonji-Idempotency-Key: k1", sent=Sent(board)))).number != number

    at(tmp_path, story)


def test_two_at_the_same_time_are_one_letter(tmp_path):
    async def story(node, mx, board):
        drafts = [draft("X-Pyeonji-Idempotency-Key: k1", sent=Sent(board)) for _ in range(8)]
        results = await asyncio.gather(*map(node.door.submit, drafts), return_exceptions=True)
        taken = [one.number for one in results if not isinstance(one, Exception)]
        assert len(taken) == 1
        assert {one.known.message_id for one in results if isinstance(one, Repeated)} == set(taken)

    at(tmp_path, story)


def test_nobody_meets_the_keys_of_somebody_else(tmp_path):
    async def story(node, mx, board):
        person(node.home, "jung@us.example")
        keys = ["X-Pyeonji-Idempotency-Key: k1"]
        by_user = [(LoggedIn(1, name, "local socket"),) for name in ("www-data", "kim")]
        for made in (
            draft(*keys), draft(*keys, sent=Sent(board)),
            *(draft(*keys, via="sendmail", events=events) for events in by_user),
        ):  # fmt: skip
            await node.door.submit(made)
        with pytest.raises(Repeated):
            await node.door.submit(draft(*keys, via="sendmail", events=by_user[0]))

    at(tmp_path, story)


def test_a_letter_that_is_refused_keeps_no_key(tmp_path):
    async def story(node, mx, board):
        with pytest.raises(Refusal):
            await node.door.submit(draft("X-Pyeonji-Idempotency-Key: k1", to=("nobody@us.example",), sent=Sent(board)))
        assert node.home.engine.read_now(idempotency.find, board, "k1", node.clock.now_us()) is None

    at(tmp_path, story)


# ── whose it is ──


def test_letters_of_sendmail_are_those_of_the_app_that_the_setting_names(tmp_path):
    async def story(node, mx, board):
        door = Door(node.door.acceptance, 5 * DAY * 1_000_000, sendmail_app="board")
        number = (await door.submit(draft("X-Pyeonji-Ref: r1", via="sendmail"))).number
        assert node.home.engine.read_now(sent.of, number) == Sent(board, "r1")
        door = Door(node.door.acceptance, 5 * DAY * 1_000_000, sendmail_app="gone")
        number = (await door.submit(draft("X-Pyeonji-Ref: r1", via="sendmail"))).number
        assert node.home.engine.read_now(sent.of, number) is None

    at(tmp_path, story)


def test_a_test_key_sends_to_the_simulator_only(tmp_path):
    async def story(node, mx, board):
        with pytest.raises(Refusal) as refused:
            await node.door.submit(draft(sent=Sent(board, test=True), to=("delivered@simulator.test", FAR)))
        assert refused.value.reply.code == 550
        await node.door.submit(draft(sent=Sent(board, test=True), to=("delivered@simulator.test",)))

    at(tmp_path, story)


# ── addresses that get nothing ──


def test_an_address_on_the_list_gets_nothing_of_an_app_and_the_app_hears_it_at_once(tmp_path):
    async def story(node, mx, board):
        now = node.clock.now_us()
        for address, cause in ((FAR, "addr.no_such_user"), (LEE, suppressions.COMPLAINT)):
            node.home.engine.write_now(suppressions.add, board, address, cause, now)
        to = (FAR, LEE, "park@one.example")
        number = (await node.door.submit(draft(to=to, sent=Sent(board)))).number
        items = node.home.engine.read_now(told.of_letter, number)
        assert [(one.address, one.type, one.cause) for one in items if one.type != "email.queued"] == [
            (LEE, "email.suppressed", ""), (LEE, "email.final", ""),
            (FAR, "email.suppressed", "addr.no_such_user"), (FAR, "email.final", "addr.no_such_user"),
        ]  # fmt: skip
        await node.manager.settle()
        assert [len(one.recipients) for one in mx.letters] == [1]
        assert "park@one.example" in mx.letters[0].recipients[0]
        states = {one.address: one.state for one in node.home.engine.read_now(journey.recipients, number)}
        assert states == {FAR: "suppressed", LEE: "suppressed", "park@one.example": "done"}
        rules = [(one.rule, one.value, one.outcome) for one in node.kinds(number, Decided)]
        assert ("suppressed", LEE, "not sent: complaint") in rules
        assert verify(node.home) == []

    at(tmp_path, story)


def test_what_people_write_themselves_goes_where_they_want(tmp_path):
    async def story(node, mx, board):
        node.home.engine.write_now(suppressions.add, 0, FAR, suppressions.PERSON, node.clock.now_us())
        await node.door.submit(draft())
        await node.manager.settle()
        assert len(mx.letters) == 1

    at(tmp_path, story)
