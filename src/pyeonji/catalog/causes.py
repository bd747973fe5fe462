"""Why mail is not taken: thirty-three causes, each with a sentence, who must act and what to do, in both languages.

Slots: {host} who said it, {rcpt} {domain} for whom, {provider}, {list} a block list, {url} their link, {last} an
earlier cause.  How a reply is recognised stands in `patterns`.
"""

from dataclasses import dataclass
from typing import Literal

Actor = Literal["nobody", "writer", "app_developer", "admin", "dns_owner", "recipient", "recipient_admin"]


@dataclass(frozen=True, slots=True)
class Cause:
    """`actor` is who must do `action`; with "nobody", `action` says what happens by itself."""

    key: str
    actor: Actor
    ko: str
    en: str
    action_ko: str
    action_en: str


_WAIT_KO = "기다리면 돼요. 저절로 다시 보내요."
_WAIT_EN = "Nothing. It is sent again automatically."

_ALL = (
    Cause(
        "addr.no_such_user",
        "writer",
        "{host}에 {rcpt|이/가} 없어요.",
        "{host} does not know {rcpt}.",
        "주소의 철자를 확인하고, 다른 방법으로 주소를 물어보세요.",
        "Check the spelling, or ask for the address another way.",
    ),
    Cause(
        "addr.domain_not_found",
        "writer",
        "{domain|이라는/라는} 도메인이 인터넷에 없어요.",
        "The domain {domain} does not exist.",
        "주소에서 @ 뒤의 철자를 확인해 주세요.",
        "Check the spelling after the @.",
    ),
    Cause(
        "addr.domain_no_mail",
        "writer",
        "{domain|은/는} 편지를 받지 않는 도메인이에요.",
        "{domain} says that it takes no mail.",
        "다른 주소를 물어보세요.",
        "Ask for another address.",
    ),
    Cause(
        "addr.bad_syntax",
        "writer",
        "주소 모양이 올바르지 않아요: {rcpt}",
        "The address is not written correctly: {rcpt}",
        "@ 앞뒤와 빈칸을 확인하세요.",
        "Look at both sides of the @, and for spaces.",
    ),
    Cause(
        "mbox.full",
        "recipient",
        "받는 분의 우편함이 꽉 찼어요.",
        "The recipient's mailbox is full.",
        "우편함을 비워 달라고 다른 방법으로 알려 주세요.",
        "Ask them another way to make room.",
    ),
    Cause(
        "mbox.disabled",
        "writer",
        "{rcpt|은/는} 지금 쓰지 않는 주소예요.",
        "The mailbox {rcpt} is disabled.",
        "다른 주소를 쓰세요. 휴면일 수 있어요.",
        "Use another address. This one may be dormant.",
    ),
    Cause(
        "addr.moved",
        "writer",
        "받는 분이 다른 주소로 옮겼어요.",
        "The recipient has moved to another address.",
        "상대의 말에 적힌 새 주소로 보내세요.",
        "Send to the new address in their words.",
    ),
    Cause(
        "server.greylisted",
        "nobody",
        "상대 서버가 처음 보는 서버라서 조금 뒤에 다시 오라고 했어요.",
        "Their server asks servers it has not seen before to come back later.",
        _WAIT_KO,
        _WAIT_EN,
    ),
    Cause("server.busy", "nobody", "상대 서버가 지금 바빠요.", "Their server is busy.", _WAIT_KO, _WAIT_EN),
    Cause(
        "server.disk_full",
        "recipient_admin",
        "상대 서버의 저장 공간이 모자라요.",
        "Their server is out of space.",
        "받는 쪽 관리자가 공간을 늘려야 해요. 그동안 저절로 다시 보내요.",
        "Their administrator must make room. It is sent again automatically meanwhile.",
    ),
    Cause(
        "server.error",
        "recipient_admin",
        "상대 서버 안에서 문제가 생겼어요.",
        "Something broke inside their server.",
        "오래 걸리면 받는 쪽 관리자에게 상대의 말을 그대로 전해 주세요.",
        "If it lasts, show their words to their administrator.",
    ),
    Cause(
        "net.no_answer",
        "nobody",
        "{domain}의 서버가 대답하지 않아요.",
        "No server of {domain} answers.",
        _WAIT_KO,
        _WAIT_EN,
    ),
    Cause(
        "net.dropped",
        "nobody",
        "이야기하는 도중에 연결이 끊겼어요.",
        "The connection broke off in the middle.",
        _WAIT_KO,
        _WAIT_EN,
    ),
    Cause(
        "net.port25_blocked",
        "admin",
        "이 컴퓨터에서 밖으로 나가는 25번 길이 막혀 있어요.",
        "Outgoing port 25 is blocked on this machine.",
        "서버 회사에 해제를 요청하거나 중계 서버를 설정하세요.",
        "Ask the hosting company to open it, or set a relay.",
    ),
    Cause(
        "dns.temporary",
        "nobody",
        "{domain}의 주소록(DNS)이 지금 대답하지 않아요.",
        "The DNS of {domain} is not answering.",
        _WAIT_KO,
        _WAIT_EN,
    ),
    Cause(
        "route.loop",
        "admin",
        "편지가 같은 서버들 사이를 돌고 있어요.",
        "The message is going in circles between servers.",
        "전달(포워딩) 설정을 확인하세요: pyeonji alias test {rcpt}",
        "Check the forwarding: pyeonji alias test {rcpt}",
    ),
    Cause(
        "queue.expired",
        "writer",
        "정한 시간 안에 전하지 못했어요. 마지막 까닭: {last}",
        "Not delivered in time. The last reason: {last}",
        "다른 방법을 쓰거나 다시 보내세요.",
        "Use another way, or send it again.",
    ),
    Cause(
        "size.too_big",
        "writer",
        "편지가 너무 커서 상대 서버가 받지 않아요.",
        "The message is too big for their server.",
        "파일은 링크로 보내세요.",
        "Send a link in place of the file.",
    ),
    Cause(
        "rate.too_fast_to_user",
        "nobody",
        "받는 분께 한꺼번에 편지가 몰려서 잠시 쉬었다 보내요.",
        "The recipient is getting mail too fast, so we wait.",
        _WAIT_KO,
        _WAIT_EN,
    ),
    Cause(
        "rate.sender_limited",
        "nobody",
        "{provider|이/가} 우리 서버에서 오는 편지의 속도를 낮추라고 했어요.",
        "{provider} asks our server to slow down.",
        "저절로 천천히 다시 보내요. 갑자기 늘었다면 어느 앱인지 보세요.",
        "It is sent again, more slowly. If mail grew suddenly, see which app sends it.",
    ),
    Cause(
        "rcpt.too_many",
        "nobody",
        "한 번에 받는 사람이 너무 많았어요. 나누어 보내요.",
        "Too many recipients at once, so they are split.",
        _WAIT_KO,
        _WAIT_EN,
    ),
    Cause(
        "relay.denied",
        "recipient_admin",
        "{host|은/는} {domain}의 편지를 맡는 서버가 아니에요.",
        "{host} does not handle mail for {domain}.",
        "받는 도메인의 MX가 엉뚱한 서버를 가리켜요. 받는 쪽 관리자에게 알려 주세요.",
        "The domain's MX points to another server. Tell their administrator.",
    ),
    Cause(
        "auth.failed",
        "writer",
        "아이디나 앱 비밀번호가 맞지 않아요.",
        "The user name or the app password is wrong.",
        "앱 비밀번호를 새로 만드세요.",
        "Make a new app password.",
    ),
    Cause(
        "auth.required",
        "app_developer",
        "로그인해야 보낼 수 있어요.",
        "Signing in is required before sending.",
        "587번이나 465번으로 연결하고 로그인하세요.",
        "Connect to port 587 or 465 and sign in.",
    ),
    Cause(
        "from.not_yours",
        "app_developer",
        "이 로그인으로는 그 주소로 보낼 수 없어요.",
        "This login may not send with that address.",
        "보내는 주소를 자기 주소로 바꾸세요.",
        "Send with an address that belongs to the login.",
    ),
    Cause(
        "tls.required",
        "admin",
        "상대 서버는 잠근 연결(TLS)로만 받아요.",
        "Their server accepts only encrypted connections (TLS).",
        "이 서버의 TLS를 켜세요.",
        "Turn TLS on at this server.",
    ),
    Cause(
        "tls.not_trusted",
        "recipient_admin",
        "{host}의 신분증(인증서)이 약속과 달라서 건네지 않았어요.",
        "The certificate of {host} does not match its promise, so nothing was handed over.",
        "받는 쪽 관리자가 인증서를 고쳐야 해요.",
        "Their administrator must repair the certificate.",
    ),
    Cause(
        "tls.missing",
        "recipient_admin",
        "{host}에 잠가서만 보내기로 했는데 잠그지 못했어요.",
        "{host} was only to be sent to encrypted, and encryption did not come about.",
        "받는 쪽 관리자가 TLS를 고쳐야 해요.",
        "Their administrator must repair TLS.",
    ),
    Cause(
        "tls.not_all_the_way",
        "writer",
        "{host}까지 끝까지 잠가서 보내 달라고 했는데 그럴 수 없어요.",
        "You demanded encryption all the way (REQUIRETLS), and the way to {host} cannot promise it.",
        "그 요구 없이 다시 보내거나, 다른 길로 전하세요.",
        "Send it again without that demand, or tell them in another way.",
    ),
    Cause(
        "spf.fail",
        "dns_owner",
        "우리 서버가 “보내도 되는 서버 명단(SPF)”에 없어요.",
        "Our server is not on the list of allowed senders (SPF).",
        "보내는 도메인의 SPF에 이 서버를 넣으세요: pyeonji check 보내는도메인",
        "Add this server to the sending domain's SPF: pyeonji check DOMAIN",
    ),
    Cause(
        "dkim.fail",
        "dns_owner",
        "서명(DKIM)이 없거나 맞지 않아요.",
        "The signature (DKIM) is missing or does not match.",
        "DKIM 레코드를 확인하고, 중간에 내용이 바뀌는지 보세요: pyeonji check 보내는도메인",
        "Check the DKIM record, and whether something rewrites the mail: pyeonji check DOMAIN",
    ),
    Cause(
        "dmarc.fail",
        "dns_owner",
        "{provider|이/가} 정말 그 도메인이 보낸 편지인지 확인하지 못했어요.",
        "{provider} could not verify that the domain really sent this.",
        "SPF·DKIM·DMARC 레코드를 맞추세요: pyeonji check 보내는도메인",
        "Put the records of SPF, DKIM and DMARC right: pyeonji check DOMAIN",
    ),
    Cause(
        "ptr.missing",
        "admin",
        "우리 서버 주소의 역방향 이름(PTR)이 없거나 달라요.",
        "The reverse name (PTR) of our address is missing or different.",
        "서버 회사 관리 화면에서 역방향 이름을 이 서버의 이름으로 바꾸세요.",
        "Set the reverse name at the hosting company to the name of this server.",
    ),
    Cause(
        "ip.blocklisted",
        "admin",
        "우리 서버 주소가 차단 목록({list})에 올라 있어요.",
        "Our server's address is on a block list ({list}).",
        "먼저 왜 올랐는지 찾아 고치고, 그다음 {url}에서 빼 달라고 하세요.",
        "Find and mend the reason first, then ask for removal at {url}.",
    ),
    Cause(
        "content.refused",
        "writer",
        "내용이나 첨부 때문에 받지 않았어요.",
        "They refused the content or an attachment.",
        "실행 파일이나 짧은 주소를 빼고 다시 보내거나, 수신 차단을 풀어 달라고 하세요.",
        "Remove executables and short links, or ask the recipient to unblock you.",
    ),
    Cause(
        "i18n.not_supported",
        "writer",
        "상대 서버가 한글 주소를 알지 못해요.",
        "Their server does not know addresses in other scripts than Latin.",
        "영문으로 된 주소를 쓰세요.",
        "Use the address written in Latin letters.",
    ),
)

CAUSES: dict[str, Cause] = {cause.key: cause for cause in _ALL}
