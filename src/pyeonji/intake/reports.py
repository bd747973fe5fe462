"""A letter that comes in and reports on one of ours: a late bounce, a notice of arrival, a complaint.

A report by its form is read as one (RFC 6522), and what mail programs write for people in its place; what a person's
program answers by itself never is.  Of words for people less is believed: they must bring back our own number and name
the recipient as we did, or have come to the address that is only theirs.
"""

import re
from collections.abc import Sequence

from pyeonji.acceptance.spool import Spool
from pyeonji.address import Address, NotAnAddress, parse_address
from pyeonji.journey.explain import explain
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.message.bounced import ByProgram, Told, by_program
from pyeonji.message.feedback import Feedback, parse_feedback
from pyeonji.message.header import Header
from pyeonji.message.report import ParsedReport, ReportedRecipient, parse_report, sanitised_reply
from pyeonji.store.directory import fold
from pyeonji.store.returned import Names, Reports, Word

MAX_READ = 256 * 1024  # octets of a letter that are read for what it reports; a letter returned whole may go on
MAX_HOPS = 100  # Received fields of the returned header that are looked at, RFC 5321 §6.3
ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})  # RFC 3464 §2.3.3
COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"})  # RFC 5965 §7.3
BY = re.compile(r"\bby\s+(\S+)\s+with\s+\S+\s+id\s+([0-9A-Za-z-]{12,14})\b")


def is_report(header: Header) -> bool:
    """By its form (RFC 6522)."""
    return header.text(b"content-type").lower().startswith("multipart/report")


def reports_of(
    header: Header, spool: Spool, to: Sequence[Address], hostname: str, *, null_path: bool
) -> Reports | None:
    """What the letter says of one of ours, or None.  A status report comes with the null reverse-path (RFC 3464 §2)."""
    if not is_report(header):
        found = by_program(spool.reader()(0, MAX_READ)) if null_path else None
        return _of_words(found, to, hostname) if found is not None else None
    octets = spool.reader()(0, MAX_READ)
    if null_path and (status := parse_report(octets)) is not None:
        return _of_status(status, to, hostname)
    feedback = parse_feedback(octets)
    return _of_feedback(feedback, hostname) if feedback is not None and feedback.kind in COMPLAINTS else None


def _of_status(status: ParsedReport, to: Sequence[Address], hostname: str) -> Reports:
    names = names_of(status.returned, status.envid, hostname)
    words = tuple(_word(one, status.reporting_mta) for one in status.recipients if one.action in ACTIONS)
    return Reports(names, words, frozenset(fold(address) for address in to))


def _of_words(found: ByProgram, to: Sequence[Address], hostname: str) -> Reports:
    """A Message-ID is known to whoever has read the letter anywhere; our number only to who was handed it."""
    names = Names(names_of(found.returned, "", hostname).receipts)
    words = tuple(_said(one) for one in found.told if one.over)
    return Reports(names, words, frozenset(fold(address) for address in to), by_name=True)


def _said(one: Told) -> Word:
    host, reply = sanitised_reply(one.host), sanitised_reply(one.reply)
    address = _folded(one.address)
    cause = explain(reply, "content", host, address).cause
    return Word((address,) if address else (), "failed", reply, cause, host)


def _of_feedback(feedback: Feedback, hostname: str) -> Reports:
    names = names_of(feedback.returned, feedback.envid, hostname)
    said = sanitised_reply(" ".join(filter(None, (feedback.kind, feedback.agent))))
    addresses = tuple(filter(None, map(_folded, feedback.recipients)))
    words = tuple(Word((address,), "complaint", said) for address in addresses) or (Word((), "complaint", said),)
    return Reports(names, words)


def names_of(returned: Header | None, envid: str, hostname: str) -> Names:
    """What the report calls the letter: our own number in the returned header before anything else."""
    if returned is None:
        return Names(envid=envid)
    receipts = []
    for value in returned.all(b"received")[:MAX_HOPS]:
        match = BY.search(value.decode("utf-8", "replace"))
        if match and match[1].casefold() == hostname.casefold():
            try:
                receipts.append(parse_receipt(match[2]).number)
            except NotAReceipt:
                continue
    return Names(tuple(receipts), envid, returned.text(b"message-id").strip())


def _word(one: ReportedRecipient, reporting_mta: str) -> Word:
    addresses = tuple(filter(None, map(_folded, (one.original, one.final))))
    host = sanitised_reply(one.remote_mta or reporting_mta)
    reply = sanitised_reply(_reply(one))
    cause = explain(reply, "content", host, addresses[0] if addresses else "").cause
    return Word(addresses, one.action, reply, cause, host)


def _reply(one: ReportedRecipient) -> str:
    """Their words with the code in front, as a reply has it."""
    if one.status and one.status not in one.diagnostic:
        return f"{one.status} {one.diagnostic}".strip()
    return one.diagnostic


def _folded(text: str) -> str:
    try:
        return fold(parse_address(text))
    except NotAnAddress:
        return ""
