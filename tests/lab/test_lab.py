"""The lab as a whole: real servers, a real DNS, one clock that is pushed."""

import contextlib
from pathlib import Path

import pytest

from lab.kit import NotPlayed, commands, events_of, hand_in, in_lab, state_of
from pyeonji.journey.event import Attempted, Bounced, Deferred, Delivered, Failed, Filed
from pyeonji.lab import roster
from pyeonji.lab.beat import printed
from pyeonji.lab.perform import perform
from pyeonji.lab.run import main
from pyeonji.lab.voice import Voice
from pyeonji.lab.world import NotInTheLab, World, reset
from pyeonji.net.listener import open_tcp
from pyeonji.store import journey

DAY_S = 86_400


async def last(world: World, domain: str, number: int, kind: type) -> list:
    return [event for event in await events_of(world.nodes[domain].home, number) if isinstance(event, kind)]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_opening_scene_comes_true_to_the_last_octet(tmp_path: Path, language: str):
    async def talk(world: World) -> None:
        beats: list = []
        assert (await perform(world, "opening", beats.append)).good
        told = [line for beat in beats for line in printed(beat, Voice(language), str)]
        assert any("queued as" in line for line in told)
        assert not any("\0" in line or "AGplcnJ5" in line for line in told)  # the password is never printed

    in_lab(tmp_path, talk)


def test_broken_servers_are_passed_over_in_the_order_of_their_numbers(tmp_path: Path):
    async def talk(world: World) -> None:
        for broken, taker in ((), "mx1"), (("mx1",), "mx2"), (("mx1", "mx2"), "mx3"):
            for name in broken:
                answer = await commands(world).break_({"host": f"{name}.2ban.test", "how": "off"})
                assert "error" not in answer
            number = await hand_in(world, "chulsoo@1ban.test", "younghee@2ban.test")
            assert await state_of(world, "1ban.test", number) == "done"
            (delivered,) = await last(world, "1ban.test", number, Delivered)
            assert delivered.host == f"{taker}.2ban.test"
        await commands(world).heal({})
        number = await hand_in(world, "chulsoo@1ban.test", "younghee@2ban.test")
        assert await state_of(world, "1ban.test", number) == "done"

    in_lab(tmp_path, talk)


def test_with_every_server_broken_the_letter_waits_and_comes_back_after_five_days(tmp_path: Path):
    async def talk(world: World) -> None:
        await commands(world).break_({"host": "2ban.test"})
        number = await hand_in(world, "chulsoo@1ban.test", "younghee@2ban.test")
        assert await state_of(world, "1ban.test", number, 1.0) == "waiting"
        for _ in range(12):
            await commands(world).warp({"seconds": DAY_S / 2})
            if await state_of(world, "1ban.test", number, 1.0) not in ("waiting", "trying"):
                break
        (failed,) = await last(world, "1ban.test", number, Failed)
        assert failed.cause
        (bounced,) = await last(world, "1ban.test", number, Bounced)
        assert await last(world, "1ban.test", bounced.bounce, Filed)

    in_lab(tmp_path, talk)


NEVER = ("bora@nomail.test", "bora@nowhere.test", *(f"{who}@3ban.test" for who in ("nobody", "full", "spam", "552")))


def test_what_can_never_arrive_comes_back_at_once(tmp_path: Path):
    async def talk(world: World) -> None:
        for reader in NEVER:
            number = await hand_in(world, "chulsoo@1ban.test", reader)
            await state_of(world, "1ban.test", number)
            assert len(await last(world, "1ban.test", number, Failed)) == 1, reader
            assert (await last(world, "1ban.test", number, Bounced))[0].bounce, reader

    in_lab(tmp_path, talk)


def test_a_domain_without_mx_but_with_an_address_gets_its_mail(tmp_path: Path):
    async def talk(world: World) -> None:
        number = await hand_in(world, "chulsoo@1ban.test", "john@plain.test")
        assert await state_of(world, "1ban.test", number) == "done"
        assert (await last(world, "1ban.test", number, Delivered))[0].host == "plain.test"

    in_lab(tmp_path, talk)


def test_trouble_that_may_pass_is_tried_again(tmp_path: Path):
    async def talk(world: World) -> None:
        numbers = {
            who: await hand_in(world, "chulsoo@1ban.test", f"{who}@3ban.test")
            for who in ("greylist", "451", "overfull", "drop")
        }
        for who, number in numbers.items():
            assert await state_of(world, "1ban.test", number, 0.5) == "waiting", who
            assert len(await last(world, "1ban.test", number, Deferred)) == 1, who
        await commands(world).warp({"seconds": 3_600})
        for who, number in numbers.items():
            state = await state_of(world, "1ban.test", number, 2.0 if who == "greylist" else 0.5)
            assert state == ("done" if who == "greylist" else "waiting"), who
            assert len({event.attempt for event in await last(world, "1ban.test", number, Attempted)}) >= 2, who

    in_lab(tmp_path, talk)


def test_nothing_leaves_the_laptop(tmp_path: Path):
    async def talk(world: World) -> None:
        assert world.route("mx.test.com", "127.0.0.1", 25)[0] == "127.0.0.1"
        for host, ip in ("mx.test.com", "192.0.2.1"), ("gmail.com", "127.0.0.1"), ("gmail.com", "192.0.2.1"):
            with pytest.raises(NotInTheLab):
                world.route(host, ip, 25)

    in_lab(tmp_path, talk)


def test_a_letter_to_an_address_outside_waits_and_says_that_nothing_leaves_the_lab(tmp_path: Path):
    async def talk(world: World) -> None:
        number = await hand_in(world, "chulsoo@1ban.test", "x@[127.0.0.1]")
        assert await state_of(world, "1ban.test", number, 1.0) == "waiting"
        (deferred,) = await last(world, "1ban.test", number, Deferred)
        assert deferred.cause == "net.no_answer"
        assert "not in the lab" in deferred.reply

    in_lab(tmp_path, talk)


def test_commands_name_what_they_do_not_know(tmp_path: Path):
    async def talk(world: World) -> None:
        asked = commands(world)
        assert "mx1.2ban.test" in (await asked.break_({"host": "mx9.2ban.test"}))["error"]
        assert "refuse" in (await asked.break_({"host": "mx1.2ban.test", "how": "sad"}))["error"]
        assert "error" in await asked.warp({"seconds": -1})
        assert "error" in await asked.send({"from": "eve@example.com"})
        assert "error" in await asked.send({"to": "a@b>\r\nDATA"})
        assert "error" in await asked.scene({"name": "nothing"})
        services = {entry["service"] for entry in (await asked.status({}))["listeners"] if entry["domain"] is None}
        assert {"smtp", "imap", "pop3", "http", "dns"} <= services

    in_lab(tmp_path, talk)


def test_who_writes_from_elsewhere_is_told_in_the_dialogue(tmp_path: Path):
    async def talk(world: World) -> None:
        with pytest.raises(NotPlayed):
            await hand_in(world, "eve@example.com", "john@test.com")
        assert await world.nodes["example.com"].home.engine.read(journey.latest) == []

    in_lab(tmp_path, talk)


def test_time_does_not_go_back_when_the_lab_is_opened_again(tmp_path: Path):
    async def talk(world: World) -> None:
        await commands(world).warp({"seconds": 5 * DAY_S})
        later = World(world.data).clock.now_us()
        assert abs(later - world.clock.now_us()) < 5_000_000

    in_lab(tmp_path, talk)
    assert World(tmp_path / "lab").clock.now_us() > World(tmp_path / "other").clock.now_us() + 4 * DAY_S * 1_000_000
    reset(tmp_path / "lab")
    assert World(tmp_path / "lab").clock.now_us() < World(tmp_path / "other").clock.now_us() + 1_000_000


def test_a_folder_that_is_no_lab_is_left_alone_by_reset(tmp_path: Path):
    (tmp_path / "nodes").mkdir()
    reset(tmp_path)
    assert (tmp_path / "nodes").is_dir()


def test_a_port_that_is_taken_is_named(tmp_path: Path):
    said: list[str] = []
    for offset in range(7_300, 7_400):
        with contextlib.suppress(OSError), contextlib.closing(open_tcp("127.0.0.1", roster.IMAP + offset)):
            assert main(tmp_path / "lab", once=True, port_offset=offset, language="en", out=said.append) == 1
            if f"{roster.IMAP + offset}" in said[-1]:  # and not one that somebody else has taken
                break
    assert f"{roster.IMAP + offset}" in said[-1]
    assert "--port-offset" in said[-1]


@pytest.mark.parametrize("offset", [-1, 60_000])
def test_ports_that_do_not_exist_are_not_tried(tmp_path: Path, offset: int):
    said: list[str] = []
    assert main(tmp_path / "lab", once=True, port_offset=offset, language="ko", out=said.append) == 2
    assert said and not (tmp_path / "lab").exists()
