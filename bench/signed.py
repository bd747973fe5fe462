"""signed.py [OCTETS] [TIMES]: what signing and verifying a letter costs by DKIM, in ms of CPU.

The keys are known, and the DNS answers from a dict: what a resolver costs is another figure.
"""

import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from pyeonji.message.author import author
from pyeonji.message.header import parse_header
from pyeonji.msgauth.dkim.bodies import Bodies, Body
from pyeonji.msgauth.dkim.sign import SigningKey, record, signature
from pyeonji.msgauth.dkim.verify import verify
from pyeonji.msgauth.dmarc.evaluate import evaluate
from pyeonji.msgauth.spf.evaluate import check
from pyeonji.proto.dns import answer_from

NOW_S = 1_800_000_000
HEADER = (
    b"From: Kim <kim@sender.test>\r\nTo: lee@here.test\r\nSubject: lunch\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
    b"Message-ID: <1@sender.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
)
LINE = "점심 같이 먹자, let us have lunch together, what about half past twelve?\r\n".encode()


def main(octets: int, times: int) -> None:
    letter = HEADER + LINE * (octets // len(LINE))
    rsa_key = SigningKey("sender.test", "r", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    ed_key = SigningKey("sender.test", "e", ed25519.Ed25519PrivateKey.generate())
    zone = {(f"{k.selector}._domainkey.{k.domain}", "TXT"): (record(k.private),) for k in (rsa_key, ed_key)}

    def signed(*keys: SigningKey) -> bytes:
        header = parse_header(letter)
        body = Body("relaxed")
        body.feed(letter[header.body :])
        body.finish()
        digest = body.digest()
        assert digest is not None
        return b"".join(signature(header, digest.digest, key, NOW_S) for key in keys) + letter

    def verified(octets: bytes) -> None:
        header = parse_header(octets)
        bodies = Bodies(header)
        bodies.feed(octets[header.body :])
        bodies.finish()
        assert {found.result for found in answer_from(zone, verify(header, bodies, NOW_S))} == {"pass"}

    def judged(octets: bytes) -> None:
        """SPF, DKIM and DMARC of one letter."""
        header = parse_header(octets)
        bodies = Bodies(header)
        bodies.feed(octets[header.body :])
        bodies.finish()
        spf = answer_from(zone, check("192.0.2.1", "kim@sender.test", "mx.sender.test", "mx.here.test", NOW_S))
        dkim = answer_from(zone, verify(header, bodies, NOW_S))
        dmarc = answer_from(zone, evaluate(author(header)[0].domain, spf, dkim))
        assert (spf.result, dmarc.result) == ("pass", "pass")

    zone |= {("sender.test", "TXT"): ("v=spf1 a mx ip4:192.0.2.0/24 -all",)}
    zone |= {("_dmarc.sender.test", "TXT"): ("v=DMARC1; p=reject",), ("sender.test", "A"): ("192.0.2.9",)}
    both = signed(rsa_key, ed_key)
    one = signed(rsa_key)
    for name, run in {
        "sign, RSA-2048": lambda: signed(rsa_key),
        "sign, Ed25519": lambda: signed(ed_key),
        "sign, both": lambda: signed(rsa_key, ed_key),
        "verify, RSA-2048": lambda: verified(one),
        "verify, both": lambda: verified(both),
        "SPF, DKIM (both) and DMARC": lambda: judged(both),
    }.items():
        print(f"| {name} | {len(letter)} octets | {took(run, times):.3f} ms |")


def took(run: Callable[[], object], times: int) -> float:
    run()
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times * 1_000


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["10240"])[0]), int((sys.argv[2:] or ["500"])[0]))
