"""A story told: as JSON for programs, and as text for people, line by line with a plain sentence beneath each."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any

from pyeonji.address import to_unicode
from pyeonji.catalog.say import LANGUAGES, Slot, known, say
from pyeonji.catalog.whys import why
from pyeonji.journey.instants import clock, distance, rfc3339, to_the_millisecond
from pyeonji.journey.receipt import compact, written
from pyeonji.journey.steps import Step
from pyeonji.journey.story import RecipientStory, Said, Story

MARKS = {"delivered": "✓", "deferred": "⟳", "sending": "⟳", "queued": "…", "held": "‖", "cancelled": "‖"}
NO = "✕"


CLAUSES = ("why", "because")  # slots that hold a clause of the checks, in their words
NAMES = ("address", "rcpt", "domain", "host")  # slots that hold a name of the DNS, or end in one
BEFORE_WORDS = ("dns", "connect")  # phases in which nobody over there has said anything yet
OF_HOSTS = "event.tls."  # what these tell of is "host: clause"


def headline(one: RecipientStory, lang: str) -> str:
    """The state in words: "상대 서버가 받았어요"."""
    return say(lang, f"state.{one.state}.{one.certainty}" if one.certainty else f"state.{one.state}")


def mark(one: RecipientStory) -> str:
    """A glyph that says the state without colour."""
    return MARKS.get(one.state, NO)


def what_happened(one: RecipientStory, lang: str) -> str:
    """One sentence; "" when there is none to tell."""
    return say(lang, one.key, **_in_words(one.slots or {}, lang)) if one.key else ""


def _in_words(slots: Mapping[str, Slot], lang: str) -> dict[str, Slot]:
    """Clauses in the reader's language, names and addresses in its letters."""
    clauses = {name: why(lang, clause) for name in CLAUSES if isinstance(clause := slots.get(name), str)}
    named = {name: readable(one) for name in NAMES if isinstance(one := slots.get(name), str)}
    return {**slots, **clauses, **named}


def readable(address: str) -> str:
    """An address or a domain as people read it: U-labels."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{to_unicode(domain)}"


def what_to_do(one: RecipientStory, lang: str) -> str:
    return say(lang, one.action, **(one.slots or {})) if one.action else ""


def whisper(step: Step, lang: str, instant: Callable[[int], str] = rfc3339) -> str:
    """The sentence beneath a step, "" when there is none.  `instant` prints the one in it, if there is one."""
    if not step.key or not known(step.key):
        return ""
    when = step.slots.get("when")
    slots = {**step.slots, "when": instant(when)} if isinstance(when, int) else step.slots
    slots = _in_words(slots, lang)
    if step.key.startswith(OF_HOSTS) and isinstance(value := slots.get("value"), str):
        host, colon, clause = value.partition(": ")
        slots = {**slots, "value": f"{host}{colon}{why(lang, clause)}"}
    return say(lang, step.key, **slots)


# ── for programs ────────────────────────────────────────────────────────────────────────────────────────────


def to_json(story: Story) -> dict[str, Any]:
    """Plain values for JSON; instants as RFC 3339 in UTC, None for none."""
    return {
        "id": compact(story.id) if story.id else "",
        "display_id": story.display_id,
        "message_id": story.message_id,
        "subject": story.subject,
        "reverse_path": story.reverse_path,
        "author": story.author,
        "via": story.via,
        "size": story.size,
        "accepted_at": _time(story.accepted_at),
        "parent": compact(story.parent) if story.parent else None,
        "traceparent": story.trace or None,
        "recipients": [_recipient(one) for one in story.recipients],
        "steps": [_step(step) for step in story.steps],
    }


def _recipient(one: RecipientStory) -> dict[str, Any]:
    return {
        "n": one.n,
        "address": one.address,
        "state": one.state,
        "final": one.final,
        "certainty": one.certainty or None,
        "cause": one.cause or None,
        "actor": one.actor,
        "attempts": one.attempts,
        "next_attempt_at": _time(one.next_attempt_at),
        "gives_up_at": _time(one.gives_up_at),
        "reply": _said(one.reply),
        "explanation": {lang: what_happened(one, lang) for lang in LANGUAGES},
        "action": {lang: what_to_do(one, lang) for lang in LANGUAGES} if one.action else None,
        "bounce": compact(one.bounce) if one.bounce else None,
    }


def _said(reply: Said | None) -> dict[str, Any] | None:
    if reply is None:
        return None
    return {
        "code": reply.code,
        "enhanced": reply.enhanced,
        "text": reply.text,
        "from_host": reply.from_host,
        "phase": reply.phase,
    }


def _step(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {"at": rfc3339(step.at), "kind": step.kind, "event": step.event, "text": step.text}
    if step.kind == "line":
        found |= {"dir": step.direction, "enc": step.encrypted}
    if step.kind == "decide":
        found |= {"rule": step.rule, "value": step.value, "outcome": step.outcome}
    for name, value in (("recipient", step.recipient), ("attempt", step.attempt), ("session", step.session)):
        if value:
            found[name] = value if name != "session" else str(value)  # 60 bits are too many for JavaScript's numbers
    if step.address:
        found["address"] = step.address
    if step.way:
        found["way"] = step.way
    if step.key:
        found["explain"] = {"key": step.key} | {lang: whisper(step, lang) for lang in LANGUAGES}
    return found


def _time(at_us: int) -> str | None:
    return rfc3339(at_us) if at_us else None


# ── for people ──────────────────────────────────────────────────────────────────────────────────────────────


def story_text(story: Story, lang: str, *, now: int, zone: tzinfo = UTC, raw: bool = False) -> str:
    """The whole story; `raw` gives only what crossed the wire, as mail people write it.  `now` in microseconds."""
    if raw:
        return "\n".join(_raw_line(step) for step in story.steps if _is_raw(step))
    lines = _top(story, lang, zone)
    for one in story.recipients:
        lines += ["", *recipient_lines(one, lang, now, zone)]
    lines.append("")
    for step in story.steps:
        lines += _step_lines(step, lang, now, zone)
    return "\n".join(lines)


def _top(story: Story, lang: str, zone: tzinfo) -> list[str]:
    if not story.id:
        return [say(lang, "story.session")]
    subject = story.subject or say(lang, "some.subject")
    people = ", ".join(readable(one.address) for one in story.recipients)
    writer = story.author or readable(story.reverse_path)
    lines = [
        f"{say(lang, 'story.letter', display=story.display_id)}   {subject}",
        say(lang, "story.from_to", **{"from": writer, "rcpt": people}),
    ]
    if story.parent:
        lines.append(say(lang, "story.parent", parent=written(story.parent)))
    return lines


def recipient_lines(one: RecipientStory, lang: str, now: int, zone: tzinfo = UTC) -> list[str]:
    """What happened, their words, who must act, what to do, what next: one row each."""
    rows = [("story.happened", what_happened(one, lang))]
    if one.reply is not None:
        rows.append(("story.noted" if one.reply.phase in BEFORE_WORDS else "story.words", _words(one.reply)))
    if one.state != "delivered":
        rows.append(("story.actor", say(lang, f"actor.{one.actor}")))
        rows.append(("story.action", what_to_do(one, lang)))
    rows.append(("story.next", _next(one, lang, now, zone)))
    if one.gives_up_at and not one.final:
        when, far = clock(one.gives_up_at, now, zone), distance(lang, one.gives_up_at, now)
        rows.append(("", say(lang, "story.gives_up", when=when, distance=far)))
    attempts = " · " + say(lang, "story.attempts", n=one.attempts) if one.attempts > 1 else ""
    labels = [say(lang, key) if key else "" for key, text in rows if text]
    width = max(map(_width, labels))
    told = [text for _, text in rows if text]
    return [
        f"{mark(one)} {readable(one.address)}  {headline(one, lang)}{attempts}",
        *(f"  {label}{' ' * (width - _width(label))}   {text}" for label, text in zip(labels, told, strict=True)),
    ]


def _words(reply: Said) -> str:
    code = " ".join(filter(None, (str(reply.code or ""), reply.enhanced, reply.text)))
    return f"{code}   ({reply.from_host})" if reply.from_host else code


def _next(one: RecipientStory, lang: str, now: int, zone: tzinfo) -> str:
    if one.final:
        return say(lang, "story.nothing_next")
    if not one.next_attempt_at:
        return ""
    when, far = clock(one.next_attempt_at, now, zone), distance(lang, one.next_attempt_at, now)
    return say(lang, "story.next_at", when=when, distance=far)


def _width(text: str) -> int:
    """Columns on a terminal: Hangul takes two."""
    return sum(2 if "\u1100" <= char <= "\uffdc" else 1 for char in text)


def _step_lines(step: Step, lang: str, now: int, zone: tzinfo) -> list[str]:
    sentence = whisper(step, lang, lambda at_us: clock(at_us, now, zone))
    if step.kind != "line" or not step.direction:
        return [f"{to_the_millisecond(step.at, zone)}  {sentence or step.text}"]
    arrow = "→" if step.direction == "out" else "←"
    first = f" {'🔒' if step.encrypted else '  '}{arrow} {step.text}"
    return [first, f"      {sentence}"] if sentence else [first]


def _is_raw(step: Step) -> bool:
    return step.kind in ("line", "tls", "connect", "dns") or step.event in ("deferred", "failed", "delivered")


def _raw_line(step: Step) -> str:
    """As swaks prints it: "->" we said, "<-" they said, "~" for "-" when encrypted, "*" when the answer is no."""
    text = _visible(step.text)
    if step.kind != "line" or not step.direction:
        return f"=== {step.event}: {text}" if text else f"=== {step.event}"
    dash = "~" if step.encrypted else "-"
    if step.direction == "out":
        return f" {dash}> {text}"
    return f"<{dash}  {text}" if text[:1] not in ("4", "5") else f"<{dash}* {text}"


def _visible(text: str) -> str:
    """Octets beyond ASCII as \\xNN, so that nothing is hidden by a font."""
    return "".join(c if " " <= c <= "~" else "".join(f"\\x{b:02X}" for b in c.encode("utf-8", "replace")) for c in text)
