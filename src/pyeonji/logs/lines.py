"""A record as one line: JSON for programs, text for terminals.

fail2ban's filter reads both (packaging/fail2ban), so what stands before `msg` is ours alone and keeps its order.
"""

import json

import msgspec

from pyeonji.journey.instants import rfc3339
from pyeonji.logs.record import Record

NAMED = ("id", "rcpt", "attempt", "peer", "service", "code", "enhanced", "cause")


def as_json(record: Record) -> str:
    """One object; `trace_id` and `span_id` are of the traceparent that an app gave (W3C Trace Context)."""
    found: dict[str, object] = {"ts": rfc3339(record.at), "level": record.level, "event": record.event}
    found["msg"] = record.msg
    found |= {name: value for name in NAMED if (value := getattr(record, name))}
    found |= traced(record.trace)
    found |= {name: value for name, value in record.more.items() if name not in found}
    return msgspec.json.encode(found).decode()


def as_text(record: Record) -> str:
    """The instant, how bad it is, what happened to what, and further facts as name=value."""
    words = [rfc3339(record.at), record.level, record.event]
    words += [record.id] if record.id else []
    words += [f"<{record.rcpt}>"] if record.rcpt else []
    words += [record.msg] if record.msg else []
    facts: dict[str, object] = {name: value for name in ("cause", "peer") if (value := getattr(record, name))}
    facts |= {**record.more, **traced(record.trace)}
    words += [f"{name}={_quoted(str(value))}" for name, value in facts.items()]
    return " ".join(words)


def traced(traceparent: str) -> dict[str, str]:
    """ "00-TRACE-SPAN-01" in its two parts; none when it is nothing of the kind."""
    parts = traceparent.split("-")
    if len(parts) < 4 or len(parts[1]) != 32 or len(parts[2]) != 16:
        return {}
    return {"trace_id": parts[1], "span_id": parts[2]}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if not text or any(char in text for char in ' "=') else text
