"""Is a chain whole (RFC 8617 §5.2)?  Every error is for good, one of the DNS, too (§5.2.1)."""

import hashlib
from dataclasses import dataclass, field

from pyeonji.message.header import Header
from pyeonji.msgauth.arc.chain import SEAL, Broken, Set, has_chain, in_form, sets_of
from pyeonji.msgauth.dkim.bodies import Bodies
from pyeonji.msgauth.dkim.field import (
    Algorithm,
    Malformed,
    algorithm_of,
    base64_of,
    domain_of,
    instant,
    message_signature,
    required,
)  # fmt: skip
from pyeonji.msgauth.dkim.key import PublicKey, Unusable, key_of
from pyeonji.msgauth.dkim.verify import header_digest, without_own
from pyeonji.msgauth.results import NotResults, parse_results
from pyeonji.msgauth.verdict import Arc
from pyeonji.proto.dns import Asking


def validate(header: Header, bodies: Bodies, now_s: int) -> "Asking[Arc]":
    """What the chain is worth.  `bodies` has been fed the whole body."""
    if not has_chain(header):
        return Arc(result="none")
    try:
        sets = sets_of(header)
        _check_said(sets)
        found = _Validation(header, bodies, now_s)
        yield from found.message(sets[-1])
        yield from found.seals(sets)
        oldest = yield from found.oldest(sets)
    except (Broken, Malformed) as error:
        return Arc(result="fail", why=str(error))
    except Unusable as error:
        return Arc(result="fail", why=error.why)
    found_before = tuple(found_of_dmarc(header, one) for one in sets)
    return Arc(result="pass", sealers=tuple(sealer(one) for one in sets), dmarc=found_before, oldest_pass=oldest)


def sealer(one: Set) -> str:
    """Who sealed it; raises Malformed."""
    return domain_of(required(one.seal.tags, "d"))


def found_of_dmarc(header: Header, one: Set) -> str:
    """The result of DMARC in its ARC-Authentication-Results; "" where there is none, or more than one."""
    value = header.value(one.results)
    try:
        results = parse_results(value[value.index(b";") + 1 :]).results  # behind "i=1;"
    except NotResults:
        return ""
    found = [result.result for result in results if result.method == "dmarc"]
    return found[0] if len(found) == 1 else ""


def _check_said(sets: list[Set]) -> None:
    """What each hop says of those before it; raises Broken (§5.2, steps 2 and 3)."""
    if sets[-1].seal.tags.get("cv") == "fail":
        raise Broken("the last hop found the chain broken")
    for number, one in enumerate(sets, 1):
        if one.seal.tags.get("cv") != ("none" if number == 1 else "pass"):
            raise Broken(f"hop {number} says something else of those before it")
        if "h" in one.seal.tags:
            raise Broken(f"the seal of hop {number} has h=")


@dataclass(slots=True)
class _Validation:
    """One letter, and the keys that were asked for: a hop's seal and signature share theirs."""

    header: Header
    bodies: Bodies
    now_s: int
    keys: dict[tuple[str, str, Algorithm], PublicKey] = field(default_factory=dict)

    def key(self, selector: str, domain: str, algorithm: Algorithm) -> "Asking[PublicKey]":
        if algorithm == "rsa-sha1":
            raise Unusable("fail", "SHA-1 proves nothing any more")
        wanted = (selector, domain, algorithm)
        if wanted not in self.keys:
            self.keys[wanted] = yield from key_of(selector, domain, algorithm)
        return self.keys[wanted]

    def message(self, one: Set) -> "Asking[None]":
        """Is the letter what this hop has signed?  Raises Malformed and Unusable."""
        signature = message_signature(one.signature.field, one.signature.tags)
        if SEAL in signature.names:
            raise Malformed("a seal is signed")
        if signature.expires_s is not None and signature.expires_s < self.now_s:
            raise Unusable("fail", "a message signature has expired")
        key = yield from self.key(signature.selector, signature.domain, signature.algorithm)
        digest = self.bodies.digest(signature.body_form, signature.length)
        if digest is None or digest.digest != signature.body_hash or signature.length not in (None, digest.length):
            raise Unusable("fail", "the body was changed")
        if not key.good_for(signature.octets, header_digest(self.header, signature, self.bodies.forms)):
            raise Unusable("fail", "the header was changed")

    def seals(self, sets: list[Set]) -> "Asking[None]":
        """Are all seals good?  The newest is looked at first.  Raises Malformed and Unusable."""
        for number, (one, digest) in reversed([*enumerate(zip(sets, self._digests(sets), strict=True), 1)]):
            tags = one.seal.tags
            instant(tags, "t")
            algorithm = algorithm_of(tags)
            octets = base64_of(tags, "b")
            key = yield from self.key(domain_of(required(tags, "s"), "s"), sealer(one), algorithm)
            if not key.good_for(octets, digest):
                raise Unusable("fail", f"the seal of hop {number} is broken")

    def _digests(self, sets: list[Set]) -> list[bytes]:
        """What each seal has signed: all sets before it, and its own without its b= (§5.1.1)."""
        before = hashlib.sha256()
        found = []
        for one in sets:
            before.update(in_form(self.header, one.results, one.signature.field))
            signed = before.copy()
            signed.update(without_own(self.header, one.seal.field, relaxed=True))
            found.append(signed.digest())
            before.update(in_form(self.header, one.seal.field))
        return found

    def oldest(self, sets: list[Set]) -> "Asking[int]":
        """The first hop whose signature, and all after it, are good; 0: all of them (step 5)."""
        for number in range(len(sets) - 1, 0, -1):
            try:
                yield from self.message(sets[number - 1])
            except (Malformed, Unusable):
                return number + 1
        return 0
