"""Chains of hops that hand a letter on, each with a key of its own (s._domainkey.hopN.test)."""

from functools import cache

from kit.signed import NOW_S, body_digest, rsa_key, signed, zone
from pyeonji.message.header import parse_header
from pyeonji.msgauth.arc.seal import seal
from pyeonji.msgauth.arc.validate import validate
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.sign import SigningKey
from pyeonji.proto.dns import answer_from


def key_of_hop(number, domain=None):
    return SigningKey(domain or f"hop{number}.test", "s", rsa_key())


def hop(letter, number, chain, domain=None, dmarc="pass"):
    """The letter as this hop hands it on; `chain` and `dmarc` are what it found."""
    header = parse_header(letter)
    key = key_of_hop(number, domain)
    results = f"{key.domain}; spf=pass smtp.mailfrom=sender.test; dmarc={dmarc}; arc={chain}".encode()
    return seal(header, body_digest(letter[header.body :]), key, NOW_S, results, chain) + letter


@cache
def chain_of(hops):
    return hop(chain_of(hops - 1), hops, "pass" if hops > 1 else "none") if hops else signed()


def zone_of(hops):
    return zone(*(key_of_hop(number) for number in range(1, hops + 1)))


def ours(letter):
    """Its header and its body's digests."""
    header = parse_header(letter)
    bodies = Bodies(header)
    bodies.feed(letter[header.body :])
    bodies.finish()
    return header, bodies


def checked(letter, where, now_s=NOW_S):
    header, bodies = ours(letter)
    return answer_from(where, validate(header, bodies, now_s))
