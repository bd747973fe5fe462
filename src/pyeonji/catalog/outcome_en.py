"""What journeys say of letters that programs hand in."""

SENTENCES = {
    "rule.handed in by": "handed in by",
    "event.handed in by.script": "{value} handed it in.",
    "rule.handed in again": "handed in again",
    "event.handed in again.once": "The same letter was handed in again with the same key. It was not sent twice.",
    "event.suppressed.not sent": "Nothing was sent to {value}, an address on the do-not-send list: {why}",
    "fix.traceparent removed": "the trace of a program (traceparent) removed",
    "fix.tracestate removed": "the trace of a program (tracestate) removed",
}
