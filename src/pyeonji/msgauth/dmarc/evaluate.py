"""Does the domain of the From field stand behind the letter (RFC 9989 §5.3)?

It does when SPF or a DKIM signature passed for the same domain or, in relaxed mode, for one of the same organization.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pyeonji.msgauth.dmarc.record import Record
from pyeonji.msgauth.dmarc.walk import CannotTell, Found, Walks, is_within, organization, targets
from pyeonji.msgauth.verdict import Dkim, Dmarc, Policy, Spf
from pyeonji.proto.dns import Asking, Question

MAX_WALKS = 8  # for identifiers that are not the author's domain itself; ours


@dataclass(frozen=True, slots=True)
class Identifier:
    """A domain that SPF or DKIM vouched for, or might have vouched for if the DNS had answered."""

    method: str  # "spf", "dkim"
    domain: str
    strict: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which identifiers passed and are the author's own; `unclear` says what the DNS did not tell, if it matters."""

    passed: tuple[Identifier, ...]
    unclear: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the nearest record that could be read wants."""

    policy: Policy
    testing: bool  # t=y
    heard: bool  # no record that could not be read can want more


def evaluate(author: str, spf: Spf, dkims: Sequence[Dkim]) -> Asking[Dmarc]:
    """The verdict on a letter whose author writes from this domain (A-labels).

    `spf` is that of the reverse-path, or of the HELO name where the reverse-path is null (RFC 7208 §2.4).
    """
    verdict = Dmarc(result="none", domain=author, organization=author)
    if author.startswith("["):
        return replace(verdict, why="an address literal has no policy")
    walks = Walks()
    own: Found | None = None
    try:
        own = yield from walks.record_of(author)
        return (yield from _evaluate(verdict, own, walks, spf, dkims))
    except CannotTell as error:
        wish = yield from _wish(author, own, walks)
        unheard = not (wish.heard or _is_the_author(author, spf, dkims))
        unclear = replace(verdict, result="temperror", why=_no_answer(error), unheard=unheard)
        return replace(unclear, policy=wish.policy, testing=wish.testing)


def _wish(author: str, own: Found | None, walks: Walks) -> Asking[Wish]:
    """What is wanted, as far as that is known, where the rest is not: that of the nearest record.

    Anybody may write in the name of a subdomain that was forgotten: that its servers are silent must not hide what its
    owner wants.
    """
    if own is not None and own.record.applies:
        return Wish(own.record.policy, own.record.testing, heard=True)
    silent = False
    for target in targets(author):
        try:
            one = yield from walks.record_of(target)
        except CannotTell:
            silent = True
            continue
        if one is not None and one.record.applies:
            wanted = one.record.policy_for(subdomain=True)
            most = one.record.policy_for(subdomain=True, exists=False)
            heard = wanted != "none" or not (silent or most != "none")
            return Wish(wanted, one.record.testing, heard)
    return Wish("none", testing=False, heard=False)


def _is_the_author(author: str, spf: Spf, dkims: Sequence[Dkim]) -> bool:
    """Does the author's very domain vouch for the letter?  That is aligned by whatever record there may be."""
    return (spf.result == "pass" and spf.domain == author) or any(
        one.result == "pass" and one.domain == author for one in dkims
    )


def _evaluate(verdict: Dmarc, own: Found | None, walks: Walks, spf: Spf, dkims: Sequence[Dkim]) -> Asking[Dmarc]:
    author = verdict.domain
    owner, applied = author, own
    if own is None or not _suffices(own.record, author, _identifiers(own.record, spf, dkims)):
        found = yield from walks.walk(author)
        owner = organization(author, found)
        applied = policy_record(author, owner, found)
    if applied is None:
        return replace(verdict, organization=owner, why="no DMARC record")
    verdict = replace(verdict, organization=owner, found_at=applied.domain, record=applied.text)
    if not applied.record.applies:
        return replace(verdict, result="permerror", why="the DMARC record has no usable p, sp or np")
    policy = yield from _policy(author, applied)
    verdict = replace(verdict, policy=policy, testing=applied.record.testing)
    alignment = yield from _alignment(author, owner, _identifiers(applied.record, spf, dkims), walks)
    if alignment.passed:
        return replace(verdict, result="pass", aligned=tuple(f"{one.method}={one.domain}" for one in alignment.passed))
    if alignment.unclear:
        return replace(verdict, result="temperror", why=alignment.unclear)
    return replace(verdict, result="fail", why=_why_not(spf, dkims))


def policy_record(author: str, owner: str, found: tuple[Found, ...]) -> Found | None:
    """The record that holds: the author's, else the organization's, else that of the public suffix."""
    at = {one.domain: one for one in found}
    suffix = found[-1] if found and found[-1].record.psd == "y" else None
    return at.get(author) or at.get(owner) or suffix


def _suffices(record: Record, author: str, identifiers: Iterator[Identifier]) -> bool:
    """Is the end of the organization of no interest (RFC 9989 §4.10.2)?  Then the author's domain stands for it."""
    if not record.applies:
        return False
    return (record.strict_spf and record.strict_dkim) or any(one.passed and one.domain == author for one in identifiers)


def _policy(author: str, applied: Found) -> Asking[Policy]:
    """What the domain owner wants; whether the author's domain exists is asked only where that matters."""
    record = applied.record
    if author == applied.domain:
        return record.policy
    for_subdomain = record.policy_for(subdomain=True)
    if record.policy_for(subdomain=True, exists=False) == for_subdomain:
        return for_subdomain
    answer = yield Question(author, "A")
    if answer.failed:
        raise CannotTell(author)
    return record.policy_for(subdomain=True, exists=answer.exists)


def _identifiers(record: Record, spf: Spf, dkims: Sequence[Dkim]) -> Iterator[Identifier]:
    if spf.result in ("pass", "temperror"):
        yield Identifier("spf", spf.domain, record.strict_spf, spf.result == "pass")
    for dkim in dkims:
        if dkim.result in ("pass", "temperror"):
            yield Identifier("dkim", dkim.domain, record.strict_dkim, dkim.result == "pass")


def _alignment(author: str, owner: str, identifiers: Iterator[Identifier], walks: Walks) -> Asking[Alignment]:
    """The identifiers of the author's own domain or organization.

    An organization is the name itself or one above it: what does not lie below the author's is not asked about.  A
    stranger's domain that never answers would otherwise turn "fail" into "temperror".
    """
    passed: list[Identifier] = []
    unclear = ""
    walked: set[str] = set()
    for one in identifiers:
        if one.domain != author:
            if one.strict or not is_within(one.domain, owner):
                continue
            walked.add(one.domain)
            if len(walked) > MAX_WALKS:
                continue
            try:
                theirs = yield from walks.organization_of(one.domain)
            except CannotTell as error:
                unclear = _no_answer(error)
                continue
            if theirs != owner:
                continue
        if one.passed:
            passed.append(one)
        else:
            unclear = f"{one.method} of {one.domain} got no answer"
    return Alignment(tuple(dict.fromkeys(passed)), unclear)


def _why_not(spf: Spf, dkims: Sequence[Dkim]) -> str:
    """Which identifiers there were, none of them the author's."""
    passed = [f"SPF for {spf.domain}"] if spf.result == "pass" else []
    passed += [f"DKIM for {dkim.domain}" for dkim in dkims if dkim.result == "pass"]
    return f"not aligned: {', '.join(dict.fromkeys(passed))}" if passed else "neither SPF nor DKIM passed"


def _no_answer(error: CannotTell) -> str:
    return f"no answer about {error}"
