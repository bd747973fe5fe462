"""What journeys say of letters that programs hand in."""

SENTENCES = {
    "rule.handed in by": "handed in by",
    "event.handed in by.script": "{value} handed it in.",
    "rule.handed in again": "handed in again",
    "event.handed in again.once": "The same letter was handed in again with the same key. It was not sent twice.",
    "event.suppressed.not sent": "Nothing was sent to {value}, an address on the do-not-send list: {why}",
    "fix.traceparent removed": "the trace of a program (traceparent) removed",
    "fix.tracestate removed": "the trace of a program (tracestate) removed",
    "webhook.disabled.subject": "The app {app} does not hear us any more: {url} is paused",
    "webhook.disabled.what": "{url} has taken nothing for three days, or asked for no more. It is paused. "
    "The last answer: {why}",
    "webhook.disabled.kept": "Nothing is lost. What it missed is kept and comes when it is resumed.",
    "webhook.disabled.todo": "Look with pyeonji webhook log {number}, and let it go on with pyeonji webhook resume "
    "{number}.",
    "domain.check_failed": "Records of {domain} are missing or wrong in the DNS: {records}. Mail may be refused.",
    "domain.check_failed.todo": "Whoever runs the DNS pastes the lines that pyeonji dns check {domain} prints.",
    "domain.check_ok": "The records of {domain} in the DNS are right again.",
    "rule.return address": "return address",
    "event.return address.back": "It came to the return address of one recipient, and goes to the writer: {why}",
}
