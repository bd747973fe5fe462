"""S21: logging in by a certificate (EXTERNAL), and certificates that open nothing."""

import base64
import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from attacks.test_binding import BEGIN, Client
from kit.inprocess import KIM, LEE, LOGGED_IN, attack
from kit.revoking import revocation_list
from pyeonji.net.certificates import Certificates, Files, load
from pyeonji.net.clock import SystemClock
from pyeonji.net.personal import Personal, PersonalSettings
from pyeonji.net.stream import Stream
from pyeonji.net.tls import believe, self_signed
from pyeonji.store import directory, logins

CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
SERVICES = ("submission", "imap", "pop3")
NOW = datetime.datetime.fromtimestamp(SystemClock().now_us() // 1_000_000, datetime.UTC)
NO = {"submission": b"535 5.7.8", "imap": b"NO [AUTHENTICATIONFAILED]", "pop3": b"-ERR [AUTH]"}
NOT_OFFERED = {"submission": b"504 5.5.4", "imap": b"l NO ", "pop3": b"-ERR "}


class Issued:
    """A certificate and its key; `issue` makes one that this one has signed."""

    def __init__(
        self, name, signer=None, *, authority=False, emails=(), days=30, usage=ExtendedKeyUsageOID.CLIENT_AUTH
    ):
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signed_by = signer or self
        issuer = subject if signer is None else signer.certificate.subject
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(NOW - datetime.timedelta(days=60))
            .not_valid_after(NOW + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )  # fmt: skip
        if emails:
            names = [x509.RFC822Name(one) for one in emails]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if usage is not None and not authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        self.certificate = builder.sign(signed_by.key, hashes.SHA256())
        self.chain = [self, *(signer.chain if signer is not None and signer.certificate.issuer != issuer else ())]

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def write(self, path):
        path.write_bytes(self.pem)
        return str(path)

    def shown_by(self, folder, more=()):
        """What a client that shows it needs."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        path = folder / f"{id(self)}.pem"
        path.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self.pem + b"".join(one.pem for one in more)
        )  # fmt: skip
        context.load_cert_chain(path)
        return context


ROOT = Issued("root", authority=True)
OTHER_ROOT = Issued("other root", authority=True)


def with_certificates(tmp_path, story, roots=(ROOT,), pinned=(), personal=True, lists=()):
    """Stations whose doors for people ask for certificates."""
    folder = tmp_path / "certificates"
    folder.mkdir(parents=True)
    (folder / "roots.pem").write_bytes(b"".join(one.pem for one in roots))
    entries = tuple(f"{name} {one.write(folder / f'{n}.pem')}" for n, (name, one) in enumerate(pinned))
    for number, octets in enumerate(lists):
        (folder / f"{number}.crl").write_bytes(octets)
    settings = PersonalSettings(
        roots=str(folder / "roots.pem") if roots else "", certificates=entries,
        revoked=tuple(str(folder / f"{number}.crl") for number in range(len(lists))),
    )  # fmt: skip

    async def told(stations):
        whose = Personal(settings) if personal else None
        own = load(Files(*self_signed(tmp_path / "own", ("localhost",), stations.clock.now_us())), personal=whose)
        stations.tls.sni_callback = Certificates((own,), whose)._choose  # as in the context of `asking`
        if whose is not None:
            believe(stations.tls, whose)
        stations.folder = folder
        await story(stations)

    attack(tmp_path, told)


async def come(stations, service, tls):
    """A client that shows a certificate; None when it does not come through the handshake."""
    try:
        return await Client.led_to(service, stations.ports[service], tls)
    except (ssl.SSLError, ConnectionError):
        return None


async def external(client, service, name=""):
    """What is said to EXTERNAL with this name to act as."""
    said = await client.say(BEGIN[service] + b"EXTERNAL\r\n")
    if not said.startswith((b"334 ", b"+ ")):
        return said
    said = await client.say((base64.b64encode(name.encode()) or b"") + b"\r\n")
    if LOGGED_IN[service] in said:
        await client.leave()
    return said


@pytest.mark.parametrize("service", SERVICES)
def test_a_certificate_of_the_authority_logs_in_whoever_it_names(tmp_path, service):
    kim = Issued("Kim", ROOT, emails=("Kim@Here.test",))

    async def story(stations):
        for name in ("", KIM, "KIM@here.test"):
            client = await come(stations, service, kim.shown_by(stations.folder))
            assert b"EXTERNAL" in client.offered
            assert LOGGED_IN[service] in await external(client, service, name)
        client = await come(stations, service, kim.shown_by(stations.folder))
        assert NO[service] in await external(client, service, LEE)
        await stations.logins.attempts.flush()
        kept = stations.home.engine.read_now(logins.attempts, KIM, stations.logins.attempts.secret, 9)
        assert [(one.mechanism, one.outcome, one.attempts) for one in kept] == [("EXTERNAL", "in", 3)]

    with_certificates(tmp_path, story)


@pytest.mark.parametrize("service", SERVICES)
def test_a_single_certificate_is_its_owners_whoever_signed_it(tmp_path, service):
    own = Issued("Kim", usage=None)

    async def story(stations):
        client = await come(stations, service, own.shown_by(stations.folder))
        assert LOGGED_IN[service] in await external(client, service)

    with_certificates(tmp_path, story, roots=(), pinned=((KIM, own),))


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_shows_none_logs_in_as_ever_and_is_offered_nothing(tmp_path, service):
    async def story(stations):
        client = await Client.led_to(service, stations.ports[service])
        assert b"EXTERNAL" not in client.offered
        assert (await external(client, service)).startswith(NOT_OFFERED[service])
        client = await Client.led_to(service, stations.ports[service])
        assert await client.log_in("SCRAM-SHA-256", None)

    with_certificates(tmp_path, story)


REFUSED = {
    "of another authority": lambda: Issued("Kim", OTHER_ROOT, emails=(KIM,)),
    "of nobody but himself": lambda: Issued("Kim", emails=(KIM,)),
    "expired": lambda: Issued("Kim", ROOT, emails=(KIM,), days=-1),
    "for servers": lambda: Issued("Kim", ROOT, emails=(KIM,), usage=ExtendedKeyUsageOID.SERVER_AUTH),
}
NAMELESS = {
    "of nobody here": lambda: Issued("x", ROOT, emails=("nobody@here.test",)),
    "of a disabled account": lambda: Issued("x", ROOT, emails=(LEE,)),
    "of two, without a word who": lambda: Issued("x", ROOT, emails=(KIM, LEE)),
    "with the address in its common name only": lambda: Issued(KIM, ROOT),
    "with what is no address": lambda: Issued("x", ROOT, emails=("kim",)),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("service", SERVICES)
def test_a_certificate_that_cannot_be_believed_does_not_get_through(tmp_path, service, kind):
    async def story(stations):
        client = await come(stations, service, REFUSED[kind]().shown_by(stations.folder))
        assert client is None or client.offered == b""

    with_certificates(tmp_path, story)


@pytest.mark.parametrize("kind", NAMELESS)
def test_a_certificate_that_names_nobody_opens_nothing(tmp_path, kind):
    async def story(stations):
        stations.home.engine.write_now(lambda tx: directory.disable(tx, directory.account(tx, LEE).id, True))
        client = await come(stations, "imap", NAMELESS[kind]().shown_by(stations.folder))
        said = await external(client, "imap")
        assert LOGGED_IN["imap"] not in said
        assert said.startswith(b"l NO")

    with_certificates(tmp_path, story)


def forged(tmp_path, believes):
    """Is somebody let in as Kim by a certificate that the owner of a single certificate has signed for himself?"""
    lee = Issued("Lee", authority=True)
    seen = []

    async def story(stations):
        client = await come(stations, "imap", Issued("x", lee, emails=(KIM,)).shown_by(stations.folder))
        seen.append(client is not None and LOGGED_IN["imap"] in await external(client, "imap"))

    with_certificates(tmp_path, story, pinned=((LEE, lee),), roots=(ROOT, *((lee,) if believes else ())))
    return seen == [True]


def test_what_a_single_certificate_signs_is_nobodys(tmp_path):
    assert not forged(tmp_path, believes=False)


def test_as_an_authority_it_would_speak_for_everybody(tmp_path):
    """Negative control: the same certificate among the authorities."""
    assert forged(tmp_path, believes=True)


def test_without_the_look_at_who_signed_it_would_be_believed(tmp_path, monkeypatch):
    """Negative control."""
    names = Personal.names
    monkeypatch.setattr(Personal, "names", lambda self, chain: names(self, (chain[0], *self._roots)[:2]))
    assert forged(tmp_path, believes=False)


def listed(*taken_back, by=ROOT, signed=None, **facts):
    serials = [one.certificate.serial_number for one in taken_back]
    return revocation_list(by.certificate, (signed or by).key, serials, NOW, **facts)


def lets_in(tmp_path, client, lists, more=(), service="imap"):
    seen = []

    async def story(stations):
        came = await come(stations, service, client.shown_by(stations.folder, more))
        seen.append(came is not None and LOGGED_IN[service] in await external(came, service, KIM))

    with_certificates(tmp_path, story, lists=lists)
    return seen == [True]


TAKEN_BACK, KEPT = Issued("Kim", ROOT, emails=(KIM,)), Issued("Kim", ROOT, emails=(KIM,))
BRANCH = Issued("branch", ROOT, authority=True)
BELOW = Issued("Kim", BRANCH, emails=(KIM,))


@pytest.mark.parametrize("service", SERVICES)
def test_a_certificate_that_was_taken_back_opens_nothing(tmp_path, service):
    assert not lets_in(tmp_path, TAKEN_BACK, (listed(TAKEN_BACK),), service=service)


@pytest.mark.parametrize("service", SERVICES)
def test_without_the_list_it_would_open_the_account(tmp_path, service):
    """Negative control."""
    assert lets_in(tmp_path, TAKEN_BACK, (), service=service)


@pytest.mark.parametrize(
    ("client", "lists", "good"),
    [
        (KEPT, (listed(TAKEN_BACK),), True),
        (KEPT, (listed(),), True),
        # Where lists are wanted, silence is no word for anybody.
        (KEPT, (listed(by=OTHER_ROOT),), False),
        (KEPT, (listed(days=-1),), False),
        (KEPT, (listed(signed=OTHER_ROOT),), False),  # in the authority's name, not by it
        (KEPT, (listed(part=True),), False),  # says nothing of those it does not name
        (KEPT, (listed(), listed(days=-1)), True),
        # What was taken back stays so.
        (TAKEN_BACK, (listed(TAKEN_BACK, days=-1), listed()), False),
        (TAKEN_BACK, (listed(TAKEN_BACK, part=True), listed()), False),
        # A list of changes is not read, whatever it says.
        (KEPT, (listed(change=True),), False),
        (BELOW, (listed(), listed(by=BRANCH)), True),
        (BELOW, (listed(),), False),
        (BELOW, (listed(BRANCH), listed(by=BRANCH)), False),  # the authority between
    ],
)
def test_every_authority_above_a_certificate_has_to_stand_by_it(tmp_path, client, lists, good):
    assert lets_in(tmp_path, client, lists, more=(BRANCH,) if client is BELOW else ()) is good


def test_where_nobody_asked_for_certificates_none_is_believed(tmp_path):
    async def story(stations):
        kim = Issued("Kim", ROOT, emails=(KIM,))
        client = await come(stations, "imap", kim.shown_by(stations.folder))
        assert b"EXTERNAL" not in client.offered

    with_certificates(tmp_path, story, personal=False)


def test_in_clear_there_is_no_certificate():
    assert Stream().certified == ()
