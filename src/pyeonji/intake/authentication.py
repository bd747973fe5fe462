"""AUTH on one connection (RFC 4954): the SASL machine asks, the directory answers."""

import base64
import binascii

from pyeonji.directory.login import Logins
from pyeonji.proto.sasl import Challenge, Done, NeedsCheck, NeedsVerifier, Refused, Server, server
from pyeonji.store.directory import Account

MAX_RESPONSE = 12_288  # octets of base64, RFC 4954 §4


class Authentication:
    """One AUTH exchange.  `account` is set when it succeeded, `because` when it did not."""

    def __init__(self, logins: Logins, mechanism: str, nonce: str) -> None:
        self.mechanism = mechanism
        self.account: Account | None = None
        self.because = ""
        self._logins = logins
        self._machine: Server | None = server(mechanism, nonce=nonce)

    @property
    def is_known(self) -> bool:
        """Do we speak this mechanism?"""
        return self._machine is not None

    async def step(self, response: bytes | None) -> bytes | None:
        """The next challenge (not yet base64), or None when the exchange is over."""
        if self._machine is None:
            self.because = "unknown mechanism"
            return None
        outcome = self._machine.step(response)
        while True:
            if isinstance(outcome, Challenge):
                return outcome.octets
            if isinstance(outcome, NeedsCheck):
                self.account = await self._logins.check_password(outcome.login, outcome.password)
                self.because = "" if self.account else f"wrong password for {outcome.login}"
                return None
            if isinstance(outcome, NeedsVerifier):
                outcome = self._machine.verifier(await self._logins.verifier(outcome.login))
                continue
            if isinstance(outcome, Done):
                self.account = await self._logins.account(outcome.login)
                self.because = "" if self.account else f"no account {outcome.login}"
                return None
            assert isinstance(outcome, Refused)
            self.because = outcome.why
            return None


def decoded(text: bytes) -> bytes | None:
    """A response from the wire; None when it is no base64 or too long.  "=" alone is the empty response."""
    if len(text) > MAX_RESPONSE:
        return None
    if text == b"=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
