"""EXTERNAL (RFC 4422 Appendix A): who comes has proved who he is before, here by his certificate."""

from pyeonji.proto.sasl.machine import Challenge, Done, Outcome, Refused, text_of
from pyeonji.proto.sasl.scram_verifier import Verifier


class External:
    """`certified`: the (folded) logins that the connection itself vouches for."""

    def __init__(self, certified: tuple[str, ...]) -> None:
        self._certified = certified

    def step(self, response: bytes | None) -> Outcome:
        """Whoever says no name is who the certificate says, where that is one."""
        if response is None:
            return Challenge(b"")
        text = text_of(response)
        if text is None:
            return Refused("not a name")
        if not text and len(self._certified) == 1:
            return Done(self._certified[0])
        if text.casefold() in self._certified:
            return Done(text)
        return Refused(f"a certificate of {', '.join(self._certified)} for {text or 'no name'}")

    def verifier(self, verifier: Verifier) -> Outcome:
        return Refused("a certificate needs no verifier")
