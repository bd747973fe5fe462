"""Settings of the ways in for programs of this machine: sendmail(8)'s socket, and the folder for while we are down."""

from dataclasses import dataclass, field


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
