"""docs/causes.md: why mail is not taken, the whole catalogue in both languages."""

from collections.abc import Iterator

from pyeonji.catalog import causes_reader, causes_sender, causes_server, causes_unspoken
from pyeonji.catalog.cause import Cause
from pyeonji.catalog.say import TABLES, say
from pyeonji.journey.explain import explain

BEFORE = """\
# Why mail is not taken · 편지를 받지 않는 까닭

Printed from the code by `python -m pyeonji.cli.manual`; do not edit. What other servers say is put down to one of
these causes ([explain.md](explain.md) says how); `pyeonji explain "THEIR WORDS"` names it. `GET /catalogue.json` of
the API has the same. Whether it is tried again is said by the first digit of their reply: 4 later, 5 never. Where two
people are named, the second one must act once nobody tries again by himself.
"""
PARTS = (
    ("The recipient and the message · 받는 분과 편지", causes_reader),
    ("Their server and the way there · 상대 서버와 가는 길", causes_server),
    ("Our server and its domain · 우리 서버와 도메인", causes_sender),
    ("Nobody refused · 아무도 거절하지 않았는데", causes_unspoken),
)
RETRY = {
    "by_code": "as their reply says · 상대의 대답대로",
    "always": "it goes on by itself · 저절로 이어져요",
    "never": "nothing is left to try · 더 해 볼 것이 없어요",
}


def causes_page() -> Iterator[str]:
    """Its lines."""
    yield from BEFORE.splitlines()
    for title, part in PARTS:
        yield from ("", f"## {title}")
        for cause in part.CAUSES:
            yield from _told(cause)
    yield from ("", "## Status codes alone · 번호만 있을 때", "")
    yield "What `pyeonji explain 5.7.26` says: the codes of the IANA registry; who must act after a 4, after a 5."
    yield from ("", "| code | 뜻 | meaning | who |", "|---|---|---|---|")
    for key in TABLES["en"]:
        if key.startswith("status."):
            code = key.removeprefix("status.")
            who = dict.fromkeys(say("en", f"actor.{explain(f'{digit}.{code}').actor}") for digit in "45")
            yield f"| X.{code} | {say('ko', key)} | {say('en', key)} | {', '.join(who)} |"


def _told(cause: Cause) -> Iterator[str]:
    who = dict.fromkeys((cause.actor, cause.who(permanent=True)))
    yield from ("", f"### {cause.key}", "")
    for lang in ("ko", "en"):
        yield f"{say(lang, f'cause.{cause.key}')}  "
    for lang, title in (("ko", "할 일"), ("en", "What to do")):
        yield f"{title}: {say(lang, f'action.{cause.key}')}  "
    names = ", ".join(f"{say('ko', f'actor.{one}')} · {say('en', f'actor.{one}')}" for one in who)
    yield f"Who: {names}  "
    yield f"Again: {RETRY[cause.retry]}"
