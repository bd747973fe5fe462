"""The pages in a real Chromium: six prepared cases, two languages, a desktop and a telephone, with scripts and without.

Slow because it opens a browser and a whole lab; where there is no Chromium with its driver, it is skipped.
`make pictures` keeps what is seen.
"""

import os
import re
from pathlib import Path

import pytest

from kit.chromium import DESKTOP, ENTER, PHONE, TAB, Chromium, programs
from kit.six_cases import CASES, signed_in, six_cases

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(programs() is None, reason="chromium and chromedriver are not installed"),
]
PICTURES = os.environ.get("PYEONJI_PICTURES", "")

# From the page alone: where it is, who must act, what next.
ANSWERS = {
    "typo": (
        ("전하지 못했어요", "보낸 사람", "여기서 끝"),
        ("Not delivered", "The writer", "Nothing more happens"),
    ),
    "full-box": (
        ("전하지 못했어요", "받는 사람", "이렇게 전해 주세요"),
        ("Not delivered", "The recipient", "Pass this on"),
    ),
    "greylist": (
        ("나중에 다시 보내요", "아무도 없어요", "다시 보내요 ("),
        ("Will try again", "Nobody", "tried again at"),
    ),
    "spf-missing": (
        ("전하지 못했어요", "도메인(DNS) 관리자", "여기서 끝", "550 5.7.23", "oldboard.test의", "mx.4ban.test에서"),
        ("Not delivered", "DNS", "Nothing more happens", "550 5.7.23", "of oldboard.test", "mx.4ban.test"),
    ),
    "spam-folder": (
        ("상대 서버가 받았어요", "스팸함", "여기서 끝"),
        ("Their server took it", "spam", "Nothing more happens"),
    ),
    "spam-folder-reader": (
        ("스팸함에 넣었어요", "받는 사람", "스팸함에서 꺼내 주세요", "DMARC 실패", "그래서 스팸함", "스팸이 아니에요"),
        ("In the spam folder", "The recipient", "take it out of there", "DMARC fail", "this decided", "Not spam"),
    ),
    "never-called": (
        ("맡겨지지 않았어요", "앱 개발자", "앱의 로그를 보세요", "앱 board는", "2시간 전"),
        (
            "No such letter was handed to us",
            "The developer of the app",
            "Look into the log of the app",
            "app board called us last",
            "2 h ago",
        ),
    ),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    with six_cases(tmp_path_factory.mktemp("cases")) as made:
        yield made


SCREENS = {
    "desktop": (DESKTOP, True), "phone": (PHONE, True),
    "no script": (DESKTOP, False), "phone, no script": (PHONE, False),
}  # fmt: skip


@pytest.fixture(scope="module", params=SCREENS)
def browser(request):
    size, scripts = SCREENS[request.param]
    with Chromium(size, scripts=scripts) as found:
        found.named = "phone" if size == PHONE else "desktop"
        found.scripts = scripts
        yield found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_alone_says_where_it_is_who_must_act_and_what_next(cases, browser, case, language):
    paths, base = cases
    mark = "&" if "?" in paths[case] else "?"
    url = paths[case] if "://" in paths[case] else base + paths[case]
    if url == paths[case]:
        signed_in(browser, url)
    browser.go(f"{url}{mark}lang={language}&level=plain")
    text = browser.text().casefold()
    for words in ANSWERS[case][language == "en"]:
        assert words.casefold() in text, text
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), (
        "it is wider than the screen"
    )
    if browser.scripts:
        assert browser.troubles() == []
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            kind = os.environ.get("PYEONJI_PICTURES_AS", "webp")
            browser.picture(f"{PICTURES}/{case}-{language}-{browser.named}.{kind}", kind)


def test_in_the_dark_and_in_all_levels_it_is_good_to_read(cases):
    paths, base = cases
    with Chromium(dark=True) as browser:
        for level in ("plain", "tech", "raw"):
            browser.go(f"{base}{paths['greylist']}?level={level}")
            assert browser.troubles() == []
        assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 28)"


def test_a_keyboard_is_enough(cases):
    """From the top of the page to the technical level, and into a try that is folded up."""
    paths, base = cases
    with Chromium() as browser:
        browser.go(f"{base}{paths['greylist']}?lang=en&level=plain")
        browser.press(TAB)
        assert browser.focused()[2] == "#main"
        for _ in range(12):
            browser.press(TAB)
            if browser.focused()[3] == "Technical":
                break
        browser.press(ENTER)
        browser.wait_for("nav.levels a[href*='level=tech'][aria-current]")
        assert "level=tech" in browser.url and "Technical facts" in browser.text()
        browser.go(f"{base}{paths['greylist']}?lang=en&level=plain")
        seen = []
        for _ in range(40):
            browser.press(TAB)
            seen.append(browser.focused())
            if seen[-1][0] == "SUMMARY" and seen[-1][3].startswith("Attempt 1"):
                break
        browser.press(ENTER)
        assert "450 4.7.1" in browser.text("details.proof[open]"), seen
        assert ["BUTTON", "", "", "Try again now"] in seen and ["BUTTON", "", "", "Stop sending it"] in seen
        browser.go(f"{base}{paths['greylist']}?lang=en&level=plain")
        while browser.focused()[3] != "Try again now":
            browser.press(TAB)
        browser.press(ENTER)
        browser.wait_for("[role=status]")
        assert "It is tried again now." in browser.text() and "done=retry" in browser.url


def test_the_page_goes_on_by_itself_while_the_letter_does(cases):
    """Live: what happens is said in the log, and the answer on top is true, without anybody pressing anything."""
    paths, base = cases
    with Chromium() as browser:
        browser.go(f"{base}{paths['waiting']}?lang=en&level=plain")
        assert browser.run("return document.getElementById('log').getAttribute('aria-live')") == "polite"
        browser.run(
            "fetch(arguments[0] + '/hold', {method: 'POST', body: new URLSearchParams({n: '1', because: 'a test'}),"
            " headers: {'content-type': 'application/x-www-form-urlencoded'}})",
            paths["waiting"],
        )
        said = browser.later(
            "const done = arguments[arguments.length - 1]; const look = () =>"
            " document.querySelector('.answer .state').textContent.includes('On hold')"
            " ? done(document.getElementById('log').textContent) : setTimeout(look, 50); look();"
        )
        assert "On hold" in said
        assert browser.troubles() == []


def test_a_policy_that_runs_only_our_scripts_runs_no_other(cases):
    paths, base = cases
    with Chromium() as browser:
        browser.go(f"{base}{paths['typo']}")
        browser.run(
            "const s = document.createElement('script'); s.textContent = 'window.evil = 1'; document.body.append(s)"
        )
        assert browser.run("return window.evil === undefined")


def test_the_texts_are_there_to_pass_on_and_to_download(cases):
    paths, base = cases
    with Chromium() as browser:
        browser.go(f"{base}{paths['full-box']}?lang=en")
        texts = browser.run("return [...document.querySelectorAll('#pass textarea')].map(t => t.value)")
        number = re.escape(paths["full-box"].removeprefix("/j/"))
        assert len(texts) == 2 and all(re.search(number, one) and "552" in one for one in texts)
        found = browser.later(
            f"const done = arguments[arguments.length - 1]; fetch('{paths['full-box']}.txt?level=raw')"
            ".then(a => a.text()).then(done)"
        )
        assert "<-* 552" in found or "<~* 552" in found


def test_a_passkey_of_a_real_browser_signs_in_and_the_pages_of_an_account_are_good_to_read(cases):
    site = cases[0]["never-called"].partition("/?")[0]
    with Chromium() as browser:
        browser.give_key()
        for language in ("ko", "en"):
            browser.go(f"{site}/signin?lang={language}")
            assert browser.troubles() == []
        signed_in(browser, site)
        browser.go(f"{site}/account")
        assert browser.troubles() == []
        browser.type("#passkey-name", "the laptop")
        browser.click("#new-passkey button")
        browser.wait_for("form[action='/account/passkeys/remove']")
        assert "the laptop" in browser.text() and browser.troubles() == []
        browser.go(f"{site}/?lang=en")
        assert browser.troubles() == []
        browser.click("form[action='/signout'] button")
        browser.wait_for("#login")
        browser.go(f"{site}/signin?next=/account")
        browser.click("#passkey button")
        browser.wait_for("#new-passkey, form[action='/account/prove']")
        assert "kim@a.test" in browser.text("h1") and browser.url.endswith("/account")
