"""Settings of the ways in for programs of this machine, and of the signatures on what leaves us."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSettings:
    """The data folder is its owner's alone; what other users of the machine may reach lies elsewhere."""

    socket: str = field(
        default="",
        metadata={
            "unit": "socket",
            "doc": "A socket for the sendmail command of all users, such as /run/pyeonji/submit.sock; empty: there is"
            " only run/submit.sock in the data folder, for who owns that.",
        },
    )
    maildrop: str = field(
        default="",
        metadata={
            "unit": "folder",
            "doc": "A folder into which every user's sendmail puts letters while the server is down, such as"
            " /var/spool/pyeonji/maildrop; empty: there is only maildrop in the data folder, for who owns that.",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSettings:
    """Letters that go to other servers are signed for the domain of their author, once its keys are in the DNS."""

    sign: bool = field(
        default=True,
        metadata={"unit": "yes or no", "rfc": "RFC 6376", "doc": "Make keys for each domain, and sign with them."},
    )
    rotate_after: timedelta = field(
        default=timedelta(days=180),
        metadata={
            "unit": "time|never",
            "doc": "When a key is this old, the next one is made; it signs once its record is in the DNS"
            " (`pyeonji dkim list`), and until then the old one does.",
        },
    )
