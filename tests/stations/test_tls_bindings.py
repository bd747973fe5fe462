"""What a login over TLS can be bound to: which certificate was shown, and what the interpreter can do."""

import asyncio
import datetime
import hashlib
import ssl
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from kit.patience import PATIENCE_S
from pyeonji.net.listener import Listener, open_tcp
from pyeonji.net.tls import END_POINT, EXPORTER, bindings, end_point, server_context

HOST = "127.0.0.1"
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def certified(folder, name, algorithm, key=None):
    """(certificate, PEM files) of a name."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(START + datetime.timedelta(days=3650))
        .sign(key, algorithm)
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, files


@pytest.mark.parametrize(
    ("algorithm", "digest"), [(hashes.SHA256(), "sha256"), (hashes.SHA384(), "sha384"), (hashes.SHA512(), "sha512")]
)
def test_a_certificate_is_hashed_as_it_is_signed(tmp_path, algorithm, digest):
    certificate, _ = certified(tmp_path, "a", algorithm)
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert end_point(certificate) == hashlib.new(digest, der).digest()


@pytest.mark.parametrize("weak", [hashes.MD5(), hashes.SHA1()])
def test_a_weak_hash_is_not_used(weak):
    asked = []
    end_point(SimpleNamespace(signature_hash_algorithm=weak, fingerprint=lambda one: asked.append(one.name)))
    assert asked == ["sha256"]


def test_for_ed25519_no_binding_is_defined(tmp_path):
    certificate, files = certified(tmp_path, "a", None, ed25519.Ed25519PrivateKey.generate())
    assert end_point(certificate) == b""
    assert server_context(*files, end_point_alone=True).end_point == b""


async def bound(context, name):
    """What our side of a connection finds when a client asks for this name."""
    found = asyncio.get_running_loop().create_future()

    async def serve(stream):
        found.set_result(dict(stream.bindings))

    socket = open_tcp(HOST, 0)
    listener = Listener(socket, serve, context)
    await listener.start()
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(HOST, socket.getsockname()[1], ssl=anybody, server_hostname=name)
    writer.close()
    try:
        return await asyncio.wait_for(found, PATIENCE_S)
    finally:
        await listener.stop(0.1)


def test_where_a_name_chooses_the_certificate_the_binding_is_that_ones(tmp_path):
    one, files_of_one = certified(tmp_path, "one.test", hashes.SHA256())
    two, files_of_two = certified(tmp_path, "two.test", hashes.SHA384())
    context = server_context(*files_of_one, end_point_alone=True)
    other = server_context(*files_of_two, end_point_alone=True)

    def choose(connection, name, _):
        if name == "two.test":
            connection.context = other

    context.sni_callback = choose
    assert asyncio.run(bound(context, "one.test")) == {END_POINT: end_point(one)}
    assert asyncio.run(bound(context, "two.test")) == {END_POINT: end_point(two)}


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(
    ("known", "version", "is_exported"),
    [(["tls-unique"], "TLSv1.3", False), ([EXPORTER], "TLSv1.3", True), ([EXPORTER], "TLSv1.2", False)],
)
def test_the_exporter_is_used_where_python_has_it(tmp_path, monkeypatch, known, version, is_exported, alone):
    certificate, files = certified(tmp_path, "a", hashes.SHA256())
    monkeypatch.setattr(ssl, "CHANNEL_BINDING_TYPES", known)
    exported = {EXPORTER: b"e" * 32}
    connection = SimpleNamespace(
        version=lambda: version, get_channel_binding=exported.get, context=server_context(*files, end_point_alone=alone)
    )
    expected = exported if is_exported else {}
    if is_exported or alone:
        expected = {**expected, END_POINT: end_point(certificate)}
    assert bindings(connection) == expected
