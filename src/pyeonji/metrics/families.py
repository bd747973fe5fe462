"""Every metric there is: its name, what it counts, its labels.  docs/metrics.md is printed from this table.

Names are made as Prometheus wants them (base units, `_total`).  Labels come from closed lists of ours, never from a
peer, and never hold an address.
"""

from dataclasses import dataclass
from typing import Literal

from pyeonji.store.commits import BOUNDS_S

Kind = Literal["counter", "gauge", "histogram"]
ATTEMPT_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
FINAL_S = (1.0, 5.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0, 259_200.0, 432_000.0)


@dataclass(frozen=True, slots=True)
class Family:
    """One metric.  `bounds` are those of a histogram, without +Inf."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


ACCEPTED = Family(
    "pyeonji_messages_accepted_total", "counter", "Letters that became ours, by the way they came.", ("via",)
)
FINAL = Family(
    "pyeonji_recipients_final_total", "counter",
    "Recipients whose letter reached its end; a late bounce counts again, as bounced.", ("outcome", "cause"),
)  # fmt: skip
ATTEMPTS = Family(
    "pyeonji_delivery_attempts_total", "counter",
    "Attempts to hand a letter to another server, one for each recipient.", ("result", "cause"),
)  # fmt: skip
ATTEMPT_TIME = Family(
    "pyeonji_delivery_duration_seconds", "histogram", "From setting out to the outcome of an attempt.", (), ATTEMPT_S
)
FINAL_TIME = Family(
    "pyeonji_time_to_final_seconds", "histogram",
    "From acceptance to the end, for recipients that waited in the queue.", (), FINAL_S,
)  # fmt: skip
UNEXPLAINED = Family(
    "pyeonji_unexplained_replies_total", "counter", "Replies of other servers for which the catalogue has no cause."
)
CONNECTIONS = Family(
    "pyeonji_connections_total", "counter", "Connections that ended: to us, or to others (relay).", ("service",)
)
COMMANDS = Family(
    "pyeonji_smtp_commands_total", "counter",
    "Commands we were given by SMTP and LMTP, and the code of our reply; content is what follows DATA.",
    ("verb", "code"),
)  # fmt: skip
AUTH = Family(
    "pyeonji_auth_total", "counter", "Attempts to log in.", ("protocol", "result")
)  # fmt: skip
REPEATED = Family(
    "pyeonji_repeated_signatures_total", "counter",
    "Letters under a DKIM signature that had come to more than trust.same_signature, and what was done.", ("action",),
)  # fmt: skip
WEBHOOKS = Family(
    "pyeonji_webhook_deliveries_total", "counter",
    "Attempts to give an event to an endpoint: taken, refused (an answer that is no 2yz), no_answer.", ("result",),
)  # fmt: skip
FOLLOWED = Family(
    "pyeonji_events_followed_total", "counter", "Journey events that were counted, and logged where they are."
)
QUEUE = Family("pyeonji_queue_recipients", "gauge", "Recipients that are not decided, by state.", ("state",))
OLDEST = Family(
    "pyeonji_oldest_undecided_seconds", "gauge", "Age of the oldest letter with an undecided recipient; 0: none."
)
BEHIND = Family(
    "pyeonji_events_behind", "gauge", "Rows of the journey that are not counted yet; soon 0 where all is well."
)
PENDING = Family(
    "pyeonji_webhook_oldest_pending_seconds", "gauge",
    "Age of the oldest event that an endpoint has not taken, paused endpoints aside; 0: none.",
)  # fmt: skip
CERTIFICATE = Family(
    "pyeonji_tls_certificate_expiry_seconds", "gauge", "Seconds until a certificate expires, by its first name.",
    ("name",),
)  # fmt: skip
DNS_CHECK = Family(
    "pyeonji_dns_check_ok", "gauge",
    "1: the DNS says what it should of a domain here (looked at each hour), 0: pyeonji dns check DOMAIN.",
    ("domain", "record"),
)  # fmt: skip
STORAGE = Family(
    "pyeonji_storage_bytes", "gauge", "Octets on disk: database, digests, content (large letters), free (disk space).",
    ("kind",),
)  # fmt: skip
BACKUP = Family("pyeonji_last_backup_timestamp_seconds", "gauge", "When the last backup was made; 0: never.")
COMMITS = Family(
    "pyeonji_fsync_duration_seconds", "histogram", "A commit, which ends when it is on the disk (SQLite only).", (),
    BOUNDS_S,
)  # fmt: skip
BUILD = Family("pyeonji_build_info", "gauge", "1; the version is a label.", ("version",))

FAMILIES = (
    ACCEPTED, FINAL, ATTEMPTS, ATTEMPT_TIME, FINAL_TIME, UNEXPLAINED, CONNECTIONS, COMMANDS, AUTH, REPEATED,
    WEBHOOKS, FOLLOWED,
    QUEUE, OLDEST, PENDING, BEHIND, CERTIFICATE, DNS_CHECK, STORAGE, BACKUP, COMMITS, BUILD,
)  # fmt: skip
