"""`pyeonji setup` where it meets no network: answers, the configuration, and what it never says."""

import asyncio

import pytest

from pyeonji.address import parse_address
from pyeonji.cli import machine, main
from pyeonji.cli.answers import Answers, read
from pyeonji.cli.making import Plan, make_store
from pyeonji.cli.out import Out, Problem
from pyeonji.cli.place import now_us
from pyeonji.cli.setup import _show_link
from pyeonji.config.load import default, understood
from pyeonji.net import occupied
from pyeonji.net.listener import open_tcp
from pyeonji.net.outside import NoAnswer, clock_offset_s, greeting
from pyeonji.store import administrators, directory, login_links
from pyeonji.store.home import open_home
from pyeonji.web.signin.sessions import digest_of

KIM = parse_address("kim@board.test")


def plan(tmp_path, **facts):
    return Plan(KIM, "mail.board.test", tmp_path / "data", tmp_path / "pyeonji.toml", **{"ipv6": True} | facts)


@pytest.mark.parametrize(
    "facts", [{}, {"ipv6": False}, {"relay": "relay.test:587"}, {"nameservers": ("127.0.0.1",), "relay": "[::1]:25"}]
)
def test_the_configuration_it_writes_has_no_mistakes(tmp_path, facts):
    settings, mistakes = understood(plan(tmp_path, **facts).text.encode(), default(tmp_path))
    assert mistakes == []
    assert settings.hostname == "mail.board.test"
    assert {one.port for one in settings.listeners} == {25, 587, 465, 993, 80, 443}


def test_the_store_has_an_account_and_the_addresses_everybody_expects_and_keys_once(tmp_path):
    new, keys = make_store(plan(tmp_path), {}, "ko", 1_000_000)
    again, same = make_store(plan(tmp_path), {}, "ko", 2_000_000)
    assert (new, again) == (True, False)
    assert sorted(key.algorithm for key in keys) == ["ed25519-sha256", "rsa-sha256"]
    assert same == keys
    home = open_home(tmp_path / "data", create=False)
    assert home.engine.read_now(directory.credentials, 1) == {}
    for role in ("postmaster", "abuse"):
        assert home.engine.read_now(directory.targets, f"{role}@board.test") == [("kim@board.test", "")]
    home.close()


def test_answers_are_read_and_mistakes_in_them_are_told(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_text('take_over = true\nport25 = "relay"\nrelay = "r.test:25"\n')
    assert read(str(path)) == Answers(take_over=True, port25="relay", relay="r.test:25")
    assert read("") is None
    for text in ("no toml", "password = 'x'", 'take_over = "yes"', 'port25 = "fly"', 'port25 = "relay"'):
        path.write_text(text)
        with pytest.raises(Problem):
            read(str(path))
    assert main(["setup", "kim@board.test", "--answers", str(tmp_path / "none")]) == 2
    assert main(["setup", "no address"]) == 2


def test_who_has_a_port_is_found_by_name():
    sock = open_tcp("0.0.0.0", 0)
    port = sock.getsockname()[1]
    assert occupied.is_taken(port)
    assert any(name.startswith(("python", "pytest")) for name, _ in occupied.holders(port))
    (fact,) = [one for one in machine.ports((port,)) if one.slots["port"] == str(port)]
    assert (fact.verdict, fact.fixer) == ("bad", "you")
    sock.close()
    assert not occupied.is_taken(port)


def test_our_own_server_is_no_obstacle_to_itself(monkeypatch):
    monkeypatch.setattr(occupied, "is_taken", lambda port: True)
    for holders in ([("pyeonji", "")], [("systemd", ""), ("pyeonji", "pyeonji.service")], [("x", "pyeonji.service")]):
        monkeypatch.setattr(occupied, "holders", lambda port, holders=holders: holders)
        assert [fact.key for fact in machine.ports((25,))] == ["port_ours"]
    monkeypatch.setattr(occupied, "holders", lambda port: [])
    assert [fact.key for fact in machine.ports((25,))] == ["port_held"]


@pytest.mark.parametrize(("unit", "key"), [("exim4.service", "port_taken"), ("", "port_held")])
def test_only_a_service_can_be_stopped_for_who_asks_for_it(monkeypatch, unit, key):
    monkeypatch.setattr(occupied, "is_taken", lambda port: True)
    monkeypatch.setattr(occupied, "holders", lambda port: [("exim4", unit)])
    (fact,) = machine.ports((25,))
    assert (fact.key, fact.slots["name"], fact.slots.get("unit", "")) == (key, "exim4", unit)


def test_a_port_that_nobody_has_does_not_greet_and_gives_no_time():
    async def go():
        sock = open_tcp("127.0.0.1", 0)
        port = sock.getsockname()[1]
        sock.close()
        for asking in (greeting("127.0.0.1", port, 2.0), clock_offset_s("127.0.0.1", lambda: 0, 2.0, port=port)):
            with pytest.raises(NoAnswer):
                await asking

    asyncio.run(go())


def test_the_new_account_gets_a_link_to_the_pages_that_is_good_once(tmp_path, capsys):
    here = plan(tmp_path)
    make_store(here, {}, "en", 1)
    _show_link(Out("en"), here)
    said = capsys.readouterr().out
    token = said.rpartition("/signin/link/")[2].strip()
    assert f"https://{here.hostname}/signin/link/{token}" in said
    home = open_home(here.data, create=False)
    try:
        account = home.engine.read_now(directory.account, directory.fold(here.address))
        assert home.engine.read_now(administrators.is_administrator, account.id)
        assert home.engine.write_now(login_links.use, digest_of(token), now_us()) == account.id
        assert home.engine.write_now(login_links.use, digest_of(token), now_us()) == 0
    finally:
        home.close()
