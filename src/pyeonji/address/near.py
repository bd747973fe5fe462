"""The domain that was meant by who mistyped one: a letter too many, too few or another, or two that changed places."""

from collections.abc import Iterable

LARGE = (
    "gmail.com", "naver.com", "daum.net", "hanmail.net", "kakao.com", "nate.com", "outlook.com", "hotmail.com",
    "icloud.com", "yahoo.com",
)  # fmt: skip
MIN_LENGTH = 6  # characters: of shorter names too many lie one slip apart


def meant(domain: str, known: Iterable[str]) -> str:
    """The first of `known` or the large providers that is one slip away; "" for none."""
    domain = domain.casefold()
    if len(domain) < MIN_LENGTH:
        return ""
    return next((one for one in (*known, *LARGE) if one_slip(domain, one.casefold())), "")


def one_slip(a: str, b: str) -> bool:
    """Does one of the four slips make `b` of `a`?"""
    start = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    end = next((at for at, (x, y) in enumerate(zip(reversed(a), reversed(b), strict=False)) if x != y),
               min(len(a), len(b)))  # fmt: skip
    a, b = a[: len(a) - end], b[: len(b) - end]
    return (len(a), len(b)) in ((0, 1), (1, 0), (1, 1)) or (len(a) == len(b) == 2 and a == b[::-1])
