"""Settings of the log."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How the journey is printed as it is written."""

    style: str = field(
        default="auto",
        metadata={
            "unit": "auto|json|text|postfix|none",
            "doc": "How lines look: json (one object each), text, postfix (as Postfix writes them, for pflogsumm and"
            " others that read those), none. auto: text on a terminal, json otherwise.",
        },
    )
    level: str = field(
        default="info",
        metadata={
            "unit": "debug|info|warning|error",
            "doc": "What is printed: from debug (every line that was said) to error. Style postfix has its own choice.",
        },
    )
    file: str = field(
        default="",
        metadata={
            "unit": "log file",
            "doc": "File the log is appended to, with its whole path; it is opened anew when it was moved away, and on"
            " SIGHUP. Empty: stderr, which systemd's journal keeps.",
        },
    )
