"""Return addresses that say which recipient of which letter comes back (VERP; Bernstein, 1997; there is no RFC).

    kim@here.example      ->  pb=K7M32QXD9TAB=2=mark@here.example

The mark is ours alone: 80 bits, so that nobody can make a letter come back that was not sent to him.  Servers on the
way may change the case of a local part: nothing depends on it.
"""

import base64
import hmac
import re
from dataclasses import dataclass

from pyeonji.address.path import Address

PREFIX = "pb="
SECRET = "verp"  # its name in the store
MARK = 16  # characters of base32
SHAPE = re.compile(rf"{PREFIX}([0-9A-Z]{{12}})=([1-9][0-9]{{0,6}})=([A-Z2-7]{{{MARK}}})\Z", re.IGNORECASE)


class NotOurs(ValueError):
    """It looks like an address we made, and we have not made it."""


def is_verp(address: Address) -> bool:
    """Does it look like one of these?"""
    return address.local_part[: len(PREFIX)].lower() == PREFIX


def base(receipt: str, domain: str) -> str:
    """What is kept with a letter whose recipients each get one; `receipt` is its number in twelve characters."""
    return f"{PREFIX}{receipt}@{domain}"


@dataclass(frozen=True, slots=True)
class Returning:
    """With the secret of one store."""

    secret: bytes

    def path(self, kept: str, n: int) -> Address:
        """The return address of recipient `n`, from what `base` gave."""
        start, _, domain = kept.rpartition("@")
        receipt = start.removeprefix(PREFIX)
        return Address(f"{PREFIX}{receipt}={n}={self._mark(receipt, n)}", domain)

    def read(self, address: Address) -> tuple[str, int]:
        """The receipt and the recipient it names; raises NotOurs."""
        found = SHAPE.match(address.local_part)
        if found is None:
            raise NotOurs("it is none of ours")
        receipt, n, mark = found[1].upper(), int(found[2]), found[3].lower()
        if not hmac.compare_digest(mark, self._mark(receipt, n)):
            raise NotOurs("the mark is wrong")
        return receipt, n

    def _mark(self, receipt: str, n: int) -> str:
        digest = hmac.digest(self.secret, f"verp\0{receipt.upper()}\0{n}".encode(), "sha256")
        return base64.b32encode(digest[: MARK * 5 // 8]).decode().lower()
