"""An app hears of everything once: signed, in order for each recipient, across outages, restarts and lost leases."""

import asyncio
import contextlib
import json
import sys

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kit.hook import Receiver
from kit.sending import DAY, FakeMx, ZoneResolver, run, sending
from kit.stored import person
from pyeonji.address import parse_address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.outcome import ENDED
from pyeonji.net.clock import SystemClock
from pyeonji.store import apps, directory, journey, leases, queue, routes, told, webhooks
from pyeonji.store.engine.base import Unavailable
from pyeonji.store.lock import webhooks_lock
from pyeonji.store.sent import Sent
from pyeonji.store.webhooks import MAX_REST_S
from pyeonji.submission.door import Draft
from pyeonji.webhooks import schedule, sign
from pyeonji.webhooks import station as station_module
from pyeonji.webhooks.sending import Sender, rest_of
from pyeonji.webhooks.station import LEASE, TOGETHER, Station

LEE, FAR = "lee@us.example", "kim@one.example"
SECRET, NEXT = (sign.secret_of(bytes([n]) * 24) for n in (1, 2))
MINUTE_US = 60_000_000


def station(node, sender=None):
    return Station(
        home=node.home, clock=node.clock, ids=node.ids, door=node.door, wake=node.wake,
        sender=sender or Sender(ZoneResolver({})), base_url=lambda: "https://mail.us.example",
    )  # fmt: skip


async def hand_in(node, board, *to, **facts):
    draft = Draft(
        content=f"From: {LEE}\r\nTo: {FAR}\r\nSubject: hi\r\n\r\nHello\r\n".encode(),
        reverse_path=parse_address(LEE), recipients=tuple(Wanted(parse_address(one)) for one in to or (FAR,)),
        via="api", login=LEE, sent=Sent(board, **facts),
    )  # fmt: skip
    return (await node.door.submit(draft)).number


def at(tmp_path, story, receiver=None, types=(), mx=None):
    """A node with an app, its endpoint and a station that works when it is told to settle."""

    async def go():
        mx_ = mx or FakeMx()
        async with receiver or Receiver() as hears, sending(tmp_path, {"mx1": mx_}) as node:
            hears.secret, hears.now_s = SECRET, lambda: node.clock.now_us() / 1_000_000
            account = node.home.engine.read_now(directory.account, LEE)
            board = node.home.engine.write_now(apps.add, "board", account.id, 1)
            hook = node.home.engine.write_now(
                webhooks.add, board, hears.url, SECRET, node.clock.now_us(), types=types, inside=True
            )
            works = station(node)
            await story(node, works, hears, board, hook)
            assert (hears.forged, hears.untimely) == (0, 0)
            await works.stop()

    run(go())


def in_order(told_of):
    """Each recipient's sequence has no gap."""
    rows = {}
    for one in told_of:
        data = one["data"]
        rows.setdefault((data["message"], data["recipient"]), []).append(data["sequence"])
    return all(row == list(range(1, len(row) + 1)) for row in rows.values())


def types(receiver):
    return [one["type"] for one in receiver.once]


# ── signing and times ──

# What the standard's own documents give as an example.
VECTOR = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330,
    b'{"test": 2432232314}',
)


def test_a_signature_is_that_of_the_standard():
    assert sign.signature(*VECTOR) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_receivers_library_takes_ours_and_nothing_else():
    now, body = SystemClock().now_us() // 1_000_000, b'{"type":"email.final"}'
    fields = sign.fields([SECRET], "evt_1", now, body)
    Webhook(SECRET).verify(body, fields)
    both = sign.fields([NEXT, SECRET], "evt_1", now, body)
    for secret in (SECRET, NEXT):
        Webhook(secret).verify(body, both)
    for octets, said in (
        (body + b" ", fields),
        (body, {**fields, "webhook-id": "evt_2"}),
        (body, {**fields, "webhook-timestamp": str(now + 1)}),
        (body, sign.fields([NEXT], "evt_1", now, body)),
        (body, sign.fields([SECRET], "evt_1", now - 301, body)),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(octets, said)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAA", "whsec_???", "AAAA" * 8, "whsec_" + "A" * 88])
def test_a_secret_that_is_none_is_told(secret):
    with pytest.raises(sign.BadSecret):
        sign.key_of(secret)


def test_it_is_tried_for_three_days_and_at_their_end():
    now, first, waits, attempts = 0, 0, [], 1
    while (due := schedule.next_attempt(first, now, attempts, 0.0)) is not None:
        waits.append((due - now) // 1_000_000)
        now, attempts = due, attempts + 1
    assert waits[:8] == [5, 300, 1_800, 7_200, 18_000, 36_000, 43_200, 43_200]
    assert now == 72 * 3_600 * 1_000_000


# ── news ──


def test_an_app_hears_of_its_letter_signed_and_in_order(tmp_path):
    async def story(node, works, hears, board, hook):
        number = await hand_in(node, board, FAR, LEE, ref="r1")
        await works.settle()
        await node.manager.settle()
        await works.settle()
        assert sorted(types(hears)) == sorted(["email.queued", *["email.delivered", ENDED] * 2])
        assert in_order(hears.once)
        final = next(one["data"] for one in hears.once if one["type"] == ENDED and one["data"]["address"] == FAR)
        assert (final["outcome"], final["certainty"], final["ref"]) == ("delivered", "handed_over", "r1")
        assert final["journey_url"].startswith("https://mail.us.example/j/")
        assert node.home.engine.read_now(webhooks.owed_count, node.home.engine.read_now(webhooks.numbered, hook)) == 0
        log = node.home.engine.read_now(webhooks.deliveries, hook)
        assert [(row.status, row.said, row.attempt) for row in log] == [(200, "well", 1)] * 5
        assert {item.message for item in node.home.engine.read_now(told.of_letter, number)} == {number}

    at(tmp_path, story)


def test_an_endpoint_hears_only_what_it_wants(tmp_path):
    async def story(node, works, hears, board, hook):
        await hand_in(node, board)
        await node.manager.settle()
        await works.settle()
        assert types(hears) == [ENDED]

    at(tmp_path, story, types=(ENDED,))


def test_letters_of_others_are_told_to_nobody(tmp_path):
    async def story(node, works, hears, board, hook):
        await hand_in(node, node.home.engine.write_now(apps.add, "shop", _lee(node).id, 1))
        node.queue(FAR)
        await node.manager.settle()
        await works.settle()
        assert hears.asked == []

    at(tmp_path, story)


def _lee(node):
    return node.home.engine.read_now(directory.account, LEE)


# ── who does not take it ──


def test_what_is_not_taken_comes_again_under_its_name_and_the_rest_of_its_row_waits(tmp_path):
    async def story(node, works, hears, board, hook):
        await hand_in(node, board)
        await node.manager.settle()
        await works.settle()
        assert (len(hears.asked), hears.got) == (1, [])
        node.clock.push(4)
        await works.settle()
        assert len(hears.asked) == 1
        node.clock.push(2)
        await works.settle()
        assert hears.asked[0] == hears.asked[1]
        assert types(hears) == ["email.queued", "email.delivered", ENDED]
        assert in_order(hears.once)

    at(tmp_path, story, Receiver(answers=[503]))


def test_one_event_that_is_never_taken_holds_up_no_other_recipient(tmp_path):
    async def story(node, works, hears, board, hook):
        await hand_in(node, board, FAR, "park@one.example")
        await hand_in(node, board)
        await node.manager.settle()
        for _ in range(20):
            await works.settle()
            node.clock.push(3_600)
        assert types(hears) == ["email.queued"] * 3
        hears.refuses.clear()
        node.clock.push(12 * 3_600)
        await works.settle()
        assert sorted(types(hears)) == sorted(["email.queued", "email.delivered", ENDED] * 3)
        assert in_order(hears.once)

    at(tmp_path, story, Receiver(refuses={"email.delivered"}))


def test_nothing_is_lost_across_an_outage_and_all_of_it_comes_when_the_receiver_is_back(tmp_path):
    async def story(node, works, hears, board, hook):
        numbers = [await hand_in(node, board) for _ in range(3)]
        for _ in range(30):  # a day
            await works.settle()
            node.clock.push(2_880)
            await node.manager.settle()
        assert hears.got == []
        # A receiver that is down is not asked for everything: some events, by the schedule.
        assert len(hears.asked) < 40
        hears.status = 200
        node.clock.push(12 * 3_600)
        await works.settle()
        assert types(hears).count(ENDED) == len(numbers)
        assert in_order(hears.once)

    at(tmp_path, story, Receiver(status=0))


def test_a_receiver_that_is_down_is_owed_so_much_and_the_rest_waits_behind_the_cursor(tmp_path, monkeypatch):
    monkeypatch.setattr(webhooks, "MAX_OWED", 3)

    async def story(node, works, hears, board, hook):
        for _ in range(30):
            await hand_in(node, board)
        await works.settle()
        owed = node.home.engine.read_now(lambda tx: tx.one("SELECT COUNT(*) FROM webhook_owed"))[0]
        assert 3 <= owed <= 3 + 20
        assert len(hears.asked) <= 3 + 20
        hears.status = 200
        node.clock.push(301)
        await works.settle()
        assert types(hears) == ["email.queued"] * 30

    at(tmp_path, story, Receiver(status=500))


@pytest.mark.parametrize(("receiver", "days"), [(Receiver(status=500), 4), (Receiver(status=410), 0)])
def test_who_takes_nothing_for_three_days_or_wants_no_more_is_paused_and_the_administrator_hears_of_it(
    tmp_path, receiver, days
):
    async def story(node, works, hears, board, hook):
        await hand_in(node, board)
        for _ in range(days * 12 + 1):
            await works.settle()
            node.clock.push(7_200)
        found = node.home.engine.read_now(webhooks.numbered, hook)
        assert found.paused_us > 0
        asked = len(hears.asked)
        assert asked <= 12
        items = node.home.engine.read_now(told.after, board, 0, 100)
        (disabled,) = [item for item in items if item.type == "webhook.disabled"]
        assert disabled.facts["url"] == hears.url
        letters = [
            node.home.engine.read_now(journey.message, number) for number in node.home.engine.read_now(journey.latest)
        ]
        assert [one.via for one in letters].count("notice") == 1
        await hand_in(node, board)
        await works.settle()
        assert len(hears.asked) == asked  # it gets nothing now
        hears.status = 200
        node.home.engine.write_now(webhooks.resume, hook, node.clock.now_us())
        await works.settle()
        assert types(hears).count("email.queued") == 2  # and nothing was lost
        assert "webhook.disabled" in types(hears)

    at(tmp_path, story, receiver)


def test_a_process_that_dies_before_it_has_told_of_a_pause_is_made_up_for(tmp_path, monkeypatch):
    async def story(node, works, hears, board, hook):
        async def dies(*args):
            raise Unavailable("killed")

        monkeypatch.setattr(station_module, "disable", dies)
        await hand_in(node, board)
        for _ in range(3):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(works.settle(), 0.2)
        assert node.home.engine.read_now(webhooks.numbered, hook).paused_us == 0
        monkeypatch.undo()
        await works.settle()
        assert node.home.engine.read_now(webhooks.numbered, hook).paused_us > 0
        assert [one.type for one in node.home.engine.read_now(told.after, board, 0, 9)][-1] == "webhook.disabled"
        assert hears.asked == hears.asked[:1]  # it was not asked again meanwhile

    at(tmp_path, story, Receiver(status=410))


def test_while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone(tmp_path):
    async def story(node, works, hears, board, hook):
        node.home.engine.write_now(webhooks.rotate, hook, NEXT, node.clock.now_us() + 60 * MINUTE_US)
        for secret in (SECRET, NEXT):
            hears.secret = secret
            await hand_in(node, board)
            await works.settle()
        assert (len(hears.got), hears.forged) == (2, 0)
        node.clock.push(3_601)
        hears.secret = SECRET
        await hand_in(node, board)
        await works.settle()
        assert (len(hears.got), hears.forged) == (2, 1)
        hears.forged = 0

    at(tmp_path, story)


def test_what_happened_since_is_given_again_with_the_same_octets(tmp_path):
    async def story(node, works, hears, board, hook):
        await hand_in(node, board)
        await works.settle()
        node.clock.push(3_600)
        await node.manager.settle()
        await works.settle()
        found = node.home.engine.read_now(webhooks.numbered, hook)
        since = node.clock.now_us() - 60 * MINUTE_US // 2
        assert node.home.engine.write_now(webhooks.replay, found, since, node.clock.now_us()) == 2
        await works.settle()
        assert [json.loads(body)["type"] for _, body in hears.got] == [
            "email.queued", "email.delivered", ENDED, "email.delivered", ENDED,
        ]  # fmt: skip
        assert len(hears.once) == 3

    at(tmp_path, story)


# ── an endpoint that asks for patience ──

NOW_US = 1_790_000_000_000_000  # 2026-09-21 14:13:20 UTC
RESTS = [
    ("120", 120),
    (" 7 ", 7),
    ("0", 0),
    ("999999999", MAX_REST_S),
    ("9" * 30, 0),
    ("-5", 0),
    ("1.5", 0),
    ("Mon, 21 Sep 2026 14:15:20 GMT", 120),
    ("Mon, 21 Sep 2026 14:12:20 GMT", 0),
    ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_REST_S),
    ("tomorrow", 0),
    ("", 0),
]


@pytest.mark.parametrize(("said", "seconds"), RESTS)
def test_how_long_an_endpoint_is_left_alone(said, seconds):
    assert rest_of(said, NOW_US) == seconds


def test_an_endpoint_that_says_when_to_come_again_is_left_alone_until_then(tmp_path):
    async def story(node, works, hears, board, hook):
        hears.status, hears.fields = 429, "Retry-After: 600\r\n"
        await hand_in(node, board)
        await works.settle()
        hears.status = 200
        node.clock.push(300)  # its own schedule would have had it after five seconds
        await hand_in(node, board)
        await works.settle()
        assert (len(hears.asked), hears.got) == (1, [])
        node.clock.push(301)
        await works.settle()
        assert len(hears.once) == 2

    at(tmp_path, story)


def test_who_takes_an_event_need_not_be_left_alone(tmp_path):
    """A Retry-After beside 200 means nothing."""

    async def story(node, works, hears, board, hook):
        hears.fields = "Retry-After: 600\r\n"
        await hand_in(node, board)
        await works.settle()
        await hand_in(node, board)
        await works.settle()
        assert len(hears.once) == 2

    at(tmp_path, story)


def test_a_slow_endpoint_holds_up_no_other_and_has_so_many_requests_at_most(tmp_path):
    async def story(node, works, hears, board, hook):
        async with Receiver(secret=SECRET, now_s=hears.now_s, holds=asyncio.Event()) as slow:
            node.home.engine.write_now(webhooks.add, board, slow.url, SECRET, node.clock.now_us(), inside=True)
            letters = 3 * TOGETHER
            for _ in range(letters):
                await hand_in(node, board)
            await works.start()
            await hears.until("email.queued", letters)  # while the other one has not answered once
            await asyncio.sleep(0.2)  # it would ask once more within this time
            assert len(slow.asked) == TOGETHER
            slow.holds.set()
            await slow.until("email.queued", letters)

    at(tmp_path, story)


# ── who sends ──


def test_one_worker_of_all_sends_and_another_takes_over_when_it_does_not_come_back(tmp_path):
    async def story(node, works, hears, board, hook):
        other = station(node)
        await hand_in(node, board)
        await works.settle()
        await hand_in(node, board)
        await other.settle()
        assert len(hears.got) == 1  # the first one has the lease
        node.clock.push(20)
        await other.settle()
        assert len(hears.got) == 2
        await other.stop()

    at(tmp_path, story)


HOLDS = """
import sys, time
from pathlib import Path
from pyeonji.store import leases
from pyeonji.store.home import open_home
from pyeonji.store.lock import webhooks_lock

home = open_home(Path(sys.argv[1]), create=False)
lock = webhooks_lock(home.data)
assert lock.taken
lock.note(42)
assert home.engine.write_now(leases.take, "webhooks", "42", int(sys.argv[2]), 6_000_000)
print("mine", flush=True)
time.sleep(600)
"""


def test_the_work_of_a_killed_worker_goes_on_at_once_and_that_of_a_living_one_is_left_to_it(tmp_path):
    """Its lease lasts on; that it is left alone until it is killed is the negative control."""

    async def story(node, works, hears, board, hook):
        ahead = node.clock.now_us() + 5_000_000  # as much as a slow machine may need
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLDS, str(node.home.data), str(ahead), stdout=asyncio.subprocess.PIPE
        )  # fmt: skip
        assert await other.stdout.readline() == b"mine\n"
        await hand_in(node, board)
        await works.settle()
        assert hears.got == []
        other.kill()
        await other.wait()
        await works.settle()
        assert len(hears.got) == 1

    at(tmp_path, story)


def test_a_station_that_lost_its_lease_lets_its_lock_go(tmp_path):
    """Or the next one would believe of the wrong one that it has ended."""

    async def story(node, works, hears, board, hook):
        other = station(node)
        await hand_in(node, board)
        await works.settle()
        node.clock.push(20)  # it hung for so long
        await hand_in(node, board)
        await other.settle()
        assert not webhooks_lock(node.home.data).taken
        await hand_in(node, board)
        await works.settle()  # it finds out when it wants to write down what it did
        lock = webhooks_lock(node.home.data)
        assert lock.taken
        lock.release()
        await other.stop()

    at(tmp_path, story)


def test_where_the_lock_cannot_be_written_webhooks_go_on(tmp_path, monkeypatch):
    """A full disk of the data folder's, while the database is elsewhere."""

    def full(data):
        raise OSError(28, "No space left on device")

    async def story(node, works, hears, board, hook):
        monkeypatch.setattr(station_module, "webhooks_lock", full)
        await hand_in(node, board)
        await works.settle()
        assert len(hears.got) == 1

    at(tmp_path, story)


def test_who_has_lost_the_lease_writes_nothing_down(tmp_path):
    """It sends, and meanwhile another one has taken over: what it did is done again there, under the same name."""

    async def story(node, works, hears, board, hook):
        class Slow(Sender):
            async def send(self, *args, **kwargs):
                node.home.engine.write_now(leases.take, LEASE, "another", node.clock.now_us() + 6_000_001, 5_000_000)
                return await super().send(*args, **kwargs)

        slow = station(node, Slow(ZoneResolver({})))
        await hand_in(node, board)
        await slow.settle()
        assert (len(hears.got), node.home.engine.read_now(webhooks.deliveries, hook)) == (1, [])
        node.clock.push(2_000)
        await works.settle()
        assert (len(hears.got), len(hears.once)) == (2, 1)
        await slow.stop()

    at(tmp_path, story)


def test_a_clock_that_was_set_back_locks_nobody_out(tmp_path):
    async def story(node, works, hears, board, hook):
        node.home.engine.write_now(leases.take, LEASE, "dead", node.clock.now_us() + 30 * DAY * 1_000_000, 15_000_000)
        await hand_in(node, board)
        await works.settle()
        assert len(hears.got) == 1

    at(tmp_path, story)


async def told_with_the_clock_set_back(node, works, hears, board):
    """What an endpoint took that was down while the clock was a day ahead."""
    node.clock.push(DAY)
    hears.status = 503
    await hand_in(node, board)
    await node.manager.settle()
    await works.settle()
    hears.status = 200
    node.clock.push(-DAY)
    await works.settle()
    return types(hears)


def test_no_event_waits_until_a_clock_that_was_set_back_has_caught_up(tmp_path):
    async def story(node, works, hears, board, hook):
        assert "email.final" in await told_with_the_clock_set_back(node, works, hears, board)

    at(tmp_path, story)


def test_without_a_longest_wait_it_would(tmp_path, monkeypatch):
    async def story(node, works, hears, board, hook):
        assert await told_with_the_clock_set_back(node, works, hears, board) == []

    monkeypatch.setattr(webhooks, "MAX_WAIT_US", 30 * DAY * 1_000_000)
    at(tmp_path, story)


def test_no_wait_lasts_longer_than_the_longest():
    waits = [schedule.next_attempt(0, 0, attempts, 1.0) for attempts in range(1, 12)]
    assert max(waits) <= webhooks.MAX_WAIT_US


async def written_down(node, hook, event):
    """The log of an event that was taken: the commit comes after the answer."""
    while True:
        for one in node.home.engine.read_now(webhooks.deliveries, hook):
            if one.event_id == event:
                return one
        await asyncio.sleep(0.001)


def test_a_running_station_tells_within_two_seconds_of_the_decision(tmp_path):
    async def story(node, works, hears, board, hook):
        await works.start()
        await node.manager.start()
        number = await hand_in(node, board)
        await hears.until(ENDED)
        last = node.home.engine.read_now(told.of_letter, number)[-1]
        row = await written_down(node, hook, last.id)
        assert row.at_us - last.at < 2_000_000

    at(tmp_path, story)


def test_a_decision_of_another_process_is_told_without_a_word(tmp_path):
    """The command line holds a letter: nobody wakes the station."""

    async def story(node, works, hears, board, hook):
        number = await hand_in(node, board)
        await works.start()
        node.home.engine.write_now(queue.cancel, number, 0, "asked", node.clock.now_us())
        await hears.until(ENDED)

    at(tmp_path, story)


# ── odd answers ──

ANSWERS = {
    "as http.server says it": (b"HTTP/1.0 200 OK\r\nServer: SimpleHTTP\r\n\r\n", 200),
    "cut off": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nwell", 200),
    "a whole page": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999, 200),
    "packed": (b"HTTP/1.1 202 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", 202),
    "first a promise": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 OK\r\n\r\n", 204),
    "elsewhere": (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", 302),
    "no HTTP": (b"220 mx.example ESMTP\r\n", 0),
    "nothing": (b"", 0),
    "only a beginning": (b"HTTP/1.1 200 OK\r\nServer: ", 0),
}


@pytest.mark.parametrize("how", ANSWERS)
def test_the_status_is_the_answer_whatever_stands_behind_it(tmp_path, how):
    octets, status = ANSWERS[how]

    async def answer(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(octets)
            await writer.drain()
        writer.close()

    async def story(node, works, hears, board, hook):
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            node.home.engine.write_now(webhooks.change, hook, url=url, types=())
            await hand_in(node, board)
            await works.settle()
        (row,) = node.home.engine.read_now(webhooks.deliveries, hook)
        owed = node.home.engine.read_now(webhooks.owed_count, node.home.engine.read_now(webhooks.numbered, hook))
        assert (row.status, owed) == (status, 0 if 200 <= status < 300 else 1)

    at(tmp_path, story)


# ── where it may go ──


@pytest.mark.parametrize("url", ["https://127.0.0.1/h", "http://hooks.example/h", "https://localhost/h", "https://x/h"])
def test_a_public_endpoint_is_a_name_of_the_internet_over_https(tmp_path, url):
    async def story(node, works, hears, board, hook):
        node.home.engine.write_now(webhooks.remove, hook)
        hook = node.home.engine.write_now(webhooks.add, board, url, SECRET, node.clock.now_us())
        await hand_in(node, board)
        await works.settle()
        (row,) = node.home.engine.read_now(webhooks.deliveries, hook)
        assert (row.status, hears.asked) == (0, [])

    at(tmp_path, story)


def test_a_name_that_leads_inside_leads_nowhere(tmp_path):
    """SSRF: with its negative control, the same name where the administrator has said that it is inside."""

    async def story(node, works, hears, board, hook):
        zone = {("hooks.example", "A"): ("127.0.0.1",)}
        url = hears.url.replace("127.0.0.1", "hooks.example")
        node.home.engine.write_now(webhooks.remove, hook)
        for inside in (False, True):
            hook = node.home.engine.write_now(
                webhooks.add, board, url.replace("http:", "https:" if not inside else "http:"), SECRET,
                node.clock.now_us(), inside=inside,
            )  # fmt: skip
        await hand_in(node, board)
        works_ = station(node, Sender(ZoneResolver(zone)))
        await works_.settle()
        log = node.home.engine.read_now(webhooks.deliveries, hook - 1)
        assert [row.said for row in log] == ["hooks.example has the private address 127.0.0.1"]
        assert types(hears) == ["email.queued"]
        await works_.stop()

    at(tmp_path, story)


# ── letters that come in ──


def test_an_app_hears_of_letters_to_an_address(tmp_path):
    async def story(node, works, hears, board, hook):
        node.home.engine.write_now(directory.add_alias, "answers@us.example", LEE, "")
        node.home.engine.write_now(routes.add, board, "Answers@us.example", 1)
        person(node.home, "jung@us.example")
        draft = Draft(
            content=(
                b"From: =?utf-8?b?6rmA7LKg7IiY?= <jung@us.example>\r\nTo: answers@us.example\r\n"
                b"Subject: =?utf-8?b?64u17J6l?=\r\n"
                b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nYes, gladly.\r\n--b\r\n"
                b"Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\nxxxx\r\n--b--\r\n"
            ),
            reverse_path=parse_address("jung@us.example"), recipients=(Wanted(parse_address("answers@us.example")),),
            via="submission", login="jung@us.example",
        )  # fmt: skip
        number = (await node.door.submit(draft)).number
        await works.settle()
        (one,) = hears.once
        data = one["data"]
        assert (one["type"], data["address"], data["mailbox"]) == ("email.received", "answers@us.example", "INBOX")
        assert (data["headers"]["subject"], data["reverse_path"]) == ("답장", "jung@us.example")
        assert "김철수" in data["headers"]["from"]
        assert data["text"].startswith("Yes, gladly.")
        assert data["attachments"] == [{"name": "a.png", "type": "image/png", "size": 4}]
        assert data["raw_url"].endswith("/raw")
        assert node.home.engine.read_now(told.of_letter, number)[0].app_id == board

    at(tmp_path, story)


def test_a_route_costs_letters_to_other_addresses_nothing(tmp_path):
    async def story(node, works, hears, board, hook):
        asked = []
        real = node.home.engine.read

        async def counting(fn, *args, **kwargs):
            asked.append(fn)
            return await real(fn, *args, **kwargs)

        with contextlib.suppress(AttributeError):
            node.home.engine.read = counting
        for _ in range(5):
            node.queue(FAR)
            await hand_in(node, board, LEE)
        assert asked.count(routes.every) == 1  # once in two seconds, for all of them

    at(tmp_path, story)
