"""The pages: complete without a script, nothing unescaped, nothing told to whom it is not meant for."""

import asyncio
import http.client
import re
import shutil
import smtplib
import urllib.parse
from pathlib import Path

import pytest

from kit.patience import PATIENCE_S
from lab.kit import hand_in, in_lab, state_of
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.world import World

EVIL = "<script>alert(1)</script>"


async def get(world: World, path: str, method: str = "GET", body: str = "", **headers: str) -> tuple[int, dict, str]:
    def fetch() -> tuple[int, dict, str]:
        client = http.client.HTTPConnection("127.0.0.1", roster.HTTP + world.offset, timeout=PATIENCE_S)
        try:
            client.request(method, path, body or None, {name.replace("_", "-"): v for name, v in headers.items()})
            answer = client.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            client.close()

    return await asyncio.to_thread(fetch)


async def by_gateway(world: World, message: str, *readers: str) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", roster.SMTP + world.offset, timeout=PATIENCE_S) as client:
            client.sendmail("jerry@example.com", readers, message.encode())

    await asyncio.to_thread(send)


def test_a_page_is_escaped_has_no_script_and_says_so_to_the_browser(tmp_path: Path):
    async def talk(world: World) -> None:
        await by_gateway(world, f"From: jerry@example.com\r\nSubject: {EVIL}\r\n\r\nx\r\n", "john@test.com")
        (number,) = [one.story.id for one in await _front(world) if one.place == roster.GATEWAY]
        await state_of(world, roster.GATEWAY, number)
        for path in ("/", f"/j/{written(number)}", "/?q=john@test.com", f"/?q={urllib.parse.quote(EVIL)}", "/board/"):
            status, headers, page = await get(world, path)
            assert status == 200
            assert "<script>" not in page and "http://www" not in page
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert headers["x-content-type-options"] == "nosniff"
        assert "&lt;script&gt;" in (await get(world, f"/j/{written(number)}"))[2]

    in_lab(tmp_path, talk)


async def _front(world: World):
    from pyeonji.web.archive import Archive

    return await Archive({domain: node.home for domain, node in world.nodes.items()}).latest()


def test_a_letter_is_found_by_whatever_one_knows_of_it_as_on_a_server(tmp_path: Path):
    async def talk(world: World) -> None:
        letter = "From: jerry@example.com\r\nSubject: =?utf-8?B?67mE67CA67KI7Zi4?= 7\r\n\r\nx\r\n"
        await by_gateway(world, letter, "nobody@3ban.test")
        (number,) = [one.story.id for one in await _front(world) if one.place == roster.GATEWAY]
        await state_of(world, roster.GATEWAY, number)
        for query in ("비밀번호", "5.1.1", "550", "addr.no_such_user", "mx.3ban.test", "3ban.test", "nobody@3ban.test",
                      written(number)):  # fmt: skip
            page = (await get(world, f"/?q={urllib.parse.quote(query)}"))[2]
            assert f"/j/{written(number)}" in page, query
        for query in ("5.7.1", "2ban.test", "ban.test"):
            assert f"/j/{written(number)}" not in (await get(world, f"/?q={query}"))[2], query

    in_lab(tmp_path, talk)


def test_what_does_not_exist_is_said_kindly(tmp_path: Path):
    async def talk(world: World) -> None:
        for path in "/j/nonsense", "/j/0000-0000-0001", "/s/x", "/j/%00.json", "/nowhere", "/s/" + "Z" * 99:
            assert (await get(world, path))[0] == 404

    in_lab(tmp_path, talk)


def test_a_hidden_recipient_shows_to_nobody_else(tmp_path: Path):
    async def talk(world: World) -> None:
        message = "From: jerry@example.com\r\nTo: john@test.com\r\nCc: younghee@2ban.test\r\nSubject: x\r\n\r\nx\r\n"
        await by_gateway(world, message, "john@test.com", "younghee@2ban.test", "alice@test.com")
        for number in [one.story.id for one in await _front(world) if one.place == roster.GATEWAY]:
            await state_of(world, roster.GATEWAY, number)
        letters = await _front(world)
        assert len(letters) >= 3
        for one in letters:
            for suffix in ("", ".json"):
                page = (await get(world, f"/j/{written(one.story.id)}{suffix}?as=john@test.com"))[2]
                assert "alice" not in page
                page = (await get(world, f"/j/{written(one.story.id)}{suffix}?as=younghee@2ban.test"))[2]
                assert "alice" not in page
        with_alice = [one for one in letters if "alice@test.com" in {r.address for r in one.story.recipients}]
        assert with_alice
        page = (await get(world, f"/j/{written(with_alice[0].story.id)}?as=jerry@example.com"))[2]
        assert "alice@test.com" in page
        assert (await get(world, f"/j/{written(with_alice[0].story.id)}?as=theboss@test.com"))[0] == 404

    in_lab(tmp_path, talk)


def test_both_languages_are_spoken(tmp_path: Path):
    async def talk(world: World) -> None:
        number = await hand_in(world, "chulsoo@1ban.test", "younghee@2ban.test")
        await state_of(world, "1ban.test", number)
        english = (await get(world, f"/j/{written(number)}?lang=en"))[2]
        korean = (await get(world, f"/j/{written(number)}", accept_language="ko-KR,ko;q=0.9"))[2]
        assert 'lang="en"' in english and "Their server took it" in english
        assert 'lang="ko"' in korean and "상대 서버가 받았어요" in korean

    in_lab(tmp_path, talk)


def test_a_refused_connection_has_a_page(tmp_path: Path):
    async def talk(world: World) -> None:
        def knock() -> None:
            port = world.hosts["mx.test.com"].port
            refused = pytest.raises(smtplib.SMTPRecipientsRefused)
            with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_S) as client, refused:
                client.sendmail("a@elsewhere.test", ["nobody-here@test.com"], b"Subject: x\r\n\r\nx\r\n")

        await asyncio.to_thread(knock)
        for _ in range(100):
            link = re.search(r'href="(/s/[^"]+)"', (await get(world, "/"))[2])
            if link:
                break
            await asyncio.sleep(0.02)
        assert link
        status, _, page = await get(world, link.group(1))
        assert status == 200 and "nobody-here@test.com" in page and "550" in page

    in_lab(tmp_path, talk)


def test_the_pages_are_only_for_this_computer_and_forms_only_from_here(tmp_path: Path):
    async def talk(world: World) -> None:
        form = {"content_type": "application/x-www-form-urlencoded"}
        assert (await get(world, "/", Host="evil.example"))[0] == 403
        assert (await get(world, "/board/", "POST", "email=john@test.com", sec_fetch_site="cross-site", **form))[
            0
        ] == 403
        assert (await get(world, "/board/", "POST", "email=" + "a" * 20_000, **form))[0] == 403
        assert (await get(world, "/readyz"))[0] == (await get(world, "/livez"))[0] == 200

    in_lab(tmp_path, talk)


def test_a_php_that_does_not_start_is_done_without(tmp_path: Path, monkeypatch):
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: real("false") if name == "php" else real(name))

    async def talk(world: World) -> None:
        form = {"content_type": "application/x-www-form-urlencoded"}
        status, headers, _ = await get(world, "/board/", "POST", "email=john@test.com", **form)
        assert status == 303
        assert "편지는 만들어지지 않았어요" not in (await get(world, headers["location"], accept_language="ko"))[2]
        assert [one.story.via for one in await _front(world) if one.place == "board.test"] == ["sendmail"]

    in_lab(tmp_path, talk)


def test_the_board_tells_everybody_the_same_and_shows_what_became_of_the_letter(tmp_path: Path):
    async def talk(world: World) -> None:
        form = {"content_type": "application/x-www-form-urlencoded"}
        sentences = set()
        for email in "john@test.com", "stranger@test.com":
            status, headers, _ = await get(world, "/board/", "POST", f"email={email}", **form)
            assert status == 303
            for _ in range(200):
                page = (await get(world, headers["location"], accept_language="ko"))[2]
                if "stranger" in email or "상대 서버가 받았어요" in page:
                    break
                await asyncio.sleep(0.05)
            neutral = re.search(r"그 주소로 가입되어 있다면[^<]+", page).group()
            code = re.search(r"문의 번호 (\S+)", neutral)[1]
            sentences.add(neutral.replace(code, ""))
            assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code), "of the shape of a receipt number"
            assert page.count(code) >= 2 and f'value="{code}"' in page, "to copy"
            found = (await get(world, f"/?q={code.lower()}", accept_language="ko"))[2]
            assert ("이 문의 번호로는 편지를 만들지 않았어요" in found) is ("stranger" in email)
            assert ("john@test.com" in found) is ("john" in email)
            assert ("편지는 만들어지지 않았어요" in page) is ("stranger" in email)
        assert len(sentences) == 1
        assert (await get(world, "/board/", "POST", "email=a%0d%0aBcc:b@c", **form))[0] == 422

    in_lab(tmp_path, talk)
