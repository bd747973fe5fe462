"""The kinds of port that take mail, and how they differ."""

from dataclasses import dataclass

from pyeonji.directory.exchange import Door, takes_tokens
from pyeonji.net.stream import Stream
from pyeonji.proto.sasl import offered


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of port."""

    name: str
    lmtp: bool = False
    submission: bool = False  # mail starts here: mended, and may go anywhere
    needs_login: bool = False
    may_login: bool = False  # AUTH is offered, and gives no rights that others do not have
    local_socket: bool = False  # sendmail(8) on this machine: trusted as far as the machine goes

    @property
    def offers_login(self) -> bool:
        return self.needs_login or self.may_login

    def mechanisms(self, door: Door[object], stream: Stream) -> tuple[str, ...]:
        """Those by which one may log in on this connection, if it may be done in clear."""
        if not self.offers_login:
            return ()
        return offered(
            stream.bindings, tokens=takes_tokens(door, encrypted=stream.encrypted), certified=stream.certified
        )

    @property
    def via(self) -> str:
        """As Accepted says it."""
        return "submission" if self.name in ("submission", "submissions") else self.name


MX = Service("smtp")
LMTP = Service("lmtp", lmtp=True)
SUBMISSION = Service("submission", submission=True, needs_login=True)
SUBMISSIONS = Service("submissions", submission=True, needs_login=True)
SENDMAIL = Service("sendmail", submission=True, local_socket=True)
