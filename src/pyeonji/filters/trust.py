"""What follows from where a letter comes from: DMARC's wish first, SPF alone only if you say so."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast

from pyeonji.filters.pipeline import Action, Finding, Reason
from pyeonji.msgauth.dmarc.walk import is_within
from pyeonji.msgauth.verdict import Dmarc, Verdict
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """How letters from strangers are checked (SPF, DKIM, DMARC, ARC), and what is done about it."""

    check: str = field(
        default="strangers",
        metadata={
            "unit": "strangers|nobody",
            "rfc": "RFC 9989",
            "doc": "Whose letters at port 25 are checked. No strangers are the peers in front.exempt and"
            " trusted_networks: this machine and private networks, unless you say otherwise.",
        },
    )
    dmarc_reject: str = field(
        default="refuse",
        metadata={
            "unit": "refuse|junk|accept",
            "rfc": "RFC 9989 §5.4",
            "doc": "Letters that fail DMARC when the author's domain asks to reject them.",
        },
    )
    dmarc_quarantine: str = field(
        default="junk",
        metadata={
            "unit": "refuse|junk|accept",
            "rfc": "RFC 9989 §5.4",
            "doc": "Letters that fail DMARC when the author's domain asks to quarantine them.",
        },
    )
    dmarc_unheard: str = field(
        default="later",
        metadata={
            "unit": "later|junk|accept",
            "rfc": "ours, see docs/adr/0031-unheard.md",
            "doc": "Letters nobody vouches for while the DNS does not tell what the author's domain wants of such.",
        },
    )
    dmarc_patience: timedelta = field(
        default=timedelta(days=1),
        metadata={
            "unit": "time",
            "rfc": "ours",
            "doc": "How long such letters are to come again later; where the DNS stays silent for longer, they are"
            " filed as junk.",
        },
    )
    spf_fail: str = field(
        default="accept",
        metadata={
            "unit": "refuse|junk|accept",
            "rfc": "RFC 7208 §8.4",
            "doc": 'Letters that fail SPF ("-all") and do not pass DMARC. Forwarded letters fail, too.',
        },
    )
    no_author: str = field(
        default="refuse",
        metadata={
            "unit": "refuse|junk|accept",
            "rfc": "RFC 9989 §11.5",
            "doc": "Letters whose From names nobody, several domains, or can be read in two ways.",
        },
    )
    trusted_sealers: tuple[str, ...] = field(
        default=(),
        metadata={
            "unit": "domains",
            "rfc": "RFC 8617 §5.2",
            "doc": "Forwarders whose word counts (ARC): what fails DMARC is taken when the last seals are theirs, and"
            " the letter passed DMARC when it came to the first of them.",
        },
    )
    same_signature: int = field(
        default=500,
        metadata={
            "unit": "recipients per day",
            "rfc": "RFC 6376 §8.6, ours",
            "doc": "So many get letters under one DKIM signature that do not name them and were not sent by who signed;"
            " of one worker.",
        },
    )
    repeated: str = field(
        default="junk",
        metadata={
            "unit": "refuse|junk|accept",
            "rfc": "RFC 6376 §8.6, ours",
            "doc": "What comes under such a signature to still more.",
        },
    )
    dmarc_reports: bool = field(
        default=True,
        metadata={
            "unit": "yes or no",
            "rfc": "RFC 9990",
            "doc": "Once a day, tell the domains that ask for it how letters in their name fared here: counts and"
            " addresses of servers, nobody's name.",
        },
    )
    deadline: timedelta = field(
        default=timedelta(seconds=10),
        metadata={
            "unit": "time",
            "rfc": "ours",
            "doc": "How long the checks of one letter may take, with all the DNS.",
        },
    )


def judged(settings: TrustSettings, verdict: Verdict, no_author: str, *, patient: bool = True) -> Finding:
    """What is done with a letter of this verdict.  `no_author`: why it names no author, or "".

    `patient`: its author's domain has not been silent for long.
    """
    if no_author:
        return _finding(settings.no_author, replies.NO_AUTHOR, Reason("author", "", f"unclear: {no_author}"))
    found = _by_policy(settings, verdict.dmarc, patient=patient)
    if found.action != "accept" and (sealer := _sealer(settings, verdict)):
        return Finding(reasons=(Reason("trust", sealer, "forwarded"),))
    spf = verdict.spf
    if not found.reasons and spf.result == "fail" and verdict.dmarc.result != "pass" and settings.spf_fail != "accept":
        return _finding(settings.spf_fail, replies.SPF_FAILED, Reason("trust", spf.domain, settings.spf_fail))
    return found


def _by_policy(settings: TrustSettings, dmarc: Dmarc, *, patient: bool) -> Finding:
    """What the author's domain wants, or may want while that is not known."""
    if dmarc.result == "temperror" and _wanted(settings, replace(dmarc, result="fail")) != "accept":
        return _finding("later", replies.ORIGIN_UNCLEAR, Reason("trust", dmarc.domain, "later"))
    if dmarc.unheard and (unheard := _unheard(settings, patient=patient)) != "accept":
        outcome = "later" if unheard == "later" else "unheard"
        return _finding(unheard, replies.ORIGIN_UNCLEAR, Reason("trust", dmarc.domain, outcome))
    if dmarc.disposition != "none":
        wanted = _wanted(settings, dmarc)
        return _finding(wanted, replies.dmarc_failed(dmarc.domain), Reason("trust", dmarc.domain, wanted))
    return Finding()


def may_be_told(verdict: Verdict) -> bool:
    """Is a bounce to the reverse-path one to the writer?  Not where its domain disowns the letter (S16).

    Who says nothing of SPF hears of failures: there are still many.
    """
    spf = verdict.spf
    if spf.scope != "mfrom" or spf.result not in ("fail", "softfail"):
        return True
    signed = [one.domain for one in verdict.dkim if one.result == "pass"]
    return any(is_within(domain, spf.domain) or is_within(spf.domain, domain) for domain in signed)


def _wanted(settings: TrustSettings, dmarc: Dmarc) -> str:
    """What is done with a letter that fails, as its author's domain asks."""
    if dmarc.disposition == "none":
        return "accept"
    return settings.dmarc_reject if dmarc.disposition == "reject" else settings.dmarc_quarantine


def _unheard(settings: TrustSettings, *, patient: bool) -> str:
    """What is done while nobody says what is wanted: nothing, where nothing would be done whatever it is."""
    if settings.dmarc_reject == settings.dmarc_quarantine == "accept":
        return "accept"
    return "junk" if settings.dmarc_unheard == "later" and not patient else settings.dmarc_unheard


def _sealer(settings: TrustSettings, verdict: Verdict) -> str:
    """The forwarder that vouches for the letter, if it is one of ours.

    What it vouches for is what it found itself: that the letter passed DMARC when it came there, or came from another
    one of ours that says so.  Who hands forged letters on, as any forwarder does, and says that they are, does not.
    """
    arc = verdict.arc
    for sealer, found in reversed([*zip(arc.sealers, arc.dmarc, strict=True)] if arc.result == "pass" else []):
        if sealer not in settings.trusted_sealers:
            return ""
        if found == "pass":
            return arc.sealers[-1]
    return ""


def _finding(wanted: str, reply: Reply, reason: Reason) -> Finding:
    """`wanted` is an action; its reply is read only by those whose letter is not taken."""
    action = cast(Action, wanted)
    return Finding(action=action, reply=reply if action in ("refuse", "later") else None, reasons=(reason,))
