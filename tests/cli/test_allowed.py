"""`pyeonji account allowed` over a real store: what the page of an account shows, and what the intake asks."""

import json

import pytest

from kit.stored import person
from pyeonji.cli import main
from pyeonji.store import allowed
from pyeonji.store.home import open_home

KIM, SHOP = "kim@a.test", "shop@shop.example"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    found = open_home(tmp_path / "data", create=True, synchronous="OFF")
    yield found
    found.close()


@pytest.fixture
def kim(home):
    return person(home, KIM).id


def welcome(home, kim, network="", *, proven=False):
    return home.engine.read_now(lambda tx: allowed.by_whom(tx, [kim], SHOP, network, proven=proven)) == {kim}


def said(capsys, *words):
    code = main(["account", "allowed", *words])
    return code, capsys.readouterr()


def test_who_is_allowed_without_more_is_known_by_dmarc_alone(home, kim, capsys):
    assert said(capsys, "add", KIM, "Shop@Shop.example", "--lang", "en")[0] == 0
    assert welcome(home, kim, proven=True) and not welcome(home, kim, "192.0.2.0/24")


@pytest.mark.parametrize(("ip", "network"), [("192.0.2.7", "192.0.2.0/24"), ("2001:db8::7", "2001:db8::/64")])
def test_who_is_allowed_from_somewhere_is_known_by_that_network_too(home, kim, capsys, ip, network):
    assert said(capsys, "add", KIM, SHOP, "--from", ip)[0] == 0
    assert welcome(home, kim, network) and welcome(home, kim, proven=True) and not welcome(home, kim, "198.51.100.0/24")


def test_they_are_listed_for_people_and_programs_without_their_networks(home, kim, capsys):
    assert "nobody is allowed" in said(capsys, "list", KIM, "--lang", "en")[1].out
    said(capsys, "add", KIM, SHOP, "--from", "192.0.2.7")
    said(capsys, "add", KIM, "bank@bank.example")
    found = json.loads(said(capsys, "list", KIM, "--json")[1].out)
    assert [(one["author"], one["by"]) for one in found] == [("bank@bank.example", "dmarc"), (SHOP, "network")]
    for lang, word in (("ko", "언제부터"), ("en", "SINCE")):
        out = said(capsys, "list", KIM, "--lang", lang)[1].out
        assert SHOP in out and word in out and "192.0.2" not in out


def test_who_is_taken_away_is_welcome_no_more(home, kim, capsys):
    said(capsys, "add", KIM, SHOP)
    assert said(capsys, "remove", KIM, SHOP)[0] == 0
    assert not welcome(home, kim, proven=True)
    code, told = said(capsys, "remove", KIM, SHOP, "--lang", "en")
    assert code == 1 and "is not allowed by kim@a.test" in told.err


@pytest.mark.parametrize(
    ("words", "code"),
    [(("add", "nobody@a.test", SHOP), 1), (("list", "nobody@a.test"), 1), (("add", KIM, "no address"), 2),
     (("add", KIM, SHOP, "--from", "here"), 2)],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(home, kim, capsys, words, code):
    for lang in ("ko", "en"):
        found, told = said(capsys, *words, "--lang", lang)
        assert found == code and told.err.strip() and "Traceback" not in told.err
    assert home.engine.read_now(allowed.of_account, kim) == []


def test_there_is_an_end_of_them(home, kim, capsys, monkeypatch):
    monkeypatch.setattr(allowed, "MAX_ALLOWED", 1)
    assert said(capsys, "add", KIM, SHOP)[0] == 0
    code, told = said(capsys, "add", KIM, "bank@bank.example", "--lang", "en")
    assert code == 1 and "has allowed 1 writers" in told.err
