"""The reverse-path of a letter that is sent on: SRS, the Sender Rewriting Scheme (Shevek, 2004; there is no RFC).

Whoever forwards a letter sends it with an address of his own that holds the writer's, so that the next server can see
who has sent it, and what comes back is sent on to the writer:

    kim@a.example            ->  SRS0=hash=day=a.example=kim@here.example
    SRS0=...@b.example       ->  SRS1=hash=b.example==...@here.example     (only the first and the last are held)

The hash is ours alone: only what we made leads back.  Servers on the way may change the case of a local part:
nothing depends on it but the writer's own.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from pyeonji.address.path import MAX_LOCAL_PART, Address, NotAnAddress, parse_address

HASH = 6  # characters of base32: 30 bits, and each guess costs a refused recipient
DAYS = 21  # as long as a bounce may take: five days in two queues, and people who answer late
CYCLE = 1024  # days that the two characters of a day tell apart
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SRS = re.compile(r"SRS[01][-+=]", re.IGNORECASE)
SRS0 = re.compile(rf"SRS0[-+=]([A-Z2-7]{{{HASH}}})=([A-Z2-7]{{2}})=([^=]+)=(.+)\Z", re.IGNORECASE | re.DOTALL)
SRS1 = re.compile(rf"SRS1[-+=]([A-Z2-7]{{{HASH}}})=([^=]+)=([-+=].+)\Z", re.IGNORECASE | re.DOTALL)
OTHERS_1 = re.compile(r"SRS1[-+=][^=]+=([^=]+)=([-+=].+)\Z", re.IGNORECASE | re.DOTALL)  # another forwarder's


class NotOurs(ValueError):
    """It looks like an address we made, and we have not made it, or not lately."""


@dataclass(frozen=True, slots=True)
class Rewriter:
    """With the secret of one store; `day` counts days since 1970 UTC."""

    secret: bytes

    def onward(self, reverse_path: Address, domain: str, day: int) -> Address | None:
        """The reverse-path at `domain` of ours for a letter that goes on; None when it would be too long."""
        text = reverse_path.local_part
        if match := OTHERS_1.match(text):
            local_part = self._srs1(match[1], match[2])
        elif SRS.match(text) and text[3] == "0":
            local_part = self._srs1(reverse_path.domain, text[4:])
        else:
            stamp = _stamp(day)
            mark = self._hash(stamp, reverse_path.domain, text)
            local_part = f"SRS0={mark}={stamp}={reverse_path.domain}={text}"
        if len(local_part.encode()) > MAX_LOCAL_PART:
            return None
        return Address(local_part, domain)

    def back(self, address: Address, day: int) -> Address:
        """Whose address it holds; raises NotOurs."""
        if match := SRS0.match(address.local_part):
            mark, stamp, domain, local_part = match.groups()
            self._check(mark, stamp.upper(), domain, local_part)
            if (day - _day(stamp.upper())) % CYCLE > DAYS:
                raise NotOurs("its time is over")
            return _parsed(local_part, domain)
        if match := SRS1.match(address.local_part):
            mark, domain, rest = match.groups()
            self._check(mark, domain, rest)
            return _parsed(f"SRS0{rest}", domain)
        raise NotOurs("it is not whole")

    def _srs1(self, domain: str, rest: str) -> str:
        return f"SRS1={self._hash(domain, rest)}={domain}={rest}"

    def _check(self, mark: str, *parts: str) -> None:
        if not hmac.compare_digest(mark.upper(), self._hash(*parts)):
            raise NotOurs("the hash is not ours")

    def _hash(self, *parts: str) -> str:
        told = "=".join(parts).casefold().encode()
        return base64.b32encode(hmac.digest(self.secret, told, hashlib.sha256)).decode()[:HASH]


def is_srs(address: Address) -> bool:
    """Does it look like one?"""
    return SRS.match(address.local_part) is not None


def _stamp(day: int) -> str:
    high, low = divmod(day % CYCLE, 32)
    return ALPHABET[high] + ALPHABET[low]


def _day(stamp: str) -> int:
    return ALPHABET.index(stamp[0]) * 32 + ALPHABET.index(stamp[1])


def _parsed(local_part: str, domain: str) -> Address:
    try:
        return parse_address(str(Address(local_part, domain)))
    except NotAnAddress as error:
        raise NotOurs("it holds no address") from error
