"""`pyeonji clients`."""

import json
import plistlib

import pytest

from kit.stored import NOW
from pyeonji.cli import main
from pyeonji.store import directory
from pyeonji.store.home import open_home


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(directory.add_domain, "a.test", NOW)
    home.close()


def test_the_servers_of_an_address_are_told_in_every_form(data, capsysbinary):
    assert main(["clients", "kim@a.test", "--json"]) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert {one["protocol"] for one in told["servers"]} == {"imap", "pop3", "smtp"}
    for form, begin in (("thunderbird", b"<?xml"), ("outlook", b"<?xml"), ("apple", b"0")):
        assert main(["clients", "kim@a.test", "--format", form]) == 0
        assert capsysbinary.readouterr().out.startswith(begin)
    assert main(["clients", "kim@a.test", "--lang", "ko"]) == 0
    assert main(["clients", "kim@b.test"]) == 1


def test_the_profile_of_the_command_is_signed_by_the_servers_own_certificate(data, capsysbinary):
    from cryptography.hazmat.primitives.serialization import pkcs7

    assert main(["clients", "kim@a.test", "--format", "apple"]) == 0
    octets = capsysbinary.readouterr().out
    assert pkcs7.load_der_pkcs7_certificates(octets)
    start = octets.index(b"<?xml")
    assert plistlib.loads(octets[start : octets.index(b"</plist>") + 8])["PayloadDisplayName"] == "a.test"
