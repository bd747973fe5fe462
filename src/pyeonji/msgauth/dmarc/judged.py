"""How a letter was judged, as far as its author's domain may know (RFC 9990 §3.1): nobody's name is in it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pyeonji.msgauth.dmarc.record import parse_record
from pyeonji.msgauth.verdict import Dkim, Policy, Verdict

Override = Literal["", "local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder"]
MAX_SIGNATURES = 10  # of one letter that are told, the author's own first; RFC 9990 §3.1.3 has a hundred at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Letters with the same are counted together."""

    ip: str
    done: Policy  # what came of it
    passed: bool  # DMARC
    dkim: bool  # with alignment
    spf: bool
    override: Override  # why `done` is not what the policy says
    author: str  # domain of From
    path: str  # domain of the reverse-path; "" for the null path
    asked: str  # domain SPF was asked about; "" for none
    spf_result: str
    signatures: tuple[tuple[str, str, str], ...]  # (domain, selector, result)


@lru_cache(maxsize=1_000)  # the same few domains write all day
def wants_reports(record: str) -> bool:
    """Whether a record, as published, names somebody who wants them."""
    read = parse_record(record)
    return read is not None and bool(read.reports_to)


def judged(verdict: Verdict, ip: str, path: str, done: Policy, *, vouched: bool) -> Judged:
    """`vouched`: a forwarder we trust did, so the policy was not followed."""
    dmarc = verdict.dmarc
    spf = verdict.spf
    return Judged(
        ip=ip,
        done=done,
        passed=dmarc.result == "pass",
        dkim=any(one.startswith("dkim=") for one in dmarc.aligned),
        spf=any(one.startswith("spf=") for one in dmarc.aligned),
        override=_override(verdict, done, vouched=vouched),
        author=dmarc.domain,
        path=path,
        asked=spf.domain if spf.scope == "mfrom" or not path else "",
        spf_result=spf.result,
        signatures=tuple(
            (one.domain, one.selector, one.result)
            for one in sorted(verdict.dkim, key=lambda one: not _own(one, dmarc.aligned))
            if one.domain and one.selector
        )[:MAX_SIGNATURES],
    )


def _override(verdict: Verdict, done: Policy, *, vouched: bool) -> Override:
    dmarc = verdict.dmarc
    if dmarc.result == "pass":
        return "" if done == "none" else "local_policy"
    if dmarc.result != "fail":
        return "other"  # nobody could say: the DNS did not answer, or the record is none
    if done == dmarc.policy:
        return ""
    if done == dmarc.disposition:
        return "policy_test_mode"
    return "trusted_forwarder" if vouched else "local_policy"


def _own(one: Dkim, aligned: tuple[str, ...]) -> bool:
    return one.result == "pass" and f"dkim={one.domain}" in aligned
