"""프로그램이 맡긴 편지에 대해 여정이 하는 말."""

SENTENCES = {
    "rule.handed in by": "맡긴 프로그램",
    "event.handed in by.script": "{value|이/가} 맡겼어요.",
    "rule.handed in again": "다시 맡김",
    "event.handed in again.once": "같은 편지를 같은 열쇠로 다시 맡겼어요. 두 번 보내지 않았어요.",
    "event.suppressed.not sent": "{value|은/는} 보내지 않기로 한 주소라서 보내지 않았어요. 까닭: {why}",
    "fix.traceparent removed": "프로그램의 추적 표시(traceparent)를 지움",
    "fix.tracestate removed": "프로그램의 추적 표시(tracestate)를 지움",
    "webhook.disabled.subject": "앱 {app|이/가} 소식을 받지 않아서 {url|을/를} 멈췄어요",
    "webhook.disabled.what": "{url|이/가} 사흘 동안 아무것도 받지 않았거나 그만 보내 달라고 했어요. "
    "그래서 멈춰 두었어요. 마지막 대답: {why}",
    "webhook.disabled.kept": "잃은 것은 없어요. 못 받은 소식은 모아 두었다가 다시 켜면 보내요.",
    "webhook.disabled.todo": "확인: pyeonji webhook log {number}. 다시 켜려면: pyeonji webhook resume {number}",
    "domain.check_failed": "{domain}의 DNS 레코드가 없거나 달라요: {records}. 편지를 거절당할 수 있어요.",
    "domain.check_failed.todo": "DNS 관리자가 pyeonji dns check {domain} 명령이 보여 주는 줄을 붙여 넣어요.",
    "domain.check_ok": "{domain}의 DNS 레코드가 다시 맞아요.",
    "rule.return address": "반송 주소",
    "event.return address.back": "받는 사람 하나의 반송 주소로 왔어요. 보낸 사람에게 전해요: {why}",
}
