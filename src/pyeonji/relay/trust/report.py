"""TLS reports: what a domain's record asks for, and the report of one day, as JSON and as a letter (RFC 8460)."""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.message.codecs import encode_base64
from pyeonji.message.compose import field_of_mailboxes, multipart, part, text_field, text_part
from pyeonji.message.date import format_date
from pyeonji.message.folding import fold
from pyeonji.proto.dns import Asking, Question
from pyeonji.store.tlsrpt import Result

VERSION = "TLSRPTv1"
RECORD = re.compile(rf"v={VERSION}[ \t]*;(.*)\Z", re.DOTALL)
MAX_PLACES = 4  # that one report goes to; ours
GZIP = "application/tlsrpt+gzip"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a domain wants its reports: addresses of mail, and pages that are posted to."""

    addresses: tuple[Address, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`day` counts from 1970 UTC."""

    day: int
    domain: str
    hostname: str  # ours
    contact: Address
    number: str  # a word that no other report of ours has
    results: Sequence[tuple[Result, int]]

    @property
    def identity(self) -> str:
        return f"{self.number}@{self.hostname}"

    @property
    def begin(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=self.day)

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(days=1, seconds=-1)

    @property
    def file_name(self) -> str:
        """RFC 8460 §5.1."""
        return f"{self.hostname}!{self.domain}!{_seconds(self.begin)}!{_seconds(self.end)}!{self.number}.json.gz"


def places_of(domain: str) -> Asking[Places]:
    """RFC 8460 §3.  Two records are as good as none; nobody could say is none, too."""
    answer = yield Question(f"_smtp._tls.{domain}", "TXT")
    found = [match for record in answer.records if (match := RECORD.match(record))]
    if len(found) != 1:
        return Places()
    fields = dict(text.strip().partition("=")[::2] for text in found[0][1].split(";"))
    uris = [uri.strip() for uri in fields.get("rua", "").split(",")][:MAX_PLACES]
    addresses: list[Address] = []
    for uri in uris:
        scheme, _, rest = uri.partition(":")
        if scheme.lower() == "mailto":
            try:
                addresses.append(parse_address(rest.partition("?")[0]))
            except NotAnAddress:
                continue
    return Places(tuple(addresses), tuple(uri for uri in uris if uri.lower().startswith("https:")))


def packed(report: Report) -> bytes:
    """RFC 8460 §4.4, compressed."""
    body = {
        "organization-name": report.hostname,
        "date-range": {"start-datetime": _instant(report.begin), "end-datetime": _instant(report.end)},
        "contact-info": str(report.contact),
        "report-id": report.identity,
        "policies": [_policy(key, rows) for key, rows in _by_policy(report.results).items()],
    }
    return gzip.compress(json.dumps(body, indent=1).encode("ascii"), mtime=0)


def letter(report: Report, to: Address, now_s: int) -> bytes:
    """RFC 8460 §5.3.  It must arrive although TLS is broken there, so it says that it need not be encrypted."""
    subject = f"Report Domain: {report.domain} Submitter: {report.hostname} Report-ID: <{report.identity}>"
    head = [
        field_of_mailboxes("From", [("", report.contact)]),
        field_of_mailboxes("To", [("", to)]),
        text_field("Subject", subject),
        fold("Date", format_date(now_s)),
        fold("Message-ID", f"<{report.identity}>"),
        fold("TLS-Report-Domain", report.domain),
        fold("TLS-Report-Submitter", report.hostname),
        fold("TLS-Required", "No"),
        fold("Auto-Submitted", "auto-generated"),
        b"MIME-Version: 1.0\r\n",
    ]
    text = f"This is an aggregate TLS report of {report.hostname} about {report.domain}.\r\n"
    name = fold("Content-Disposition", f'attachment; filename="{report.file_name}"')
    parts = [text_part(text), part(GZIP, encode_base64(packed(report)), "base64", [name])]
    return b"".join(head) + multipart("report", parts, seed=report.identity, parameters=[("report-type", "tlsrpt")])


def _by_policy(results: Sequence[tuple[Result, int]]) -> dict[tuple[str, str, str], list[tuple[Result, int]]]:
    found: dict[tuple[str, str, str], list[tuple[Result, int]]] = {}
    for one, sessions in results:
        found.setdefault((one.policy_type, one.domain, one.policy), []).append((one, sessions))
    return found


def _policy(key: tuple[str, str, str], rows: Sequence[tuple[Result, int]]) -> dict[str, Any]:
    policy_type, domain, policy = key
    lines = policy.splitlines()
    said: dict[str, Any] = {"policy-type": policy_type, "policy-domain": domain}
    if lines:
        said["policy-string"] = lines
    if policy_type == "sts":
        said["mx-host"] = [line.removeprefix("mx: ") for line in lines if line.startswith("mx: ")]
    failures = [(one, sessions) for one, sessions in rows if one.result]
    return {
        "policy": said,
        "summary": {
            "total-successful-session-count": sum(sessions for one, sessions in rows if not one.result),
            "total-failure-session-count": sum(sessions for _, sessions in failures),
        },
        **({"failure-details": [_failure(one, sessions) for one, sessions in failures]} if failures else {}),
    }


def _failure(one: Result, sessions: int) -> dict[str, Any]:
    said = {"result-type": one.result, "receiving-mx-hostname": one.mx, "failed-session-count": sessions}
    return {**said, "receiving-ip": one.ip} if one.ip else said


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
