"""Why a check of a letter's origin ended as it did, in Korean; in English the checks say it themselves."""

import re

NAME = r"(\S+)"
KO = [
    (re.compile(pattern), korean)
    for pattern, korean in (
        # ── SPF (msgauth/spf) ──
        ("it is no domain name of two labels or more", "두 마디 이상인 도메인 이름이 아니에요"),
        (rf"{NAME} has no SPF record", "{0}에 SPF 레코드가 없어요"),
        (rf"{NAME} has (\d+) SPF records", "{0}에 SPF 레코드가 {1}개나 있어요. 하나여야 해요"),
        (rf"nothing in the record of {NAME} matches", "{0}의 레코드에 이 주소에 맞는 것이 없어요"),
        (rf"(\S+) of {NAME}", "{1}의 레코드에 있는 {0}"),
        (rf"{NAME} redirects to {NAME}, which has no SPF record", "레코드가 가리키는 {1}에 SPF 레코드가 없어요"),
        (rf"{NAME} includes {NAME}, which has no SPF record", "레코드가 포함하는 {1}에 SPF 레코드가 없어요"),
        (rf"the record of {NAME} cannot be read: (.*)", "{0}의 레코드를 읽을 수 없어요: {1}"),
        (rf"nobody could say what {NAME} has: (.*)", "{0}에 무엇이 있는지 아무도 대답하지 못했어요: {1}"),
        (rf"{NAME} has more than (\d+) exchanges", "{0}의 MX가 {1}개를 넘어요"),
        (r"more than (\d+) of its questions lead nowhere", "아무것도 없는 이름을 {0}번 넘게 물어요"),
        (r"(\d+) look-ups are the most", "DNS 조회는 {0}번까지만 돼요"),
    )
]


def why(language: str, clause: str) -> str:
    """The clause in the reader's language, as far as we know it."""
    if language == "ko":
        for pattern, korean in KO:
            if found := pattern.fullmatch(clause):
                return korean.format(*found.groups())
    return clause
