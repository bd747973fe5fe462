"""What is in the DNS beside what is wanted: one verdict a record.

A record may differ from ours and be right all the same: an SPF record that lets our host send, a DMARC record of any
policy, an MX beside others.  What is wrong says why, and what to paste.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Literal

from pyeonji.msgauth.dmarc.record import parse_record
from pyeonji.proto.dns import Answer, Question
from pyeonji.zone.wanted import Facts, Wanted

Verdict = Literal["good", "better", "missing", "wrong", "unknown"]  # better: right, but it could be more


@dataclass(frozen=True, slots=True)
class Row:
    """One record: what is wanted, what is there, and what that means.

    `note` is the key of a sentence ("" for none).  `paste` is the value to put there; "" when nothing is to be done.
    """

    wanted: Wanted
    have: tuple[str, ...]
    verdict: Verdict
    note: str = ""
    paste: str = ""

    @property
    def is_bad(self) -> bool:
        return self.verdict in ("missing", "wrong") and self.wanted.need != "may"


def compared(facts: Facts, records: Sequence[Wanted], answers: Mapping[Question, Answer]) -> list[Row]:
    """A row for each wanted record; `answers` has what its name and kind were answered."""
    return [_row(facts, one, answers[Question(one.name, one.kind)]) for one in records]


def _row(facts: Facts, one: Wanted, answer: Answer) -> Row:
    if answer.failed:
        return Row(one, (), "unknown", "dns.note.no_answer")
    judge = JUDGES.get(one.key, _listed)
    verdict, note, paste = judge(facts, one, answer)
    have = answer.records if one.kind != "TXT" else tuple(filter(_about(one), answer.records))
    if one.kind == "CNAME" and answer.canonical:
        have = (answer.canonical,)
    return Row(one, have, verdict, note, paste)


Judged = tuple[Verdict, str, str]
GOOD: Judged = ("good", "", "")


def _about(one: Wanted) -> Callable[[str], bool]:
    """Of all TXT records of a name, those that are about the same thing."""
    tag = one.value.partition("=")[0] + "="
    version = one.value.partition(";")[0].partition(" ")[0].lower() if tag == "v=" else ""
    return lambda text: text.replace(" ", "").lower().startswith(version)


def _listed(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    """Ours is among them."""
    if same(one.value) in map(same, answer.records):
        return GOOD
    return ("wrong", "dns.note.other", one.value) if answer.records else ("missing", "", one.value)


def same(value: str) -> str:
    return " ".join(value.lower().replace("; ", ";").split()).rstrip(";.")


def _mx(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    hosts = [record.split()[-1] for record in answer.records]
    if facts.hostname not in hosts:
        return ("wrong", "dns.note.mx_elsewhere", one.value) if hosts else ("missing", "", one.value)
    return GOOD if len(hosts) == 1 else ("better", "dns.note.mx_beside", "")


def _spf(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    found = [record for record in answer.records if record.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return "missing", "", one.value
    if len(found) > 1:
        return "wrong", "dns.note.two", one.value  # RFC 7208 §4.5: permerror
    terms = found[0].lower().split()[1:]
    if any(_covers(facts, term) for term in terms):
        return (
            GOOD if terms[-1] in ("-all", "~all") or "redirect=" in terms[-1] else ("better", "dns.note.spf_open", "")
        )
    return "wrong", "dns.note.spf_not_us", " ".join(["v=spf1", one.value.split()[1], *found[0].split()[1:]])


def _covers(facts: Facts, term: str) -> bool:
    """Does a term of SPF let our host through, as far as it can be seen without asking on?"""
    term = term.removeprefix("+")
    name, _, value = term.partition(":")
    if term in ("mx", "a") or (name in ("mx", "a") and value in (facts.domain, facts.hostname)):
        return True
    if name in ("ip4", "ip6") and value:
        try:
            network = ip_network(value, strict=False)
        except ValueError:
            return False
        return any(ip_address(address) in network for address in facts.addresses)
    return name == "include"  # asked for by `pyeonji check`, which evaluates the whole


def _dkim(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    key = _tag(one.value, "p")
    if any(_tag(record, "p") == key for record in answer.records):
        return GOOD
    return ("wrong", "dns.note.other_key", one.value) if answer.records else ("missing", "", one.value)


def _tag(record: str, name: str) -> str:
    for part in record.split(";"):
        tag, _, value = part.partition("=")
        if tag.strip() == name:
            return "".join(value.split())
    return ""


def _dmarc(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    found = [record for record in map(parse_record, answer.records) if record is not None]
    if not found:
        return "missing", "", one.value
    if len(found) > 1 or not found[0].applies:
        return "wrong", "dns.note.two", one.value
    return ("better", "dns.note.dmarc_none", "") if found[0].policy == "none" else GOOD


def _tls_reports(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    if any(same(record).startswith("v=tlsrptv1;") and "rua=" in record for record in answer.records):
        return GOOD
    return "missing", "", one.value


def _alias(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    """A CNAME to us; an address of ours will do, which the caller sees to."""
    if one.value in (answer.canonical, *answer.records):
        return GOOD
    return ("wrong", "dns.note.other", one.value) if answer.records or answer.canonical else ("missing", "", one.value)


def _caa(facts: Facts, one: Wanted, answer: Answer) -> Judged:
    """No CAA record at all lets everybody (RFC 8659 §3)."""
    issuers = [record for record in answer.records if record.split()[1:2] == ["issue"]]
    if not issuers:
        return "better", "dns.note.caa_none", one.value
    return GOOD if any(facts.issuer in record for record in issuers) else ("wrong", "dns.note.caa_other", one.value)


JUDGES: dict[str, Callable[[Facts, Wanted, Answer], Judged]] = {
    "mx": _mx, "spf": _spf, "spf_host": _spf, "dkim": _dkim, "dmarc": _dmarc, "tls_reports": _tls_reports,
    "sts_host": _alias, "autoconfig": _alias, "autodiscover": _alias, "caa": _caa,
}  # fmt: skip
