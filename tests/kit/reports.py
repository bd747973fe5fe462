"""Reports as the servers of others write them about a letter of ours: Postfix, Exim, Exchange, Gmail, and ARF."""


def status_report(returned, *, to="kim@here.test", final="lee@far.test", shape="postfix", action="failed", reply=None):
    """A multipart/report whose last part is the header `returned` (octets)."""
    first, fields, last = SHAPES[shape](final, action, reply or "550 5.1.1 <lee@far.test>: no such user")
    return (
        f"From: MAILER-DAEMON@mx.far.test\r\nTo: {to}\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"B\"\r\n\r\n"
        f"--B\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"{first}\r\n{fields}\r\n--B\r\nContent-Type: {last}\r\n\r\n"
    ).encode() + returned + b"\r\n--B--\r\n"  # fmt: skip


def _postfix(final, action, reply):
    first = "Reporting-MTA: dns; mx.far.test\r\nX-Postfix-Queue-ID: 4B9D\r\nX-Postfix-Sender: rfc822; kim@here.test\r\n"
    fields = (
        f"Final-Recipient: rfc822; {final}\r\nOriginal-Recipient: rfc822;lee@far.test\r\nAction: {action}\r\n"
        f"Status: {reply.split()[1]}\r\nRemote-MTA: dns; inner.far.test\r\nDiagnostic-Code: smtp; {reply}\r\n"
    )
    return first, fields, "text/rfc822-headers"


def _exim(final, action, reply):
    fields = (
        f"Action: {action}\r\nFinal-Recipient: rfc822;{final}\r\nStatus: 5.0.0\r\nRemote-MTA: dns; inner.far.test\r\n"
    )
    return "Reporting-MTA: dns; mx.far.test\r\n", f"{fields}Diagnostic-Code: smtp; {reply}\r\n", "message/rfc822"


def _exchange(final, action, reply):
    fields = (
        f"Final-Recipient: rfc822;{final}\r\nAction: {action}\r\nStatus: {reply.split()[1]}\r\n"
        f"Diagnostic-Code: smtp;{reply}\r\nRemote-MTA: dns;inner.far.test\r\nX-Display-Name: Lee\r\n"
    )
    first = "Reporting-MTA: dns;mx.far.test\r\nReceived-From-MTA: dns;here.test\r\n"
    return first, fields, "message/rfc822"


def _gmail(final, action, reply):
    fields = (
        f"Final-Recipient: rfc822; {final}\r\nAction: {action}\r\nStatus: {reply.split()[1]}\r\n"
        f"Remote-MTA: dns; inner.far.test. (192.0.2.1, the server for the domain far.test.)\r\n"
        f"Diagnostic-Code: smtp; {reply}\r\nLast-Attempt-Date: Fri, 27 Nov 2026 06:00:00 -0800 (PST)\r\n"
    )
    return "Reporting-MTA: dns; googlemail.com\r\nX-Original-Message-ID: <x@y>\r\n", fields, "message/rfc822"


SHAPES = {"postfix": _postfix, "exim": _exim, "exchange": _exchange, "gmail": _gmail}


def words_for_people(returned, *, to="kim@here.test", failed="lee@far.test", shape="qmail"):
    """A bounce without the form of a report, which brings back the header `returned` (octets) behind its words."""
    field, words = WORDS[shape](failed)
    return (
        f"From: MAILER-DAEMON@mx.far.test\r\nTo: {to}\r\nSubject: failure notice\r\n{field}\r\n{words}"
    ).replace("\r\n", "\n").replace("\n", "\r\n").encode() + returned + b"\r\n"  # fmt: skip


WORDS = {
    "qmail": lambda failed: ("", (
        f"Hi. This is the qmail-send program at mx.far.test.\nI'm afraid I wasn't able to deliver your message.\n\n"
        f"<{failed}>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n"
        "Giving up on 192.0.2.9.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <kim@here.test>\n"
    )),
    "exim": lambda failed: (f"X-Failed-Recipients: {failed}\nAuto-Submitted: auto-replied\n", (
        "This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n"
        f"  {failed}\n    host inner.far.test [192.0.2.9]\n"
        f"    SMTP error from remote mail server after RCPT TO:<{failed}>:\n"
        "    550 5.1.1 no such user\n\n------ This is a copy of your message, including all the headers. ------\n\n"
        "Return-path: <kim@here.test>\n"
    )),
    "postfix": lambda failed: ("", (
        "This is the mail system at host mx.far.test.\n\nI'm sorry.\n\n"
        f"<{failed}>: host inner.far.test[192.0.2.9] said: 550 5.1.1 no such user (reply to RCPT\n    TO command)\n\n"
        "--- The header of the original message is following. ---\n\n"
    )),
    "exchange": lambda failed: ("", (
        f"Your message\n\n  To: {failed}\n\ndid not reach the following recipient(s):\n\n"
        f"{failed} on Fri, 27 Nov 2026 06:00:00 -0800\n    550 5.1.1 no such user\n\nOriginal message headers:\n\n"
    )),
    "sendmail": lambda failed: ("", (
        f"   ----- The following addresses had permanent fatal errors -----\n<{failed}>\n\n"
        "   ----- Transcript of session follows -----\n... while talking to inner.far.test.:\n"
        f">>> RCPT To:<{failed}>\n<<< 550 5.1.1 <{failed}>... no such user\n\n"
        "   ----- Original message follows -----\n\n"
    )),
}  # fmt: skip


def complaint(returned, *, to="abuse@here.test", kind="abuse", rcpt="lee@far.test"):
    """A feedback report, RFC 5965 appendix B.1."""
    told = f"Original-Rcpt-To: <{rcpt}>\r\n" if rcpt else ""
    return (
        f"From: <abusedesk@far.test>\r\nTo: <{to}>\r\nSubject: FW: Earn money\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n"
        f"--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\n"
        f"User-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n{told}\r\n--B\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode() + returned + b"\r\n--B--\r\n"  # fmt: skip
