"""Six letters whose pages must say where they are, why, who must act and what next; the sixth was never handed in.

The lab is in this process, in a loop of its own thread; a browser asks it like any other.
"""

import asyncio
import contextlib
import secrets
import threading

from kit.chromium import ENTER
from kit.site import PASSWORD, START_US, WebSite
from kit.stored import letter, relaying, take
from lab.kit import hand_in, lab
from pyeonji.journey.event import Connected, Deferred, Failed, Refused
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.board.post import BySendmail, ResetLetter, sendmail_command
from pyeonji.lab.play import settled
from pyeonji.lab.roster import place_of
from pyeonji.net.listener import open_tcp
from pyeonji.store import allowed, apps, journey
from pyeonji.store.accept import SessionRef, record
from pyeonji.store.allowed import Allowed
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
            paths["waiting"] = await _path(world, WRITER, "overfull@3ban.test")  # for longer than any test
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
        thread.join()
        loop.close()


async def _never_called(folder):
    """A server of its own, where an application has an account and has called, but not for this letter."""
    site = WebSite(folder / "site")
    site.clock.push(3 * 86_400)
    board = site.home.engine.write_now(apps.add, "board", site.people["kim@a.test"], START_US)
    busy(site)
    called = {"at": site.clock.now_us() - 7_200_000_000, "id": board}
    site.home.engine.write_now(lambda tx: tx.run("UPDATE app SET used_us = :at WHERE id = :id", called))
    sock = open_tcp("127.0.0.1", 0)
    stop = await serve_app(sock, site.app)

    async def end():
        await stop()
        site.home.close()

    return f"http://localhost:{sock.getsockname()[1]}/?q=minji@elsewhere.test", end


def busy(site):
    """Something to see on each page of its administrator."""
    now = site.clock.now_us()
    for at, reply in enumerate(
        ("450 4.7.1 Greylisted", "451 4.4.3 no answer", "550 5.1.1 No such user", "554 xyzzy 17")
    ):
        number = take(site.home, letter(relaying(f"reader{at}@b.test"), at_us=now - 3_600_000_000)).number
        kind = Deferred(now, 1, reply, "", now + 60_000_000, "mx.b.test", "rcpt")
        if reply[0] == "5":
            kind = Failed(now, 1, reply, "" if "xyzzy" in reply else "addr.no_such_user", "mx.b.test", "data")
            site.home.engine.write_now(decided, number)
        site.home.engine.write_now(record, None, number, now, (kind,))
    peer = SessionRef(4711, now, "smtp", "192.0.2.9:4321")
    refused = (Connected(now, "in", "smtp", peer.peer), Refused(now, "550 5.7.1 listed", "dnsbl", "kim@a.test"))
    site.home.engine.write_now(record, peer, 0, now, refused)
    for who in ("kim@a.test", "boss@a.test"):
        row = Allowed(site.people[who], "news@shop.test", "192.0.2.0/24", now)
        site.home.engine.write_now(allowed.add, row)


def decided(tx, number):
    tx.run("UPDATE recipient SET state = 'bounced' WHERE message_id = :id", {"id": number})


def signed_in(browser, url, login="kim@a.test"):
    """At the server of this page."""
    browser.go(f"{url.partition('/?')[0]}/signin?lang=en")
    if "/signin" in browser.url:
        browser.type("#login", login)
        browser.type("#password", PASSWORD)
        browser.press(ENTER)  # a tap is not driven on a telephone that runs no script
        browser.wait_for("form[action='/signout']")


async def _path(world, author, reader):
    number = await handed_in(world, author, reader)
    home = world.nodes[place_of(author).domain].home
    await settled(home, number, SECONDS, until_tried=reader.startswith(("greylist@", "overfull@")))
    return f"/j/{written(number)}"


async def handed_in(world, author, reader):
    """At the server of its author, who may be one whom nobody has an account for: then by its sendmail."""
    if author == WRITER:
        return await hand_in(world, author, reader)
    letter = ResetLetter(reader, secrets.token_hex(4), "비밀번호 찾기", "여기를 누르세요\n", author)
    home = world.nodes[BOARD].home
    await BySendmail(sendmail_command(), home.data).hand_in(letter)
    (number,) = await home.engine.read(journey.with_message_id, letter.message_id)
    return number


async def _at_the_reader(world, author, reader):
    """The same letter where it lies, as whoever it is for sees it."""
    place = place_of(reader)
    (number,) = await world.nodes[place.domain].home.engine.read(journey.with_address, reader)
    return f"/j/{written(number)}?as={reader}"
