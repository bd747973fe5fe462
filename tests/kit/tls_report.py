"""TLS reports as others write them (RFC 8460 §4.4), and the letters they come in."""

import base64
import gzip
import json


def said(
    good=10, *failures, domain="here.test", number="1@far.test", reporter="Far Mail", day="2026-11-23", kind="sts"
):
    """Failures are (result-type, sessions) or with more facts."""
    details = [
        {"result-type": result, "failed-session-count": sessions, "receiving-mx-hostname": "mx.here.test",
         "sending-mta-ip": "192.0.2.9", **(more[0] if more else {})}
        for result, sessions, *more in failures
    ]  # fmt: skip
    summary = {
        "total-successful-session-count": good,
        "total-failure-session-count": sum(one["failed-session-count"] for one in details),
    }
    part = {"policy": {"policy-type": kind, "policy-string": [], "policy-domain": domain}, "summary": summary}
    return {
        "organization-name": reporter, "contact-info": "tls@far.test", "report-id": number,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "policies": [{**part, **({"failure-details": details} if details else {})}],
    }  # fmt: skip


def octets(report):
    return json.dumps(report).encode()


def letter(packed, kind="application/tlsrpt+gzip", author="tls@far.test", domain="here.test"):
    """As it is sent: RFC 8460 §5.3."""
    return (
        (
            f"From: {author}\r\nTo: tls@here.test\r\nSubject: Report Domain: {domain} Submitter: far.test\r\n"
            f" Report-ID: <1@far.test>\r\nTLS-Report-Domain: {domain}\r\nTLS-Report-Submitter: far.test\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n--b\r\nContent-Type: {kind}\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        + base64.encodebytes(packed).replace(b"\n", b"\r\n")
        + b"--b--\r\n"
    )


def packed(report):
    return gzip.compress(octets(report))
