"""A real directory: Debian's slapd, over LDAPS and StartTLS, searched and bound to."""

import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from kit.patience import PATIENCE_S
from kit.server import until
from pyeonji.directory import ldap as module
from pyeonji.directory.ldap import Ldap, LdapSettings, Silent
from pyeonji.directory.newcomers import may_be_called

pytestmark = pytest.mark.interop
HOST = "localhost"
CONFIG = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/chain.pem
TLSCertificateKeyFile {folder}/key.pem
security simple_bind=128
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=here,dc=test"
rootdn "cn=admin,dc=here,dc=test"
rootpw admin
directory {folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,dc=here,dc=test" read by anonymous auth by * none
"""
PEOPLE = """
dn: dc=here,dc=test
objectClass: dcObject
objectClass: organization
o: here
dc: here

dn: cn=reader,dc=here,dc=test
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: may read

dn: uid=park,dc=here,dc=test
objectClass: inetOrgPerson
uid: park
cn: Park
sn: Park
mail: park@here.test
userPassword: 열려라 참깨

dn: uid=star,dc=here,dc=test
objectClass: inetOrgPerson
uid: st*r
cn: Star
sn: Star
mail: st*r@here.test
userPassword: twinkle
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Slapd:
    def __init__(self, folder, program):
        self.folder = folder
        authority = trustme.CA()
        certificate = authority.issue_cert(HOST)
        (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
        (folder / "chain.pem").write_bytes(b"".join(one.bytes() for one in certificate.cert_chain_pems))
        (folder / "key.pem").write_bytes(certificate.private_key_pem.bytes())
        (folder / "db").mkdir()
        (folder / "password").write_text("may read\n")
        (folder / "slapd.conf").write_text(CONFIG.format(folder=folder, schema="/etc/ldap/schema"))
        add = [str(Path(program).with_name("slapadd")), "-f", str(folder / "slapd.conf")]
        subprocess.run(add, input=PEOPLE, text=True, check=True, capture_output=True, timeout=PATIENCE_S)
        self.clear, self.encrypted = free_port(), free_port()
        urls = f"ldap://{HOST}:{self.clear}/ ldaps://{HOST}:{self.encrypted}/"
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [program, "-d", "0", "-h", urls, "-f", str(folder / "slapd.conf")], stdout=self.log, stderr=self.log
        )
        until(lambda: self.answers())

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.encrypted), 1):
            return True
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.log.close()

    def settings(self, **facts):
        facts = {
            "url": f"ldaps://{HOST}:{self.encrypted}", "base": "dc=here,dc=test",
            "bind_dn": "cn=reader,dc=here,dc=test", "bind_password_file": str(self.folder / "password"),
            "roots": str(self.folder / "ca.pem"), "patience": timedelta(seconds=20), **facts,
        }  # fmt: skip
        return LdapSettings(**facts)


@pytest.fixture(scope="module")
def slapd():
    from shutil import which

    program = which("slapd") or ("/usr/sbin/slapd" if os.access("/usr/sbin/slapd", os.X_OK) else None)
    if program is None:
        pytest.skip("slapd is not installed")
    with tempfile.TemporaryDirectory() as folder:  # a short path, outside of what only pytest may read
        server = Slapd(Path(folder), program)
        yield server
        server.stop()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(module, "NO_TAKES_S", 0.0)


def knows(settings, login, password):
    try:
        return asyncio.run(Ldap(settings).knows(login, password))
    except Silent as error:
        return str(error)


@pytest.mark.parametrize("how", ["ldaps", "ldap"])
def test_a_password_of_a_real_directory_is_good_and_another_is_not(slapd, how):
    settings = slapd.settings(**({} if how == "ldaps" else {"url": f"ldap://{HOST}:{slapd.clear}"}))
    found = [
        knows(settings, login, password)
        for login, password in (
            ("park@here.test", "열려라 참깨"), ("PARK@here.test", "열려라 참깨"), ("park@here.test", "wrong"),
            ("park@here.test", ""), ("nobody@here.test", "열려라 참깨"),
        )
    ]  # fmt: skip
    assert found == [True, True, False, False, False]


def test_a_name_with_the_signs_of_a_filter_is_itself_and_nobody_else(slapd):
    settings = slapd.settings(filter="(&(uid={local})(mail={address}))")
    assert knows(settings, "st*r@here.test", "twinkle") is True
    for login in ("*", "*@here.test", "park*@here.test", "x)(|(uid=*", "park)(mail=*))(|(a=b@here.test"):
        assert knows(settings, login, "열려라 참깨") is False


def test_a_reader_that_is_not_let_in_and_a_certificate_of_another_are_told(slapd, tmp_path):
    (tmp_path / "wrong").write_text("no")
    assert "bind_dn is not let in: 49" in knows(
        slapd.settings(bind_password_file=str(tmp_path / "wrong")), "park@here.test", "열려라 참깨"
    )
    assert "certificate verify failed" in knows(slapd.settings(roots=""), "park@here.test", "열려라 참깨")
    other = f"ldaps://127.0.0.1:{slapd.encrypted}"
    assert "certificate verify failed" in knows(slapd.settings(url=other), "park@here.test", "열려라 참깨")


def test_a_real_directory_takes_wide_letters_for_others_and_we_make_no_account_of_them(slapd):
    """Why `may_be_called` is asked: uid is compared by what RFC 4518 makes of it."""
    wide = "ｐａｒｋ@here.test"
    assert knows(slapd.settings(filter="(uid={local})"), wide, "열려라 참깨") is True
    assert not may_be_called(wide)
    assert may_be_called("park@here.test")
