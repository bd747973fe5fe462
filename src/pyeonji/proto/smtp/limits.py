"""What a peer may make grow on one SMTP connection, and where it stops."""

from dataclasses import dataclass

MAX_COMMAND_LINE = 512  # octets with CR LF, RFC 5321 §4.5.3.1.4
MAX_MAIL_GROWTH = 26 + 17 + 10 + 9 + 107 + 500  # SIZE, BODY, SMTPUTF8, RET, ENVID, AUTH: each RFC's own figure
MAX_RCPT_GROWTH = 536  # NOTIFY and ORCPT together; above the 500 of RFC 3461 §4
MAX_AUTH_LINE = 12288  # octets, RFC 4954 §4
MAX_UNENDED_LINE = 64 * 1024  # octets without CR LF before we close; ours
MAX_CONTENT_LINE = 64 * 1024  # octets without CR LF; ours: RFC 5321 §4.5.3.1.6 says 998, real mail has more
MAX_CHUNK = 2**31 - 1  # octets of one BDAT we are ready to throw away; ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of the receiver that an owner may set.  The first one should equal the announced SIZE (RFC 1870)."""

    max_size: int = 50 * 2**20  # octets of content; ours
    max_content_line: int = MAX_CONTENT_LINE
    max_recipients: int = 1000  # per transaction; RFC 5321 §4.5.3.1.8 wants at least 100
    max_errors: int = 20  # 5yz replies per connection; ours
    max_junk: int = 100  # commands that bring no mail, between two messages; ours
    strict_turns: bool = False  # who did not wait for EHLO's answer is refused, and who pipelines without extensions


#: The longest line of each command, octets with CR LF.
LINE_LIMITS = {
    b"MAIL": MAX_COMMAND_LINE + MAX_MAIL_GROWTH,
    b"RCPT": MAX_COMMAND_LINE + MAX_RCPT_GROWTH,
    b"AUTH": MAX_AUTH_LINE,
}
