"""Settings of mail that starts here: how much one account sends, signatures, and the ways in for local programs."""

from dataclasses import dataclass, field
from datetime import timedelta

from pyeonji.store.sending import SendingLimits


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
    sendmail_app: str = field(
        default="",
        metadata={
            "unit": "app",
            "doc": "The app whose letters those of the sendmail command are (`pyeonji app`): it hears what becomes of"
            " them; empty: nobody's.",
        },
    )

    letters_a_day: int = field(
        default=1_000,
        metadata={
            "unit": "letters",
            "rfc": "ours",
            "least": 0,
            "doc": "What one account may send in 24 hours; then 450, and a letter to its owner and the postmaster."
            " 0: as many as it likes.",
        },
    )
    recipients_a_day: int = field(
        default=5_000,
        metadata={
            "unit": "recipients",
            "rfc": "ours",
            "least": 0,
            "doc": "To how many recipients in 24 hours, each counted with each letter; 0: no limit.",
        },
    )
    letters_a_minute: int = field(
        default=100,
        metadata={"unit": "letters", "rfc": "ours", "least": 0, "doc": "How fast one account may send; 0: no limit."},
    )

    @property
    def sending(self) -> SendingLimits:
        return SendingLimits(self.letters_a_day, self.recipients_a_day, self.letters_a_minute)


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
