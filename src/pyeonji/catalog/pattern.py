"""How a phrase that tells the cause of a refusal is written down."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """`code` begins the reply code ("4", "552"), `status` the "subject.detail" of RFC 3463; `phase` as in explain."""

    cause: str
    phrase: str
    code: str = ""
    status: str = ""
    phase: str = ""


def says(cause: str, *phrases: str, code: str = "", status: str = "", phase: str = "") -> tuple[Pattern, ...]:
    """A pattern for each phrase, for each order it may be said in."""
    return tuple(Pattern(cause, one, code, status, phase) for phrase in phrases for one in _orders(phrase))


def _orders(phrase: str) -> tuple[str, ...]:
    """ "full ~ mailbox" is said in either order, with room between: other languages turn the sentence round."""
    wanted, sign, unwanted = phrase.partition(" ! ")
    one, near, other = wanted.partition(" ~ ")
    return (f"{one} .. {other}{sign}{unwanted}", f"{other} .. {one}{sign}{unwanted}") if near else (phrase,)
