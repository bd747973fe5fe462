"""What is amiss in a request to the API, in Korean.  The English stands where it is found out, or is the decoder's.

{} in the English is a word that is known only then; {0} in the Korean is the first of these, {0|은/는} with a particle.
"""

import re
from functools import lru_cache, partial

from pyeonji.catalog.josa import with_josa

KOREAN = {
    # ── letters ──
    "a letter has text, HTML or both": "편지에는 text나 html이 있어야 해요",
    "there is no recipient": "받는 사람이 없어요",
    "there are more than {} recipients": "받는 사람이 {0}명을 넘어요",
    "an address is one line": "주소는 한 줄이에요",
    "{} is not one mailbox": "{0|은/는} 주소 하나가 아니에요",
    "{} is no address": "{0|은/는} 주소가 아니에요",
    "that is no address": "주소가 아니에요",
    "a header has at most {} octets": "머리는 {0}바이트까지예요",
    "there is a NUL in it": "NUL 글자가 들어 있어요",
    "attach a letter as application/octet-stream": "편지를 첨부할 때는 application/octet-stream으로 하세요",
    "that is no name of a header field": "머리 칸의 이름이 아니에요",
    "this field is written by the server": "이 칸은 서버가 써요",
    "a field is one line": "칸은 한 줄이에요",
    "the form has no field {} with the letter as JSON": "폼에 편지를 JSON으로 적은 {0} 칸이 없어요",
    "the form cannot be read": "폼을 읽을 수 없어요",
    # ── what an app says of its letter ──
    "it may stand there once": "한 번만 적을 수 있어요",
    "it must be UTF-8": "UTF-8이어야 해요",
    "it must be Unicode text": "유니코드 글이어야 해요",
    "it must be printable, with at most {} characters": "보이는 글자로 {0}자까지예요",
    "at most {} words of letters, digits, _, . and -, with up to 50 characters each": (
        "글자, 숫자, _, ., - 로 된 낱말이 {0}개까지, 하나에 50자까지예요"
    ),
    "it must be a JSON object": "JSON 객체여야 해요",
    "it has at most {} entries": "{0}개까지예요",
    "it has at most {} octets": "{0}바이트까지예요",
    "names have up to {}, values are strings of up to {} characters": "이름은 {0}자, 값은 {1}자까지의 글이에요",
    "names have no control characters, and nothing has a NUL": (
        "이름에는 제어 글자를 쓸 수 없고, 어디에도 NUL 글자는 쓸 수 없어요"
    ),
    "a time from 60s to 7d, such as 15m": "60s부터 7d까지, 이를테면 15m처럼 적으세요",
    "1 to {} visible characters": "보이는 글자로 1자부터 {0}자까지예요",
    "a key has 1 to 255 visible characters": "열쇠말은 보이는 글자로 1자부터 255자까지예요",
    # ── who and where ──
    "{} is no address of {}": "{0|은/는} {1}의 주소가 아니에요",
    "{} is not a domain here": "{0|은/는} 여기 도메인이 아니에요",
    "{} is no domain": "{0|은/는} 도메인이 아니에요",
    "nobody is called {}": "{0|이라는/라는} 사람은 없어요",
    "nobody here is called {}": "여기에 {0|이라는/라는} 사람은 없어요",
    "there is no app {}": "{0|이라는/라는} 앱은 없어요",
    "the owner's letters would come to the list again": "주인에게 간 편지가 목록으로 다시 와요",
    "an account's name has no characters that programs read differently": (
        "계정 이름에는 프로그램마다 다르게 읽는 글자를 쓸 수 없어요"
    ),
    "the password has characters that cannot be seen": "비밀번호에 보이지 않는 글자가 있어요",
    # ── the rest ──
    "that is no `next` of a page": "어느 쪽의 `next`도 아니에요",
    "that is no number": "접수 번호가 아니에요",
    "this is no reply of a mail server": "메일 서버의 대답이 아니에요",
    "an endpoint is asked over https": "웹훅 주소는 https여야 해요",
    "there are no events {}": "{0|이라는/라는} 소식은 없어요",
    "this app was told of no such event": "이 앱에 그런 소식을 알린 적이 없어요",
    "JSON with too many levels": "JSON이 너무 깊어요",
    "the body ends before its end": "본문이 중간에 끊겼어요",
    # ── the decoder's (msgspec) ──
    "Object missing required field `{}`": "{0} 칸이 없어요",
    "Object contains unknown field `{}`": "{0|이라는/라는} 칸은 없어요",
    "Expected `{}`, got `{}`": "{1|이/가} 아니라 {0|이어야/여야} 해요",
    "Expected `{}` of length <= {}": "{0}의 길이는 {1}까지예요",
    "Expected `{}` of length >= {}": "{0}의 길이는 {1}부터예요",
    "Expected `{}` <= {}": "{0} 값은 {1}까지예요",
    "Expected `{}` >= {}": "{0} 값은 {1}부터예요",
    "Expected `{}` matching regex {}": "{0|이/가} {1} 모양이어야 해요",
    "Invalid enum value {}": "{0|은/는} 고를 수 있는 값이 아니에요",
    "JSON is malformed: {}": "JSON이 아니에요: {0}",
    "Input data was truncated": "JSON이 중간에 끊겼어요",
}
_SLOT = re.compile(r"\{(\d)(?:\|([^}]+))?\}")


def korean(what: str) -> str:
    """As it is when it is none of these."""
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(what):
            return _SLOT.sub(partial(_filled, found.groups()), sentence)
    return what


def _filled(words: tuple[str, ...], slot: re.Match[str]) -> str:
    word = words[int(slot[1])]
    return with_josa(word, slot[2]) if slot[2] else word


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(re.escape(english).replace(r"\{\}", "(.+?)"), re.DOTALL), said) for english, said in KOREAN.items()
    )
