"""Why a check ended as it did, or a way is closed, in Korean; in English those who found it say it themselves."""

import re

from pyeonji.catalog.whys_endings import CLAUSES as ENDINGS
from pyeonji.catalog.whys_transport import CLAUSES as TRANSPORT

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
        (r"it has more than (\d+) characters", "{0}자를 넘어요"),
        (rf"{NAME} comes twice", "{0} 항목이 두 번 나와요"),
        (r"(.*) is no term", "{0}: 아무 뜻도 없는 말이에요"),
        (r"(.*) is no mechanism", "{0}: 그런 메커니즘은 없어요"),
        (r"(.*) is no network", "{0}: 네트워크가 아니에요"),
        (r"(.*) is no prefix", "{0}: 프리픽스가 아니에요"),
        (r"(.*) has a prefix that is too long", "{0}: 프리픽스가 너무 길어요"),
        (r"(.*) is no macro", "{0}: 매크로가 아니에요"),
        (r"(.*) is not allowed here", "{0}: 여기에 쓸 수 없는 매크로예요"),
        (r"(.*) takes no parts at all", "{0}: 한 마디도 고르지 않아요"),
        (r"a name is missing", "이름이 빠졌어요"),
        (r"(.*) does not end in a top level domain", "{0}: 최상위 도메인으로 끝나지 않아요"),
        # ── DKIM (msgauth/dkim) ──
        ("it is no text", "글자로 읽을 수 없어요"),
        ("there is something that is no tag", "꼬리표가 아닌 것이 들어 있어요"),
        (r"(\w+)= comes twice", "{0}= 꼬리표가 두 번 나와요"),
        (r"(\w+)= is missing", "{0}= 꼬리표가 없어요"),
        (r"(\w+)= is no base64", "{0}= 값이 base64가 아니에요"),
        (r"(\w+)= is no name", "{0}= 값이 이름이 아니에요"),
        (r"(\w+)= is no instant", "{0}= 값이 시각이 아니에요"),
        (r"(\w+)= is no number", "{0}= 값이 숫자가 아니에요"),
        (r"(\w+)= is none we know", "{0}= 값이 모르는 것이에요"),
        ("v= is not 1", "v= 값이 1이 아니에요"),
        ("From is not signed", "From에 서명하지 않았어요"),
        ("i= is not within d=", "i= 값이 d= 도메인에 속하지 않아요"),
        ("h= is no list of fields", "h= 값이 머리글 이름이 아니에요"),
        ("q= asks for another way to its key", "열쇠를 찾는 길을 모르겠어요 (q=)"),
        ("x= is not after t=", "x= 시각이 t= 시각보다 늦지 않아요"),
        ("the name of its key is too long", "열쇠의 이름이 너무 길어요"),
        (rf"nobody could say what key {NAME} has: (.*)", "{0}의 열쇠를 아무도 대답하지 못했어요: {1}"),
        (rf"there is no key at {NAME}", "{0}에 열쇠가 없어요"),
        ("its record is no key", "DNS에 적힌 것이 열쇠가 아니에요"),
        (r"there are (\d+) keys under its name", "열쇠가 {0}개나 있어요. 하나여야 해요"),
        ("its key is not for SHA-256", "SHA-256에 쓰지 않는 열쇠예요"),
        ("its key is not for mail", "편지에 쓰지 않는 열쇠예요"),
        (r"its key is for ([\w-]+)", "{0} 방식의 열쇠예요"),
        ("its key is of no kind", "무슨 열쇠인지 알 수 없어요"),
        ("its key was revoked", "거두어들인 열쇠예요"),
        (r"its key has more than (\d+) bits", "열쇠가 {0}비트보다 커요"),
        (r"its key has (\d+) bits, (\d+) are the least", "열쇠가 {0}비트예요. {1}비트는 되어야 해요"),
        (r"its key is larger than (\d+) bits", "열쇠가 {0}비트보다 커요"),
        ("its key cannot be read", "열쇠를 읽을 수 없어요"),
        ("its key is not what it says", "열쇠가 적힌 것과 달라요"),
        (r"more than (\d+) signatures are not looked into", "서명은 {0}개까지만 살펴봐요"),
        ("SHA-1 proves nothing any more", "SHA-1은 이제 증거가 되지 못해요"),
        ("it has expired", "서명의 기한이 지났어요"),
        ("its key is not for domains below d=", "아래 도메인에는 쓰지 않는 열쇠예요"),
        ("l= is longer than the body", "l= 값이 본문보다 길어요"),
        ("the body was changed", "본문이 바뀌었어요"),
        ("the header was changed, or the key is another", "머리글이 바뀌었거나 다른 열쇠예요"),
        (r"only (\d+) of (\d+) octets of the body are signed", "본문 {1}바이트 가운데 {0}바이트에만 서명했어요"),
        # ── DMARC (msgauth/dmarc) and the author (message/author) ──
        ("an address literal has no policy", "숫자 주소에는 약속이 없어요"),
        (rf"no answer about {NAME}", "{0}에 대해 아무도 대답하지 않았어요"),
        ("no DMARC record", "DMARC 레코드가 없어요"),
        ("the DMARC record has no usable p, sp or np", "DMARC 레코드의 p, sp, np를 알아볼 수 없어요"),
        (rf"(spf|dkim) of {NAME} got no answer", "{1}의 {0}에 아무도 대답하지 않았어요"),
        (r"not aligned: (.*)", "통과한 것이 다른 도메인의 것이에요: {0}"),
        ("neither SPF nor DKIM passed", "SPF도 DKIM도 통과하지 못했어요"),
        ("the letter names no author", "쓴 사람이 적혀 있지 않아요"),
        (r"(\d+) From fields", "From 줄이 {0}개예요"),
        ("white space before the colon of From", "From과 콜론 사이에 빈칸이 있어요"),
        ("something that may be read as a second From field", "두 번째 From으로 읽힐 수 있는 줄이 있어요"),
        ("control characters in From", "From에 제어 문자가 있어요"),
        ("a group in From", "From에 모임 이름이 있어요"),
        ("more addresses in From than are read", "From에 주소가 너무 많아요"),
        ("no usable address in From", "From에 쓸 수 있는 주소가 없어요"),
        ("authors of several domains in From", "From에 여러 도메인의 주소가 있어요"),
        ("an address outside quotes beside the author's", "From에 따옴표 밖의 다른 주소가 있어요"),
        # ── ARC (msgauth/arc) ──
        (r"more than (\d+) hops", "거친 곳이 {0}곳을 넘어요"),
        ("a hop lacks one of its three fields", "세 머리글 가운데 하나가 없는 곳이 있어요"),
        ("a hop has two fields of one kind", "같은 머리글이 둘인 곳이 있어요"),
        (r"(arc-[a-z-]+): (.*)", "{0} 머리글을 읽을 수 없어요: {1}"),
        ("i= is no number of a hop", "i= 값이 차례가 아니에요"),
        ("the last hop found the chain broken", "바로 앞 서버가 이미 깨졌다고 했어요"),
        (r"hop (\d+) says something else of those before it", "{0}번째 서버가 앞의 것과 다른 말을 해요"),
        (r"the seal of hop (\d+) has h=", "{0}번째 서버의 표시에 h= 꼬리표가 있어요"),
        (r"the seal of hop (\d+) is broken", "{0}번째 서버의 표시가 맞지 않아요"),
        ("a seal is signed", "표시에 다시 서명했어요"),
        ("a message signature has expired", "편지 서명의 기한이 지났어요"),
        ("the header was changed", "머리글이 바뀌었어요"),
        # ── the do-not-send list (store/suppressions) ──
        ("complaint", "받은 사람이 스팸으로 신고했어요"),
        ("a person decided", "사람이 정했어요"),
        (r"addr\.no_such_user", "없는 주소예요"),
        (r"addr\.domain_not_found", "없는 도메인이에요"),
        (r"addr\.domain_no_mail", "편지를 받지 않는 도메인이에요"),
        (r"addr\.moved", "다른 주소로 옮겼어요"),
        (r"mbox\.disabled", "쓰지 않는 주소예요"),
        *TRANSPORT,
        *ENDINGS,
    )
]


def why(language: str, clause: str) -> str:
    """The clause in the reader's language, as far as we know it."""
    if language == "ko":
        for pattern, korean in KO:
            if found := pattern.fullmatch(clause):
                return korean.format(*(why(language, part or "") for part in found.groups()))
    return clause
