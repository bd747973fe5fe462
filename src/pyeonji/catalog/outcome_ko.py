"""프로그램이 맡긴 편지에 대해 여정이 하는 말."""

SENTENCES = {
    "rule.handed in by": "맡긴 프로그램",
    "event.handed in by.script": "{value|이/가} 맡겼어요.",
    "rule.handed in again": "다시 맡김",
    "event.handed in again.once": "같은 편지를 같은 열쇠로 다시 맡겼어요. 두 번 보내지 않았어요.",
    "event.suppressed.not sent": "{value|은/는} 보내지 않기로 한 주소라서 보내지 않았어요. 까닭: {why}",
    "fix.traceparent removed": "프로그램의 추적 표시(traceparent)를 지움",
    "fix.tracestate removed": "프로그램의 추적 표시(tracestate)를 지움",
}
