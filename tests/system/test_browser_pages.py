"""Every page of the lab and of a server's people in a real Chromium: readable in the light and in the dark, on a
telephone and on a desktop, in both languages, and usable by a keyboard alone.

Slow because it opens a browser and a whole lab; where there is no Chromium with its driver, it is skipped.
"""

import pytest

from kit.chromium import DESKTOP, ENTER, NARROW, RIGHT, TAB, Chromium, programs
from kit.six_cases import signed_in, six_cases
from pyeonji.lab.perform import SCENES

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(programs() is None, reason="chromium and chromedriver are not installed"),
]
LAB = ("/", "/?q=nothing@at.all", "/lab/", *(f"/lab/scenes/{name}" for name in ("dialogue", "reset", "by-hand")),
       "/board/", "/lab/nothing")  # fmt: skip
PLAYED = ("hangul", "forge", "mx")  # scenes with tables, screens, checks, long lines
SITE = ("/admin/", "/admin/queue", "/admin/queue?domain=b.test", "/admin/refused", "/admin/unexplained",
        "/admin/attempts", "/account", "/", "/?q=nothing@at.all", "/j/0000-0000-0001")  # fmt: skip
SCREENS = {
    "a desktop by day": (DESKTOP, False, "ko"), "a desktop by night": (DESKTOP, True, "en"),
    "a telephone by day": (NARROW, False, "en"), "a telephone by night": (NARROW, True, "ko"),
}  # fmt: skip


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    with six_cases(tmp_path_factory.mktemp("cases")) as made:
        yield made


@pytest.fixture(scope="module")
def site(cases):
    return cases[0]["never-called"].partition("/?")[0]


@pytest.fixture(scope="module", params=SCREENS)
def browser(request):
    size, dark, language = SCREENS[request.param]
    with Chromium(size, dark=dark, language=language) as found:
        found.lang = language
        yield found


def looked(browser, url):
    """Goes there, and sees nothing serious and nothing cut off."""
    browser.go(url + ("&" if "?" in url else "?") + f"lang={browser.lang}")
    good(browser)


def good(browser):
    assert browser.troubles() == [], browser.url
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), (
        f"{browser.url} is wider than the screen"
    )
    assert browser.run("return document.documentElement.lang") == browser.lang


@pytest.mark.parametrize("path", LAB)
def test_a_page_of_the_lab_is_good_to_read(cases, browser, path):
    looked(browser, cases[1] + path)


@pytest.mark.parametrize("scene", PLAYED)
def test_a_scene_that_was_played_is_good_to_read(cases, browser, scene):
    assert scene in SCENES
    browser.go(f"{cases[1]}/lab/scenes/{scene}?lang={browser.lang}")
    browser.click(f"form[action='/lab/scenes/{scene}'] button")
    browser.wait_for("#now")
    browser.go(f"{browser.url.partition('?')[0]}?at=9999")
    good(browser)


def test_what_the_lab_answers_is_good_to_read(cases, browser):
    """By hand, a case and what the board says."""
    browser.go(f"{cases[1]}/lab/scenes/by-hand?lang={browser.lang}")
    browser.click("form[action='/lab/scenes/by-hand'] button")
    browser.wait_for("#line")
    good(browser)
    browser.go(f"{cases[1]}/lab/scenes/reset?lang={browser.lang}")
    browser.click("form[action='/lab/case/'] button")
    browser.wait_for("#answer")
    good(browser)
    browser.go(f"{cases[1]}/board/?lang={browser.lang}")
    browser.type("#email", "nobody@3ban.test")
    browser.click("form[action='/board/'] button")
    browser.wait_for("#code")
    good(browser)


@pytest.mark.parametrize("path", SITE)
def test_a_page_of_a_server_is_good_to_read(site, browser, path):
    signed_in(browser, site, "boss@a.test")
    looked(browser, site + path)


def test_what_refused_mail_leads_to_and_setting_up_codes_are_good_to_read(site, browser):
    signed_in(browser, site, "boss@a.test")
    browser.go(f"{site}/admin/refused?lang={browser.lang}")
    browser.click("a[href^='/s/']")
    browser.wait_for("details.proof")
    good(browser)
    browser.go(f"{site}/account?lang={browser.lang}")
    if not browser.run("return !!document.getElementById('secret')"):
        browser.click("form[action='/account/codes'] button")
    browser.wait_for("figure.qr svg")
    good(browser)


# ── by keyboard alone ──


def tabbed_to(browser, script):
    """Presses Tab until this is true of what has the focus."""
    for _ in range(120):
        browser.press(TAB)
        if browser.run(f"const e = document.activeElement; return {script}"):
            return
    raise AssertionError(f"no Tab leads to {script}")


def test_the_clock_is_pushed_by_keys(cases):
    with Chromium() as browser:
        browser.go(f"{cases[1]}/lab/?lang=en")
        before = browser.text("#slid")
        tabbed_to(browser, "e.id === 'slide'")
        browser.press(RIGHT)
        assert browser.text("#slid").startswith("2 h →") and before.startswith("1 h →")
        assert browser.run("return document.getElementById('slide').getAttribute('aria-valuetext')") == "2 h"
        browser.press(TAB, ENTER)
        browser.wait_for("#slide")
        assert browser.url.endswith("/lab/#clock") or "/lab/" in browser.url


def test_a_letter_is_taken_from_among_junk_by_keys(cases):
    with Chromium() as browser:
        browser.go(f"{cases[1]}{cases[0]['spam-folder-reader']}&lang=en&level=plain")
        tabbed_to(browser, "e.textContent.startsWith('Always to the inbox')")
        browser.press(ENTER)
        browser.wait_for("[role=status]")
        assert "It is in the inbox now" in browser.text() and "In the spam folder" not in browser.text()
        assert browser.troubles() == []


def test_a_letter_is_sent_again_by_keys_and_its_link_is_copied(cases):
    with Chromium() as browser:
        browser.go(f"{cases[1]}{cases[0]['typo']}?lang=en&level=plain")
        tabbed_to(browser, "e.tagName === 'SUMMARY' && e.parentElement.id === 'share'")
        browser.press(ENTER)
        tabbed_to(browser, "e.dataset.copy === 'link'")
        browser.press(ENTER)
        assert browser.later(
            "const done = arguments[arguments.length - 1]; const look = () =>"
            " document.getElementById('link-said').textContent"
            " ? done(document.getElementById('link-said').textContent) : setTimeout(look, 20); look();"
        ) == "Copied."  # fmt: skip
        tabbed_to(browser, "e.id === 'again-to'")
        browser.run("document.getElementById('again-to').value = 'chulsoo@1ban.test'")
        browser.press(TAB, ENTER)
        browser.wait_for("[role=status]")
        assert "It was sent again as this new letter." in browser.text() and browser.troubles() == []
