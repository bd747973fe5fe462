"""Six letters whose pages must say where they are, why, who must act and what next; the sixth was never handed in.

The lab is in this process, in a loop of its own thread; a browser asks it like any other.
"""

import asyncio
import contextlib
import threading

from kit.site import PASSWORD, START_US, WebSite
from lab.kit import hand_in, lab
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.board.post import BySendmail, ResetLetter, sendmail_command
from pyeonji.lab.play import settled
from pyeonji.lab.roster import place_of
from pyeonji.net.listener import open_tcp
from pyeonji.store import apps, journey
from pyeonji.web.server import serve_app

WRITER = "chulsoo@1ban.test"
BOARD = "board.test"
# name: who wrote it and who it goes to; the spam folder has two pages, its writer's and its reader's
CASES = {
    "typo": (WRITER, "nobody@3ban.test"),
    "full-box": (WRITER, "full@3ban.test"),
    "greylist": (WRITER, "greylist@3ban.test"),
    "spf-missing": (f"noreply@{roster.OLD}", "minsu@4ban.test"),
    "spam-folder": (f"noreply@{roster.QUIET}", "bora@4ban.test"),
    "spam-folder-reader": ("", ""),
    "never-called": ("", ""),
}
SECONDS = 20.0  # until a letter has come as far as it will


@contextlib.contextmanager
def six_cases(folder):
    """({case: path of its page}, base url)."""
    started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    paths, base = {}, []

    async def work():
        async with lab(folder) as world:
            base.append(f"http://127.0.0.1:{roster.HTTP + world.offset}")
            for name, (author, reader) in CASES.items():
                if reader:
                    paths[name] = await _path(world, author, reader)
            paths["spam-folder-reader"] = await _at_the_reader(world, *CASES["spam-folder"])
            paths["never-called"], end = await _never_called(folder)
            started.set()
            await stop.wait()
            await end()

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()))
    thread.start()
    try:
        assert started.wait(120), "the lab did not come up"
        yield paths, base[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


async def _never_called(folder):
    """A server of its own, where an application has an account and has called, but not for this letter."""
    site = WebSite(folder / "site")
    site.clock.push(3 * 86_400)
    board = site.home.engine.write_now(apps.add, "board", site.people["kim@a.test"], START_US)
    called = {"at": site.clock.now_us() - 7_200_000_000, "id": board}
    site.home.engine.write_now(lambda tx: tx.run("UPDATE app SET used_us = :at WHERE id = :id", called))
    sock = open_tcp("127.0.0.1", 0)
    stop = await serve_app(sock, site.app)

    async def end():
        await stop()
        site.home.close()

    return f"http://localhost:{sock.getsockname()[1]}/?q=minji@elsewhere.test", end


def signed_in(browser, url):
    """As kim, at the server of this page."""
    browser.go(f"{url.partition('/?')[0]}/signin?lang=en")
    if "/signin" in browser.url:
        browser.type("#login", "kim@a.test")
        browser.type("#password", PASSWORD)
        browser.click("form[action='/signin'] button")
        browser.wait_for("form[action='/signout']")


async def _path(world, author, reader):
    number = await handed_in(world, author, reader)
    home = world.nodes[place_of(author).domain].home
    await settled(home, number, SECONDS, until_tried=reader.startswith("greylist@"))
    return f"/j/{written(number)}"


async def handed_in(world, author, reader):
    """At the server of its author, who may be one whom nobody has an account for: then by its sendmail."""
    if author == WRITER:
        return await hand_in(world, author, reader)
    letter = ResetLetter(reader, reader.partition("@")[0], "비밀번호 찾기", "여기를 누르세요\n", author)
    home = world.nodes[BOARD].home
    await BySendmail(sendmail_command(), home.data).hand_in(letter)
    (number,) = await home.engine.read(journey.with_message_id, letter.message_id)
    return number


async def _at_the_reader(world, author, reader):
    """The same letter where it lies, as whoever it is for sees it."""
    place = place_of(reader)
    (number,) = await world.nodes[place.domain].home.engine.read(journey.with_address, reader)
    return f"/j/{written(number)}?as={reader}"
