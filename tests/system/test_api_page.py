"""The page /api/ in a real browser: its script asks the API under the page's own policy, and everybody can read it."""

import pytest

from api.served import KEY, roomy_site, served
from kit.chromium import DESKTOP, PHONE, Chromium, programs

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(programs() is None, reason="chromium and chromium-driver are not installed"),
]
EXPLAIN = 'form[data-method="POST"][data-path="/explain"]'
LETTERS = 'form[data-method="GET"][data-path="/messages"]'


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    site = roomy_site(tmp_path_factory.mktemp("api"))
    with served(site) as port:
        yield f"http://127.0.0.1:{port}/api/"
    site.home.close()


def ask(browser, form):
    """Open it, press its button, and what is answered."""
    browser.run(f"document.querySelector('{form}').closest('details').open = true")
    browser.click(f"{form} button")
    browser.wait_for(f"{form} pre.answer:not([hidden])")
    return browser.later(
        "const done = arguments[arguments.length - 1], shown = document.querySelector("
        f"'{form} pre.answer'); const look = () => shown.textContent.includes('}}') ? done(shown.textContent)"
        " : setTimeout(look, 20); look()"
    )


def test_an_operation_is_tried_with_the_key_of_the_page_and_without_one(url):
    with Chromium() as browser:
        browser.go(url)
        assert '"cause": "addr.no_such_user"' in ask(browser, EXPLAIN)
        assert "key_missing" in ask(browser, LETTERS)
        browser.type("#key", KEY)
        assert '"data": []' in ask(browser, LETTERS)
        browser.go(url)
        assert "key_missing" in ask(browser, LETTERS)  # the key was kept nowhere


@pytest.mark.parametrize(("size", "language", "dark"), [(DESKTOP, "ko", False), (PHONE, "en", True)])
def test_nothing_serious_keeps_anybody_from_reading_it(url, size, language, dark):
    with Chromium(size, language=language, dark=dark) as browser:
        browser.go(f"{url}?lang={language}")
        browser.run("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert browser.troubles() == []
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


def test_it_is_read_without_a_script(url):
    with Chromium(scripts=False) as browser:
        browser.go(f"{url}?lang=en")
        assert "POST /messages" in browser.text() and "requests are sent with curl" in browser.text()
