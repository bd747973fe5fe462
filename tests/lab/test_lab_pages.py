"""The lab in a browser without a script: breaking, mending, pushing, scenes line by line, SMTP by hand, the case."""

import html
import json
import re

import pytest

from kit.six_cases import handed_in
from lab.browser import Browser
from lab.kit import events_of
from lab.opened import Opened
from pyeonji.journey.event import Filed
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.detective import ENDINGS
from pyeonji.lab.host import HOWS
from pyeonji.lab.pages import SLIDE, WARPS
from pyeonji.lab.perform import SCENES
from pyeonji.lab.play import settled
from pyeonji.store import journey
from pyeonji.web import security

QUIET_BOARD, BORA = f"noreply@{roster.QUIET}", "bora@4ban.test"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    opened = Opened(tmp_path_factory.mktemp("pages"))
    yield opened
    opened.close()


@pytest.fixture
def browser(opened):
    return Browser(roster.HTTP + opened.world.offset)


def text_of(page):
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def links(page, part):
    return [html.unescape(href) for href in re.findall(r'href="([^"]*)"', page) if part in href]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_front_page_names_every_scene_server_and_fault(opened, language):
    browser = Browser(roster.HTTP + opened.world.offset, language)
    page = browser.get("/lab/")
    assert browser.status == 200
    assert {name for name in SCENES if f'href="/lab/scenes/{name}"' in page} == set(SCENES)
    assert {host for place in roster.PLACES for _, host in place.mx if host not in page} == set()
    assert {how for how in HOWS if f'value="{how}"' not in page} == set()
    assert "style=" not in page and page.count("<script") == page.count('<script src="/lab.js" defer></script>') == 1


@pytest.mark.parametrize("how", HOWS)
def test_a_server_is_broken_and_mended_by_a_button(opened, browser, how):
    page = browser.post("/lab/break", form={"host": "mx1.2ban.test", "how": how})
    assert opened.world.hosts["mx1.2ban.test"].how == how
    assert browser.path == "/lab/" and "/lab/heal" in page
    assert "/lab/heal" not in browser.post("/lab/heal")
    assert opened.world.hosts["mx1.2ban.test"].how == ""


def test_the_dns_is_broken_and_mended_by_a_button(opened, browser):
    browser.post("/lab/break", form={"host": "dns", "how": "silent"})
    assert opened.world.dns.silent == {""}
    browser.post("/lab/heal")
    assert opened.world.dns.silent == set()


def test_what_is_no_server_breaks_nothing(opened, browser):
    browser.post("/lab/break", form={"host": "<b>", "how": "off"})
    assert browser.status == 200
    assert all(not host.how for host in opened.world.hosts.values())


@pytest.mark.parametrize("time", WARPS)
def test_the_clock_is_pushed_by_a_button(opened, browser, time):
    before = opened.world.clock.now_us()
    browser.post("/lab/warp", form={"time": time})
    assert 0 <= opened.world.clock.now_us() - before - WARPS[time] * 1_000_000 < 60_000_000


@pytest.mark.parametrize("at", range(len(SLIDE)))
def test_the_clock_is_pushed_by_the_slider_which_says_how_far(opened, browser, at):
    places = re.findall(r'<option value="(\d+)" label="([^"]+)" data-then="([^"]+)">', browser.get("/lab/"))
    assert [int(place) for place, _, _ in places] == [*range(len(SLIDE))] and places[-1][1] == "5일"
    before = opened.world.clock.now_us()
    browser.post("/lab/warp", form={"slide": str(at)})
    assert 0 <= opened.world.clock.now_us() - before - SLIDE[at] * 1_000_000 < 60_000_000


@pytest.mark.parametrize("form", [{"slide": "13"}, {"slide": "-1"}, {"slide": ""}, {"slide": "x"}, {"time": "9y"}, {}])
def test_what_is_no_place_of_the_slider_pushes_nothing(opened, browser, form):
    before = opened.world.clock.now_us()
    browser.post("/lab/warp", form=form)
    assert browser.status == 200 and opened.world.clock.now_us() - before < 60_000_000


@pytest.mark.parametrize("path", ["/lab/break", "/lab/heal", "/lab/warp", "/lab/reset", "/lab/scenes/mx", "/lab/case/"])
def test_a_page_of_elsewhere_presses_no_button(opened, browser, path):
    browser.post(path, form={"host": "mx1.2ban.test"}, Sec_Fetch_Site="cross-site")
    assert browser.status == 403
    assert all(not host.how for host in opened.world.hosts.values())
    browser.get(path)
    assert browser.status in (200, 404, 405)  # to look changes nothing
    assert all(not host.how for host in opened.world.hosts.values())


def test_a_scene_is_read_line_by_line_forwards_and_back(browser):
    browser.get("/lab/scenes/dialogue")
    page = browser.post("/lab/scenes/dialogue")
    run = browser.path.partition("?")[0]
    seen = []
    for at in range(2, 60):
        page = browser.get(f"{run}?at={at}")
        seen.append(text_of(page))
        if not links(page, f"at={at + 1}"):
            break
    assert "DATA" in seen[-1] and "queued as" in seen[-1]
    assert all(earlier.count("→") + earlier.count("←") >= 1 for earlier in seen)
    back = text_of(browser.get(f"{run}?at=4"))
    assert "queued as" not in back and back == seen[2]
    everything = browser.get(f"{run}?at=9999")
    assert text_of(everything).count("✓") >= 4 and "✕" not in everything


def test_a_scene_that_plays_by_itself_needs_no_script_and_ends(browser):
    browser.post("/lab/scenes/address")
    run = browser.path.partition("?")[0]
    page = browser.get(f"{run}?at=3&play=3")
    assert f'http-equiv="refresh" content="1;url={run}?at=4&amp;play=3#now"' in page
    assert "refresh" not in browser.get(f"{run}?at=3")
    assert "refresh" not in browser.get(f"{run}?at=9999&play=3")
    assert "refresh" not in browser.get(f"{run}?at=3&play=%22%3E")


def test_whoever_wants_nothing_to_move_gets_steps_only(browser):
    assert re.search(
        r"prefers-reduced-motion: reduce\) \{ nav\.steps \.moving \{ display: none", browser.get("/lab.css")
    )


@pytest.mark.parametrize("path", ["/lab/scenes/nothing", "/lab/runs/x", "/lab/by-hand/x", "/lab/case/x"])
def test_what_is_not_there_is_said_to_be_missing(browser, path):
    browser.get(path)
    assert browser.status == 404


def test_smtp_by_hand_in_a_browser(opened, browser):
    browser.post("/lab/scenes/by-hand")
    there = browser.path
    for line in ("EHLO me.test", "MAIL FROM:<chulsoo@1ban.test>", "RCPT TO:<younghee@2ban.test>", "DATA"):
        page = browser.post(there, form={"line": line})
    assert "점 하나로 편지 끝내기" in page
    for line in ("Subject: <b>", "", "손으로 <script>", "."):
        page = browser.post(there, form={"line": line})
    assert "queued as" in page and "<script>" not in page and "&lt;script&gt;" in page
    page = browser.post(there, form={"line": "QUIT"})
    assert "새로 이야기하기" in page
    assert browser.post(there, form={"line": "NOOP"}).count("NOOP") == 0


def test_a_line_typed_by_hand_is_one_line(opened, browser):
    browser.post("/lab/scenes/by-hand")
    page = browser.post(browser.path, form={"line": "EHLO a\r\nMAIL FROM:<x@y>"})
    assert "EHLO a  MAIL FROM" in html.unescape(page)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_case_is_solved_from_the_journey_and_only_by_its_cause(opened, browser, ending):
    page = browser.post("/lab/case/", form={"ending": ending})
    there = browser.path
    name, _, domain = ENDINGS[ending].to.partition("@")
    assert re.search(rf"{name}\+[0-9a-f]{{8}}@{domain}", text_of(page))
    wrong = next(name for name in ENDINGS if name != ending)
    assert "그 까닭은 아니에요" in browser.post(there, form={"ending": wrong})
    right = browser.post(there, form={"ending": ending})
    assert "맞았어요. 2번" in right
    assert len(links(right, "/j/")) == (0 if ending == "silent" else 1)


def test_the_letter_of_a_case_can_be_searched_for(browser):
    page = browser.post("/lab/case/", form={"ending": "full"})
    (query,) = links(page, "/?q=")
    assert re.search(r"hana\+[0-9a-f]{8}@3ban\.test", html.unescape(browser.get(query)))


def test_the_second_pupil_meets_the_same_cause_as_the_first(opened, browser):
    """A server that greylists knows who came before: each case has an address of its own."""
    for _ in range(2):
        browser.post("/lab/case/", form={"ending": "greylist"})
        solved = browser.post(browser.path, form={"ending": "greylist"})
        (journey,) = links(solved, "/j/")
        assert "450 4.7.1" in html.unescape(browser.get(journey))
        opened.call(pushed(opened.world, 120))


async def pushed(world, seconds):
    world.push(seconds)


def test_thirty_cases_are_open_at_the_same_time(opened, browser):
    for _ in range(30):
        browser.post("/lab/case/", form={"ending": "silent"})
        assert browser.status == 200


# ── the API ──


def api(browser, method, path, body=None, key="lab"):
    headers = {"Content_Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    octets = json.dumps(body) if body is not None else ""
    browser._ask(method, f"/api/v1{path}", octets, headers)
    return browser.status, json.loads(browser.page or "null")


def test_programs_break_mend_push_and_play(opened, browser):
    assert api(browser, "POST", "/lab/break", {"host": "2ban.test"})[1]["broken"].keys() == {
        "mx1.2ban.test", "mx2.2ban.test", "mx3.2ban.test",
    }  # fmt: skip
    assert api(browser, "GET", "/lab")[1]["broken"]["mx2.2ban.test"] == "off"
    assert api(browser, "POST", "/lab/heal", {}) == (200, {"broken": {}})
    before = opened.world.clock.now_us()
    assert api(browser, "POST", "/lab/warp", {"time": "30m"})[0] == 200
    assert opened.world.clock.now_us() - before >= 1_800_000_000
    status, played = api(browser, "POST", "/lab/scene", {"name": "dialogue"})
    assert (status, played["good"], played["problems"]) == (200, True, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/lab/break", {"host": "gmail.com"}), ("/lab/break", {"host": "mx1.2ban.test", "how": "sad"}),
        ("/lab/warp", {"time": "-1d"}), ("/lab/warp", {"time": "soon"}), ("/lab/scene", {"name": "x"}),
        ("/lab/scene", {"name": "reset", "ending": "x"}), ("/lab/heal", {"host": "x"}),
    ],
)  # fmt: skip
def test_programs_are_told_what_was_not_right(browser, path, body):
    status, problem = api(browser, "POST", path, body)
    assert (status, problem["code"]) == (422, "invalid")


def test_nobody_without_the_key_does_anything(opened, browser):
    assert api(browser, "POST", "/lab/break", {"host": "2ban.test"}, key="")[0] == 401
    assert all(not host.how for host in opened.world.hosts.values())


def test_where_nobody_can_open_it_afresh_that_is_said(browser):
    assert api(browser, "POST", "/lab/reset", {})[0] in (409, 422)


def test_the_lab_is_in_the_document_of_the_api(browser):
    paths = json.loads(browser.get("/api/v1/openapi.json"))["paths"]
    assert {path for path in paths if "/lab" in path} >= {"/api/v1/lab/break", "/api/v1/lab/warp"} or any(
        path.startswith("/lab") for path in paths
    )


def test_the_run_of_a_scene_ends_with_the_lab(tmp_path):
    opened = Opened(tmp_path)
    browser = Browser(roster.HTTP + opened.world.offset)
    browser.post("/lab/scenes/mx")
    assert opened.close() == []


async def filed(world, reader):
    """A letter of a board that proves nothing: the number at the reader's server, and in which mailbox it lies."""
    number = await handed_in(world, QUIET_BOARD, reader)
    await settled(world.nodes["board.test"].home, number, 20.0)
    home = world.nodes["4ban.test"].home
    there = max(await home.engine.read(journey.with_address, reader))
    return there, [event.mailbox for event in await events_of(home, there) if isinstance(event, Filed)]


def test_whom_a_reader_allows_comes_into_the_inbox_until_the_next_pupil_begins(opened, browser):
    """Over real sockets: among junk, allowed on its page, the next one in the inbox; a new case knows nobody."""
    number, mailboxes = opened.call(filed(opened.world, BORA))
    assert mailboxes == ["Junk"]
    there = f"/j/{written(number)}"
    page = browser.get(f"{there}?as={BORA}")
    assert "스팸함에 넣었어요" in page and "그래서 스팸함" in page
    page = browser.post(f"{there}/allow", form={"as": BORA})
    assert "받은편지함으로 옮겼고" in page and "스팸이 아니에요" not in page
    assert opened.call(filed(opened.world, BORA))[1] == ["INBOX"]
    browser.post("/lab/case/", form={"ending": "silent"})
    assert opened.call(filed(opened.world, BORA))[1] == ["Junk"]


FORMS = [
    ("/lab/break", {"host": "mx1.2ban.test", "how": "off"}), ("/lab/heal", {"host": "mx1.2ban.test"}),
    ("/lab/warp", {"time": "30m"}), ("/lab/scenes/peek", {}), ("/lab/by-hand/x", {"line": "QUIT"}), ("/lab/case/", {}),
    ("/lab/case/1", {"ending": "typo"}), ("/lab/reset", {}), ("/board/", {"email": "john@test.com"}),
    ("/j/x/cancel", {}),
]  # fmt: skip
ELSEWHERE = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:3000"},
             {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Host": "evil.example"})  # fmt: skip


@pytest.mark.parametrize(("path", "form"), FORMS)
def test_a_page_of_elsewhere_drives_no_lab(browser, path, form):
    """There is no token here, and not every browser says Sec-Fetch-Site: it says at least on what page a form was."""
    for said in ELSEWHERE:
        browser.post(path, form=form, **said)
        assert browser.status == 403, said


def test_without_the_look_at_where_it_comes_from_it_would(opened, browser, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(security, "is_from_here", lambda scope: True)
    before = opened.world.clock.now_us()
    browser.post("/lab/warp", form={"time": "30m"}, Origin="https://evil.example")
    assert browser.status == 200 and opened.world.clock.now_us() > before + 1_700_000_000
