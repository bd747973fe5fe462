"""Settings of IMAP and POP3."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """What a client may ask for at once."""

    message_limit: int = field(
        default=0,
        metadata={
            "unit": "letters",
            "least": 1_000,
            "most": 4_294_967_295,
            "or": 0,
            "rfc": "RFC 9738 §3",
            "doc": "Letters that one FETCH, STORE, SEARCH, MOVE or UID EXPUNGE goes through, the newest first; COPY,"
            " APPEND, SORT and THREAD of more are refused. At least 1000, or 0: no limit, and none is needed, as any"
            " number is taken in pieces. With one, clients that do not know MESSAGELIMIT see only the newest letters of"
            " a large mailbox.",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop3Settings:
    """What a client that polls is told, and held to."""

    login_delay: int = field(
        default=0,
        metadata={
            "unit": "seconds",
            "least": 0,
            "most": 86_400,
            "rfc": "RFC 2449 §6.5",
            "doc": "Least time between two POP3 logins of one person; 0: there is none.",
        },
    )
