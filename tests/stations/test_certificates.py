"""Which certificate a client is shown, and what happens to those that are connected when there is a new one."""

import asyncio
import contextlib
import datetime
import ssl
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from kit.certified import certified, put
from kit.revoking import revocation_list
from pyeonji.catalog.cli import say
from pyeonji.config.load import default
from pyeonji.config.model import TlsSettings
from pyeonji.daemon.certificate import Watch, shown_by
from pyeonji.net.certificates import BadCertificate, Files, load
from pyeonji.net.clock import PushedClock
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.tls import self_signed
from pyeonji.relay.settings import RelaySettings

HOST = "127.0.0.1"
NOW_US = round(datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC).timestamp() * 1_000_000)


def watching(tmp_path, *more, clock=None):
    settings = replace(default(tmp_path), tls=TlsSettings(more=tuple(map(str, more))))
    return Watch(settings, clock or PushedClock(NOW_US))


@contextlib.asynccontextmanager
async def serving(watch):
    """A listener that says back what it hears; yields `connect(name)`."""

    async def echo(stream):
        while octets := await stream.read():
            await stream.write(octets)

    sock = open_tcp(HOST, 0)
    listener = Listener(sock, echo, watch.certificates.context)
    await listener.start()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opened = []

    async def connect(name, context=context):
        reader, writer = await asyncio.open_connection(*sock.getsockname(), ssl=context, server_hostname=name)
        opened.append(writer)
        return reader, writer

    try:
        yield connect
    finally:
        for writer in opened:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
        await listener.stop(0)


def serial(writer):
    return x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(True)).serial_number


ASKED = [
    ("a.test", 1), ("A.Test", 1), ("b.test", 2), ("mail.b.test", 2), ("x.mail.b.test", 1), ("c.test", 1), ("", 1),
    ("xn--9l4b91s.test", 3),
]  # fmt: skip


def test_who_asks_for_a_name_gets_its_certificate(tmp_path):
    one = put(tmp_path / "one.pem", certified(["a.test"], serial=1))
    two = put(tmp_path / "two.pem", certified(["b.test", "*.b.test"], serial=2))
    folder = tmp_path / "three"
    folder.mkdir()
    for name, octets in zip(("fullchain.pem", "privkey.pem"), certified(["xn--9l4b91s.test"], serial=3), strict=True):
        (folder / name).write_bytes(octets)

    async def ask():
        async with serving(watching(tmp_path, one, two, folder)) as connect:
            return [serial((await connect(name))[1]) for name, _ in ASKED]

    assert asyncio.run(ask()) == [number for _, number in ASKED]


def test_of_two_for_one_name_the_one_that_lasts_longest_is_shown(tmp_path):
    """What was left behind by an earlier configuration does not hide what is good."""
    paths = [
        put(tmp_path / f"{name}.pem", certified(["a.test"], until=until))
        for name, until in (("a", EXPIRED), ("b", None), ("c", EXPIRED))
    ]
    assert watching(tmp_path, *paths).certificates.of("a.test").files.chain == paths[1]


def test_a_new_certificate_is_for_new_connections_and_harms_no_old_one(tmp_path):
    path = put(tmp_path / "a.pem", certified(["a.test"], serial=1))

    async def renew():
        clock = PushedClock(NOW_US)
        watch = watching(tmp_path, path, clock=clock)
        await watch.start()
        async with serving(watch) as connect:
            reader, writer = await connect("a.test")
            put(path, certified(["a.test"], serial=2))
            (old,) = watch.certificates.shown
            while watch.certificates.shown == (old,):
                clock.push(10)
                await asyncio.sleep(0)
            writer.write(b"still here")
            assert await reader.readexactly(10) == b"still here"
            assert [serial(writer), serial((await connect("a.test"))[1])] == [1, 2]
        await watch.stop()

    asyncio.run(renew())


def locked(names):
    key = ec.generate_private_key(ec.SECP256R1())
    return certified(names, key=key)[0], key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    )


EXPIRED = datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC)
BAD = {
    "tls.no_certificate": lambda: (b"", certified(["a.test"])[1]),
    "tls.no_key": lambda: (certified(["a.test"])[0], b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
    "tls.other_key": lambda: (certified(["a.test"])[0], certified(["a.test"])[1]),
    "tls.expired_already": lambda: certified(["a.test"], until=EXPIRED),
}


@pytest.mark.parametrize("key", BAD)
def test_a_bad_new_certificate_is_refused_in_one_sentence_and_the_old_one_stays(tmp_path, key, capsys):
    path = put(tmp_path / "a.pem", certified(["a.test"], serial=1))
    watch = watching(tmp_path, path)
    (old,) = watch.certificates.shown
    put(path, BAD[key]())
    watch.look()
    watch.look()  # it is said once
    assert watch.certificates.shown == (old,)
    assert watch.problem.key == watch.told()["certificate_problem"]["key"] == key
    assert capsys.readouterr().err.count("\n") == 1
    for language in ("ko", "en"):
        assert str(path) in say(language, key, **watch.problem.slots)
    put(path, certified(["a.test"], serial=2))
    watch.look()
    assert (watch.problem, len(watch.certificates.shown)) == (None, 1)
    assert watch.certificates.shown != (old,)


def test_a_file_that_is_gone_is_told_too(tmp_path):
    path = put(tmp_path / "a.pem", certified(["a.test"]))
    watch = watching(tmp_path, path)
    path.unlink()
    watch.look()
    assert watch.problem.key == "tls.unreadable"


def test_a_key_with_a_password_is_no_key_for_a_server(tmp_path):
    with pytest.raises(BadCertificate) as bad:
        load(Files(*[put(tmp_path / "a.pem", locked(["a.test"]))] * 2))
    assert bad.value.key == "tls.no_key"


def test_what_expired_before_the_start_does_not_keep_mail_away(tmp_path):
    path = put(tmp_path / "a.pem", certified(["a.test"], until=EXPIRED))
    assert watching(tmp_path, path).told()["certificates"][0]["names"] == ["a.test"]


def test_without_any_certificate_one_is_made_and_stays(tmp_path):
    (first,), (second,) = (shown_by(default(tmp_path), NOW_US) for _ in range(2))
    assert (first.fingerprint, first.names) == (second.fingerprint, ("localhost",))


def old_version():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def weak_ciphers(names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(names)
    return context


OLD = {
    "TLS 1.1": (old_version, False),
    "no forward secrecy": (lambda: weak_ciphers("AES128-GCM-SHA256:AES256-SHA"), False),
    "ciphers that are not authenticated": (lambda: weak_ciphers("ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"), False),
    "TLS 1.2 as it should be": (lambda: weak_ciphers("ECDHE+AESGCM"), True),  # the control
}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("name", OLD)
def test_what_is_weak_is_not_spoken(tmp_path, name):
    make, good = OLD[name]
    context = make()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def try_it():
        async with serving(watching(tmp_path, put(tmp_path / "a.pem", certified(["a.test"])))) as connect:
            try:
                await connect("a.test", context)
            except (ssl.SSLError, ConnectionError):
                return False
            return True

    assert asyncio.run(try_it()) is good


# ── one of our own making ──


def test_one_of_our_own_that_runs_out_is_made_anew_with_the_same_key(tmp_path):
    def made(days):
        chain, key = self_signed(tmp_path, ("a.test",), NOW_US + days * 86_400_000_000)
        return load(Files(chain, key)), key.read_bytes()

    first, key = made(0)
    assert made(700)[0].fingerprint == first.fingerprint
    again, same = made(800)  # of 825
    assert again.fingerprint != first.fingerprint
    assert (again.until_s > first.until_s, same) == (True, key)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".new"] == []
    assert made(900)[0].fingerprint == again.fingerprint
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


# ── a worker that begins while they are bad ──


def test_whoever_begins_while_they_are_bad_shows_what_was_good(tmp_path):
    path = put(tmp_path / "a.pem", certified(["a.test"], serial=1))
    settings = replace(default(tmp_path), tls=TlsSettings(more=(str(path),)))
    spare = shown_by(settings, NOW_US)
    path.write_bytes(b"nothing")
    watch = Watch(settings, PushedClock(NOW_US), spare)

    async def ask():
        async with serving(watch) as connect:
            found = [serial((await connect("a.test"))[1])]
            put(path, certified(["a.test"], serial=2))
            watch.look()
            return [*found, serial((await connect("a.test"))[1])]

    assert watch.told()["certificate_problem"]["key"] == "tls.no_certificate"
    assert asyncio.run(ask()) == [1, 2]
    assert watch.problem is None


def test_without_anything_good_it_does_not_begin(tmp_path):
    """Negative control: what was so for every worker."""
    path = tmp_path / "a.pem"
    path.write_bytes(b"nothing")
    with pytest.raises(BadCertificate):
        watching(tmp_path, path)


# ── lists of certificates that were taken back ──


def test_a_new_list_is_read_while_the_server_runs_and_a_bad_one_is_told(tmp_path, capsys):
    pem, key = certified(["ca.test"])
    authority, private = x509.load_pem_x509_certificate(pem), load_pem_private_key(key, None)
    now = datetime.datetime.fromtimestamp(NOW_US // 1_000_000, datetime.UTC)
    path = tmp_path / "list.crl"

    def taken_back():
        return watch.revoked.any_of((authority, authority), NOW_US) is not None

    def write(octets):
        path.with_suffix(".new").write_bytes(octets)
        path.with_suffix(".new").rename(path)
        watch.look()

    path.write_bytes(revocation_list(authority, private, [], now))
    settings = replace(default(tmp_path / "data"), relay=RelaySettings(revoked=(str(path),)))
    watch = Watch(settings, PushedClock(NOW_US))
    assert not taken_back()
    write(revocation_list(authority, private, [authority.serial_number], now))
    assert taken_back()
    write(b"nothing")
    assert taken_back()  # what was good stays
    assert watch.problem is not None
    assert watch.problem.key == "tls.no_revoked"
    assert "no list of revoked certificates" in capsys.readouterr().err
    for language in ("en", "ko"):
        assert str(path) in say(language, watch.problem.key, **watch.problem.slots)
