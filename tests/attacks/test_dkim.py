"""A05-A09: what forgers do with signatures; each with the guard switched off beside it."""

import base64
import hashlib
import re
import time
import tracemalloc

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kit.signed import BODY, LETTER, NOW_S, ZONE, ed25519_key, keys, results, signed, verified, written, zone
from pyeonji.message.header import parse_header
from pyeonji.msgauth.dkim import bodies, field, key, sign, verify
from pyeonji.msgauth.dkim.bodies import Body, BodyDigest
from pyeonji.msgauth.dkim.key import Unusable
from pyeonji.msgauth.dkim.sign import SigningKey
from pyeonji.proto.dns import answer_from

RSA, ED = keys()

# ── A05 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FIRST = BODY[:4]
APPENDED = written(l="4", bh=base64.b64encode(hashlib.sha256(FIRST).digest()).decode()).replace(
    BODY, FIRST + b"\r\n<a href=http://evil.test>win</a>\r\n"
)


def test_what_was_put_behind_the_signed_part_is_not_vouched_for():
    (found,) = verified(APPENDED)
    assert (found.result, found.why) == ("policy", "only 4 of 40 octets of the body are signed")


def test_who_believed_l_would_vouch_for_it(monkeypatch):
    """Negative control."""
    whole = Body.digest
    monkeypatch.setattr(Body, "digest", lambda body, length=None: BodyDigest(whole(body, length).digest, length))
    assert results(APPENDED) == ["pass"]


PUT_IN = [
    b"From: boss@sender.test", b"Subject: pay", b"To: you@here.test", b"Reply-To: evil@evil.test", b"Cc: x@here.test",
    b"Date: Fri, 16 Jan 2027 08:00:00 +0000", b"MIME-Version: 1.0", b"Content-Type: text/html", b"Sender: x@evil.test",
    b"Content-Transfer-Encoding: base64", b"Message-ID: <2@sender.test>", b"References: <3@x>", b"In-Reply-To: <3@x>",
]  # fmt: skip


def put_in(added, letter):
    """Above everything, and just below the signatures: two readers may believe either."""
    at = letter.index(b"From: Kim")
    return added + b"\r\n" + letter, letter[:at] + added + b"\r\n" + letter[at:]


@pytest.mark.parametrize("added", PUT_IN)
def test_no_field_that_counts_can_be_put_into_our_letters(added):
    assert [results(letter) for letter in put_in(added, signed())] == [["fail", "fail"]] * 2


@pytest.mark.parametrize("added", PUT_IN)
def test_signed_only_once_it_could(added, monkeypatch):
    """Negative control."""
    there = tuple(name for name in sign.OVER_SIGNED if parse_header(LETTER).count(name))
    monkeypatch.setattr(sign, "names_signed", lambda header: there)
    assert [results(letter) for letter in put_in(added, signed())] == [["pass", "pass"]] * 2


# ── A06 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

TRICKS = [
    {"s": "e1._domainkey.evil.test.\0.any"},
    {"s": "e1._domainkey.evil.test.\x00", "d": "bank.test"},
    {"d": 'bank.test"@evil.test'},
    {"d": "bank.test(.evil.test"},
    {"d": "bank.test'a.evil.test"},
    {"d": "bank.test\\.evil.test"},
    {"d": "bank.test/evil.test"},
    {"d": "bank.test,evil.test"},
    {"d": "*.test"},
    {"s": "a_b"},
    {"s": "-"},
    {"s": "a..b"},
]


def asked(letter):
    """The names that are asked for, and the results."""
    header = parse_header(letter)
    asking = verify.verify(header, bodies.Bodies(header), NOW_S)
    try:
        return next(asking).name
    except StopIteration as stop:
        return [one.result for one in stop.value]


@pytest.mark.parametrize("tags", TRICKS)
def test_a_name_with_anything_but_letters_digits_and_hyphens_is_never_asked_for(tags):
    assert asked(written(**tags)) == ["permerror"]


@pytest.mark.parametrize("tags", TRICKS)
def test_a_lax_reader_would_ask_for_it(tags, monkeypatch):
    """Negative control: as espoofer's a3 and a4 do it, the forger's own key is asked for in another's name."""
    monkeypatch.setattr(field, "domain_of", lambda text, tag="": text)
    monkeypatch.setattr(verify, "tags_of", lambda octets: dict(part.split("=", 1) for part in lax(octets)))
    assert asked(written(**tags)) == f"{tags.get('s', 'e1')}._domainkey.{tags.get('d', 'sender.test')}"


def lax(octets):
    return [part.strip() for part in octets.decode().split(";")]


# ── A07 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PRIMES = {
    512: (0xF774EB5248DB40AF72158370D269A9A5AE658F33FE3B890B93F448B3A5AA3C81,
          0xDE7D6B377936D536243D35702C1EEA1F265974A7CC966F46C6AA7D550101B811),
    768: (0xC1BA985A32B558FD6577BB54AEBCB0AA5CC0FF066BA99D01B7E49F36568A8C29B221713908BA9BD97E318AD63A0EA6E1,
          0xEA197F037FBE296CC5C6BB693BED2520A5FF6BAC89812CA3083F7546BD8E9BF1AFD9A7417865D1F3A4C092C00643D66B),
    1022: (0x7A3C2F7C5A1C09CF55E80F0A6CD7B7E3BBEAC7375AA5C37519B66CD36744F96311D29908F78CE82B62296C5EB38B0B9F5A0E359712C30D933BA047AD2B500E9B,  # noqa: E501
           0x64EC6F088EAB8878E9DCE423690697982E3B45488A1D9A26EABE58B18DD1AB8F486CCAE38767ACB3ED561CB9CF5B80770A4D47120A0994DB6E3A3491F6D6DCF1),
}  # fmt: skip
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 §9.2, SHA-256


class Weak:
    """An RSA key that nobody's library would make any more, with the arithmetic of a textbook."""

    def __init__(self, p, q):
        self.n, self.d = p * q, pow(65537, -1, (p - 1) * (q - 1))
        self.size = (self.n.bit_length() + 7) // 8

    def sign(self, digest):
        padded = b"\x00\x01" + b"\xff" * (self.size - 3 - len(DIGEST_INFO) - 32) + b"\x00" + DIGEST_INFO + digest
        return pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(self.size, "big")

    @property
    def record(self):
        return rsa_record(self.n)


def rsa_record(n, e=65537):
    public = rsa.RSAPublicNumbers(e, n).public_key()
    return "p=" + base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def weak(bits):
    made = Weak(*PRIMES[bits])
    return written(made, a="rsa-sha256"), {("e1._domainkey.sender.test", "TXT"): (made.record,)}


@pytest.mark.parametrize("bits", PRIMES)
def test_a_key_that_can_be_broken_proves_nothing(bits):
    (found,) = verified(*weak(bits))
    assert found.result == "fail"
    assert found.why.endswith("1024 are the least")


@pytest.mark.parametrize("bits", PRIMES)
def test_without_the_least_it_would(bits, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(key, "LEAST_BITS", 0)
    assert results(*weak(bits)) == ["pass"]


OUR_N = RSA.private.public_key().public_numbers().n
COSTLY = [rsa_record((1 << 8_191) + 1), rsa_record((1 << 16_383) + 1), rsa_record(OUR_N, 3 << 2_000 | 1)]


@pytest.mark.parametrize("record", COSTLY, ids=["8192 bits", "16384 bits", "an exponent of 2002 bits"])
def test_a_key_that_costs_is_not_used(record, monkeypatch):
    used = []
    monkeypatch.setattr(key.PublicKey, "good_for", lambda *_: used.append(1))
    letter = written(RSA, a="rsa-sha256")
    where = {("e1._domainkey.sender.test", "TXT"): (record,)}
    assert results(letter, where) == ["permerror"]
    assert not used
    monkeypatch.setattr(key, "MOST_BITS", 1 << 20)
    monkeypatch.setattr(key, "MAX_KEY_TEXT", 1 << 20)
    monkeypatch.setattr(key, "MAX_EXPONENT", 1 << 20)
    verified(letter, where)
    assert used  # negative control: without the limits it would be


def test_sha_1_is_no_proof():
    (found,) = verified(written(a="rsa-sha1"))
    assert (found.result, found.why) == ("fail", "SHA-1 proves nothing any more")


def test_who_believes_sha_1_would_look_for_the_key(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(field, "algorithm_of", lambda tags: "ed25519-sha256")
    assert results(written(a="rsa-sha1")) == ["pass"]


def many(count):
    letter = LETTER
    (made,) = [line + b"\r\n" for line in [signed(by=[ED])[: -len(LETTER)].removesuffix(b"\r\n")]]
    return made * count + letter


@pytest.mark.parametrize(("limit", "looked_at"), [(bodies.MAX_SIGNATURES, 10), (10**6, 20)])
def test_ten_signatures_are_looked_into_and_the_rest_is_neutral(limit, looked_at, monkeypatch):
    """The second row is the negative control: without the limit each of them costs."""
    monkeypatch.setattr(verify, "MAX_SIGNATURES", limit)
    found = results(many(1_000))
    assert (found.count("pass"), found.count("neutral")) == (looked_at, verify.MAX_TOLD - looked_at)


# ── A08 ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("days", "result"), [(30, "fail"), (0, "pass")])
def test_a_letter_that_is_sent_again_a_month_later_is_nobodys(days, result):
    """The second row is the negative control: while it is good, it is."""
    assert results(signed(), now_s=NOW_S + days * 86_400) == [result] * 2


def test_ours_say_to_whom_and_until_when():
    """Sent to others, it still names whom it was for."""
    assert results(signed().replace(b"lee@here.test", b"all@other.test")) == ["fail", "fail"]
    header = parse_header(signed())
    assert all(b" x=" in header.value(one) for one in header.named(b"dkim-signature"))


def test_ours_without_an_end_would_be_good_for_ever(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(sign, "EXPIRES_S", 100 * 366 * 86_400)
    assert results(signed(), now_s=NOW_S + 30 * 86_400) == ["pass", "pass"]


# ── A09 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

MIB = 1 << 20
BOMBS = {
    "white space": (b" \t" * 2_048, 2_560),
    "white space, octet by octet": (b" ", 500_000),
    "blank lines": (b"\r\n" * 2_048, 512),
    "blank lines with white space": (b" \t \r\n" * 1_024, 2_048),
    "half line ends": (b"\r" * 4_096, 512),
    "other half": (b"\n\r" * 2_048 + b"\n", 512),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_body_of_nothing_costs_little_time_and_no_memory(name):
    piece, count = BOMBS[name]
    body = Body("relaxed", range(1, 50))
    tracemalloc.start()
    try:
        for _ in range(100):
            body.feed(piece)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            body.feed(piece)
        grown = tracemalloc.get_traced_memory()[0] - before
        highest = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert grown < 16_384
    assert highest < MIB // 4
    began = time.thread_time()
    for _ in range(count):
        body.feed(piece)
    body.finish()
    assert time.thread_time() - began < 8  # seconds; it takes about one


def test_a_million_blank_lines_that_count_after_all_are_written_in_steps():
    body = Body("relaxed")
    for _ in range(100):
        body.feed(b"\r\n" * 10_000)
    tracemalloc.start()
    try:
        body.feed(b"x")
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    body.finish()
    assert body.digest().length == 2 * 1_000_000 + 3
    assert highest < MIB // 4


def test_a_naive_reader_would_count_white_space_again_and_again():
    """Negative control: the form as the RFC words it, in two expressions."""

    def naive(octets):
        return re.sub(rb"[ \t]+\r\n", b"\r\n", octets)

    def took(octets):
        began = time.thread_time()
        naive(octets)
        return time.thread_time() - began

    # Twice as much takes four times as long.
    assert took(b" " * 6_000) > 2.5 * took(b" " * 3_000)


def test_an_eleventh_hour_key_record_is_read_to_a_limit():
    """A name with very many records is one with none, not a thousand keys to try; the second line is the control."""
    ed = zone(SigningKey("sender.test", "e1", ed25519_key()))["e1._domainkey.sender.test", "TXT"][0]
    with pytest.raises(Unusable, match="there are 10 keys"):
        key.key_in((ed,) * 10_000, "ed25519-sha256")
    assert key.key_in((ed,), "ed25519-sha256").bits == 256


def test_the_zone_of_these_tests_has_keys():
    assert answer_from(ZONE, key.key_of("e1", "sender.test", "ed25519-sha256")).bits == 256
