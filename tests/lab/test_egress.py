"""Nothing leaves the machine: whatever the DNS of the lab says, nobody outside loopback is dialled."""

import asyncio
import socket
from pathlib import Path

import pytest

from kit.patience import PATIENCE_S
from lab.kit import hand_in, in_lab, state_of
from pyeonji.journey.event import Deferred, Failed
from pyeonji.lab.play import events_of
from pyeonji.lab.world import World
from pyeonji.net import http
from pyeonji.relay import opening
from pyeonji.store.webhooks import Secrets
from pyeonji.webhooks.sending import Answer, Sender

OUTSIDE = "8.8.8.8"  # one that the courier would dial; nobody really does here
HOST = "mx.outside.test"


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where the courier wanted to go; only loopback is really dialled."""
    found: list[tuple[str, int]] = []
    really = opening.dial

    async def dial(host: str, port: int, **facts: object) -> object:
        found.append((host, port))
        if not host.startswith("127."):
            raise OSError("a test dials nobody outside")
        return await really(host, port, **facts)

    monkeypatch.setattr(opening, "dial", dial)
    return found


def lure(world: World) -> None:
    """A domain whose servers are elsewhere, by name, by a second name for loopback, and by number."""
    world.dns.zone["outside.test"] = {"MX": [f"10 {HOST}.", "20 mx.1ban.test."]}
    world.dns.zone[HOST] = {"A": [OUTSIDE, "127.0.0.1"]}
    world.dns.zone["mx.1ban.test"] = {"A": [OUTSIDE]}


async def sent(world: World) -> list[object]:
    lure(world)
    number = await hand_in(world, "chulsoo@1ban.test", "minsu@outside.test")
    await state_of(world, "1ban.test", number, 1.0)
    return [one for one in await events_of(world.nodes["1ban.test"].home, number) if isinstance(one, Deferred | Failed)]


def test_nobody_outside_is_dialled_whatever_the_dns_says(tmp_path: Path, dialled: list[tuple[str, int]]):
    async def talk(world: World) -> None:
        assert await sent(world)
        assert {host for host, _ in dialled} <= {"127.0.0.1"}

    in_lab(tmp_path, talk)


def test_without_the_route_of_the_lab_somebody_would_be(tmp_path: Path, dialled: list[tuple[str, int]]):
    """The negative control: the same letter with the guard switched off."""

    async def talk(world: World) -> None:
        opener = world.nodes["1ban.test"].queue_manager._courier.courier._opener
        opener._route = lambda host, address, port: (address, port)
        await sent(world)
        assert (OUTSIDE, 25) in dialled

    in_lab(tmp_path, talk)


async def posted(world: World, url: str) -> Answer:
    return await world.nodes["board.test"].sender.send(
        url, Secrets("whsec_" + "A" * 40, "", 0), "evt", b"{}", 0, inside=True
    )


def test_no_webhook_leaves_it_whatever_address_is_written_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found: list[str] = []

    async def dial(host: str, port: int, **facts: object) -> object:
        found.append(host)
        raise OSError("a test dials nobody")

    monkeypatch.setattr(http, "dial", dial)

    async def talk(world: World) -> None:
        assert "not in the lab" in (await posted(world, f"http://{OUTSIDE}:80/hook")).said
        assert found == []
        await posted(world, "http://127.0.0.1:9/hook")
        assert found == ["127.0.0.1"]
        world.nodes["board.test"].sender = Sender(world.nodes["board.test"].resolver)  # the negative control
        await posted(world, f"http://{OUTSIDE}:80/hook")
        assert found == ["127.0.0.1", OUTSIDE]

    in_lab(tmp_path, talk)


def test_every_port_of_the_lab_is_on_one_address_only(tmp_path: Path):
    """127.0.0.2 is this machine, too: whoever listened everywhere would answer there."""

    def answers(host: str, port: int) -> bool:
        try:
            socket.create_connection((host, port), timeout=PATIENCE_S).close()
        except OSError:
            return False
        return True

    async def talk(world: World) -> None:
        ports = {entry["port"] for entry in world.listeners()}
        assert len(ports) > 40
        heard = [port for port in ports if await asyncio.to_thread(answers, "127.0.0.1", port)]
        assert set(heard) == ports
        assert [port for port in ports if await asyncio.to_thread(answers, "127.0.0.2", port)] == []

    in_lab(tmp_path, talk)
