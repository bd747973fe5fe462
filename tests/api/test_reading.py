"""Letters, their recipients and journeys, as keys may see them; what is another's is not there."""

import asyncio

import pytest

from api.kit import api, in_api
from pyeonji.journey.event import Delivered, Failed
from pyeonji.journey.receipt import parse_receipt
from pyeonji.store import queue
from pyeonji.store.queue import Conclusion

LETTER = {"from": "kim@a.test", "to": "minsu@b.test", "bcc": "secret@c.test", "subject": "안녕", "text": "하이"}
NOBODYS = "K7M32QXD9TAB"


async def handed_in(site, ask, key, **change):
    answer = await ask("POST", "/messages", key=key, json=LETTER | change)
    assert answer.status == 202, answer.json
    return answer.json["id"]


def conclude(site, number, outcome=None):
    """A courier has come back from all of its recipients."""

    def done(tx):
        now = site.clock.now_us()
        for job in queue.claim(tx, now, now + 1, 10, {}, 10):
            ends = [Conclusion(one, outcome or Delivered(now, one.n, "mx.b.test", "250 ok")) for one in job.recipients]
            queue.conclude(tx, job.message.number, ends, (), now)

    site.home.engine.write_now(done)
    site.wake.tell_letters([parse_receipt(number).number])


@in_api
async def test_an_app_sees_its_letter_with_its_blind_copies(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    got = (await ask("GET", f"/messages/{number.lower()}", key=key)).json
    assert (got["subject"], got["from"], got["status"]) == ("안녕", "kim@a.test", "in_progress")
    assert [one["address"] for one in got["recipients"]] == ["minsu@b.test", "secret@c.test"]
    conclude(site, number)
    got = (await ask("GET", f"/messages/{got['display_id']}", key=key)).json
    assert (got["status"], got["recipients"][0]["certainty"]) == ("final", "handed_over")
    assert got["recipients"][0]["reply"]["from_host"] == "mx.b.test"


@in_api
async def test_it_is_said_how_letters_to_the_domain_went_before_to_each_of_the_own_ones(site, ask):
    mine, others, admin = site.app("board"), site.app("shop", "lee"), site.app("root", "lee", ("admin",))
    for took_s in (390, 10):
        number = await handed_in(site, ask, mine, bcc=[])
        site.clock.push(took_s)
        conclude(site, number)
    lost = await handed_in(site, ask, mine, bcc=[])
    conclude(site, lost, Failed(site.clock.now_us(), 1, "550 5.1.1 no such user", "addr.no_such_user"))
    theirs = await handed_in(site, ask, others, **{"from": "lee@a.test", "bcc": []})
    conclude(site, theirs)
    for path, got in ((f"/messages/{lost}/recipients/1", lambda one: one), (f"/messages/{lost}", first)):
        answer = got((await ask("GET", path, key=mine)).json)
        assert answer["history"] == {"domain_30d": {"sent": 3, "delivered": 2, "median_s": 10}}
        assert got((await ask("GET", path, key=admin)).json)["history"] == {
            "domain_30d": {"sent": 4, "delivered": 3, "median_s": 10}
        }
    seen = await ask("GET", f"/messages/{theirs}/recipients/1", key=others)
    assert seen.json["history"] == {"domain_30d": {"sent": 1, "delivered": 1, "median_s": 0}}
    assert first((await ask("GET", "/messages", key=mine)).json["data"][0])["history"] is None
    site.clock.push(31 * 86_400)
    later = await ask("GET", f"/messages/{lost}", key=mine)
    assert first(later.json)["history"] == {"domain_30d": {"sent": 0, "delivered": 0, "median_s": None}}


def first(letter):
    return letter["recipients"][0]


def somebody_listens(site):
    """Set when somebody waits for news of a letter."""
    listening, on_letter = asyncio.Event(), site.wake.on_letter

    def noted(number, listener):
        listening.set()
        return on_letter(number, listener)

    site.wake.on_letter = noted
    return listening


PATHS = [
    ("GET", "/messages/{id}"), ("DELETE", "/messages/{id}"), ("GET", "/messages/{id}/journey"),
    ("GET", "/messages/{id}/journey/stream"), ("GET", "/messages/{id}/recipients/1"),
    ("POST", "/messages/{id}/recipients/1/retry"), ("POST", "/messages/{id}/recipients/1/cancel"),
    ("GET", "/messages/{id}/raw"), ("GET", "/messages/{id}/parts/1"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_another_apps_letter_is_as_if_it_were_not_there(tmp_path, method, path):
    """The negative control is its own key: the same question is answered."""

    async def story(site, ask):
        mine, others = site.app("board"), site.app("shop", "lee")
        number = await handed_in(site, ask, mine)
        seen = await ask(method, path.format(id=number), key=others)
        nothing = await ask(method, path.format(id=NOBODYS), key=others)
        assert (seen.status, seen.body) == (nothing.status, nothing.body) == (404, nothing.body)
        if not path.endswith("stream"):
            assert (await ask(method, path.format(id=number), key=mine)).status == 200

    with api(tmp_path) as (site, ask):
        asyncio.run(story(site, ask))


@in_api
async def test_a_letter_of_no_app_is_seen_by_administrators_only(site, ask):
    number = await handed_in(site, ask, site.app())
    site.home.engine.write_now(lambda tx: tx.run("DELETE FROM sent", {}))
    assert (await ask("GET", f"/messages/{number}", key=site.app())).status == 404
    seen = await ask("GET", f"/messages/{number}", key=site.app("admin", "lee", scopes=("admin",)))
    assert seen.status == 200 and seen.json["subject"] == ""  # content is not opened by looking


@in_api
async def test_letters_are_found_by_what_is_known_of_them(site, ask):
    key, other = site.app(), site.app("shop", "lee")
    first = await handed_in(site, ask, key, ref="one", tags=["a", "b"])
    second = await handed_in(site, ask, key, ref="two", tags=["b"], to="lee@a.test", bcc=[])
    await handed_in(site, ask, other, **{"from": "lee@a.test", "ref": "one", "tags": ["b"]})

    async def found(query, who=key):
        answer = await ask("GET", f"/messages?{query}", key=who)
        assert answer.status == 200, answer.json
        return [one["id"] for one in answer.json["data"]]

    assert await found("") == [second, first]
    assert await found("ref=one") == [first]
    assert await found("tag=b") == [second, first] and await found("tag=a") == [first]
    assert await found("to=Secret@c.test") == [first] and await found("to=%25") == []
    assert await found("status=delivered") == [second] and await found("status=queued") == [first]
    assert await found("status=deferred") == []
    assert await found("tag=_") == []
    assert len(await found("", site.app("admin", scopes=("admin",)))) == 3


@in_api
async def test_pages_go_on_where_the_last_one_ended(site, ask):
    key = site.app()
    numbers = [await handed_in(site, ask, key) for _ in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await ask("GET", f"/messages?limit=2&status=queued&after={cursor}", key=key)).json
        seen += [one["id"] for one in page["data"]]
        cursor = page["next"]
    assert seen == numbers[::-1]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "status=lost", "after=x", "cause=A'", "tag=a%20b", "to=" + "x" * 400]
)
def test_a_question_that_is_not_right_is_said_to_be_so(tmp_path, query):
    with api(tmp_path) as (site, ask):
        answer = asyncio.run(ask("GET", f"/messages?{query}", key=site.app()))
    assert (answer.status, answer.json["code"]) == (422, "invalid")
    assert answer.json["near"].startswith("?" + query.split("=")[0])


@in_api
async def test_whoever_waits_is_woken_when_it_is_decided(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    listening = somebody_listens(site)
    waiting = asyncio.create_task(ask("GET", f"/messages/{number}?wait=final&timeout=60", key=key))
    await listening.wait()
    assert not waiting.done()
    start = asyncio.get_running_loop().time()
    conclude(site, number)
    assert (await waiting).json["status"] == "final"
    assert asyncio.get_running_loop().time() - start < 2
    assert not site.wake._letters  # nobody listens any more


@in_api
async def test_whoever_waits_in_vain_gets_what_there_is(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    answer = await ask("GET", f"/messages/{number}?wait=final&timeout=0", key=key)
    assert (answer.status, answer.json["status"]) == (200, "in_progress")


@in_api
async def test_what_was_not_handed_over_is_taken_back(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    got = (await ask("DELETE", f"/messages/{number}", key=key)).json
    assert {one["status"] for one in got["recipients"]} == {"cancelled"} and got["status"] == "final"
    again = await ask("DELETE", f"/messages/{number}", key=key)
    assert (again.status, again.json["code"]) == (409, "not_possible_now")


@in_api
async def test_one_recipient_is_tried_at_once_but_not_again_and_again(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    told = []
    site.wake.on_queue(lambda: told.append(1))
    path = f"/messages/{number}/recipients/1"
    answers = [await ask("POST", f"{path}/retry", key=key) for _ in range(4)]
    assert [one.status for one in answers] == [200, 200, 200, 429] and told
    assert (await ask("POST", f"/messages/{number}/recipients/2/retry", key=key)).status == 200  # another destination
    site.clock.push(61)
    assert (await ask("POST", f"{path}/retry", key=key)).status == 200


@in_api
async def test_only_an_administrator_holds_and_releases(site, ask):
    key, admin = site.app(), site.app("admin", "lee", scopes=("admin", "send"))
    number = await handed_in(site, ask, key)
    path = f"/messages/{number}/recipients/1"
    assert (await ask("POST", f"{path}/hold", key=key)).json["code"] == "scope_missing"
    assert (await ask("POST", f"{path}/release", key=admin)).json["code"] == "not_possible_now"
    assert (await ask("POST", f"{path}/hold", key=admin)).json["status"] == "held"
    assert (await ask("POST", f"{path}/retry", key=key)).json["code"] == "not_possible_now"
    assert (await ask("POST", f"{path}/release", key=admin)).json["status"] == "queued"
    assert (await ask("POST", f"{path}/cancel", key=key)).json["status"] == "cancelled"
    assert (await ask("GET", path, key=key)).json["final"]


@pytest.mark.parametrize("n", ["0", "3", "x", "-1", "99999999999999999999", "1.5", "%EF%BC%91"])
def test_a_recipient_that_there_is_not(tmp_path, n):
    async def story(site, ask):
        number = await handed_in(site, ask, site.app())
        return await ask("GET", f"/messages/{number}/recipients/{n}", key=site.app())

    with api(tmp_path) as (site, ask):
        assert asyncio.run(story(site, ask)).json["code"] == "not_found"


@in_api
async def test_the_journey_is_told_as_json_and_as_text(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    conclude(site, number)
    got = (await ask("GET", f"/messages/{number}/journey", key=key)).json
    assert got["via"] == "api" and got["steps"][0]["event"] == "accepted"
    assert {"queued", "delivered"} <= {one["event"] for one in got["steps"]}
    text = await ask("GET", f"/messages/{number}/journey", key=key, headers={"accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain") and "=== delivered: " in text.body.decode()


def events(body):
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], int(fields["id"])))
    return found


@in_api
async def test_a_journey_is_followed_live_and_taken_up_again(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key, bcc=[])
    listening = somebody_listens(site)
    following = asyncio.create_task(ask("GET", f"/messages/{number}/journey/stream", key=key))
    await listening.wait()
    conclude(site, number)
    answer = await following
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [name for name, _ in events(answer.body)] == [
        "step", "step", "recipients", "step", "recipients", "final",
    ]  # fmt: skip
    again = await ask("GET", f"/messages/{number}/journey/stream", key=key, headers={"last-event-id": "2"})
    assert events(again.body) == [("step", 3), ("recipients", 3), ("final", 3)]


def test_a_quiet_stream_says_that_it_is_still_there(tmp_path, monkeypatch):
    monkeypatch.setattr("pyeonji.web.api.journey.HEARTBEAT_S", 0.02)

    async def story(site, ask):
        key, beats = site.app(), asyncio.Event()
        number = await handed_in(site, ask, key)
        path = f"/messages/{number}/journey/stream"
        following = asyncio.create_task(
            ask("GET", path, key=key, heard=lambda octets: beats.set() if b": still here" in octets else None)
        )
        await beats.wait()
        conclude(site, number)
        assert events((await following).body)[-1][0] == "final"

    with api(tmp_path) as (site, ask):
        asyncio.run(story(site, ask))


@in_api
async def test_letters_are_found_by_why_they_did_not_arrive(site, ask):
    key = site.app()
    await handed_in(site, ask, key)
    failed = await handed_in(site, ask, key, to="nobody@a.test", bcc=[])
    found = (await ask("GET", "/messages?cause=addr.no_such_user", key=key)).json["data"]
    assert [one["id"] for one in found] == [failed]
    assert (await ask("GET", "/messages?cause=mbox.full", key=key)).json["data"] == []


@in_api
async def test_so_many_wait_and_no_more(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    waiting = [asyncio.create_task(ask("GET", f"/messages/{number}?wait=final", key=key)) for _ in range(101)]
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result().json["code"] for task in done] == ["too_many_waiting"]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    assert (await ask("GET", f"/messages/{number}?wait=final&timeout=0", key=key)).status == 200


@in_api
async def test_a_key_is_answered_so_often_in_a_minute(site, ask):
    key = site.app(scopes=("read",))
    site.app()  # another key of the same app counts with it
    statuses = [(await ask("GET", "/catalogue.json", key=key)).status for _ in range(1_201)]
    assert statuses.index(429) == 1_200
    site.clock.push(61)
    assert (await ask("GET", "/catalogue.json", key=key)).status == 200


@in_api
async def test_a_key_that_was_taken_back_opens_nothing(site, ask):
    key = site.app()
    assert (await ask("GET", "/messages", key=key)).status == 200
    site.home.engine.write_now(lambda tx: tx.run("DELETE FROM api_key", {}))
    assert (await ask("GET", "/messages", key=key)).json["code"] == "key_unknown"
    other = site.app("shop", "lee")
    site.home.engine.write_now(lambda tx: tx.run("UPDATE account SET disabled = 1", {}))
    assert (await ask("GET", "/messages", key=other)).json["code"] == "key_unknown"


@in_api
async def test_the_use_of_a_key_is_noted_now_and_then(site, ask):
    key = site.app()
    used = lambda: site.home.engine.read_now(lambda tx: tx.one("SELECT used_us FROM api_key", {}))[0]  # noqa: E731
    await ask("GET", "/messages", key=key)
    first = used()
    site.clock.push(1)
    await ask("GET", "/messages", key=key)
    assert used() == first > 0
    site.clock.push(60)
    await ask("GET", "/messages", key=key)
    assert used() > first


@in_api
async def test_an_app_reads_the_octets_of_what_it_sent_and_an_administrator_does_not(site, ask):
    key = site.app()
    files = [{"filename": "표.csv", "content": "MSwyDQo=", "content_type": "text/csv"}]
    number = await handed_in(site, ask, key, attachments=files)
    raw = await ask("GET", f"/messages/{number}/raw", key=key)
    assert raw.headers["content-type"] == "message/rfc822" and raw.body.startswith(b"Received: ")
    assert b"secret" not in raw.body
    part = await ask("GET", f"/messages/{number}/parts/2", key=key)
    assert part.body == b"1,2\r\n" and part.headers["content-disposition"] == "attachment"
    assert (await ask("GET", f"/messages/{number}/parts/1", key=key)).body.decode() == "하이\r\n"
    for path in ("3", "0", "1.1.1", "x", "1..2", "1" * 60):
        assert (await ask("GET", f"/messages/{number}/parts/{path}", key=key)).status == 404
    admin = site.app("admin", "lee", scopes=("admin",))
    assert (await ask("GET", f"/messages/{number}/raw", key=admin)).status == 404
    assert (await ask("GET", f"/messages/{number}", key=admin)).status == 200
