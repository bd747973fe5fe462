"""What is handed to the door of submission."""

from dataclasses import dataclass, field

from pyeonji.acceptance.spool import Spool
from pyeonji.address import Address
from pyeonji.delivery.plan import Wanted
from pyeonji.journey.event import Event
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store.accept import SessionRef
from pyeonji.store.sent import Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter that starts here.  `content` is a filled Spool, or octets with CR LF line ends."""

    content: "bytes | Spool"
    reverse_path: Address | None
    recipients: tuple[Wanted, ...]
    via: str
    login: str = ""
    parent: int = 0
    envid: str = ""
    ret: str = ""
    smtputf8: bool = False
    requiretls: bool = False  # RFC 8689
    expires_us: int = 0  # instant to give up; 0: the usual time
    not_before_us: int = 0  # instant of the first attempt; 0: at once
    number: int = 0  # receipt number, when one was promised already
    session: SessionRef | None = None
    from_host: str = ""  # from-clause of the Received field: who handed it to us; "" when it began here
    with_protocol: str = ""
    events: tuple[Event, ...] = field(default=())
    promised: bool = False  # whoever wrote it was told that it is taken: a recipient who is refused gets a bounce
    shown: bool = (
        False  # whoever wrote it sees at once who is refused for good: such a recipient fails, without a bounce
    )
    sent: Sent | None = None  # whose letter it is, when an app hands it in
    failure: Reply | None = None  # of a promised letter: why it is for nobody
