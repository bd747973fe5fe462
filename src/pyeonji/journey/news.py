"""News for programs as JSON: the same in webhooks and in the API (docs/webhooks.md)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyeonji.catalog.say import LANGUAGES, Slot, say
from pyeonji.journey.explain import explain
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.outcome import COMPLAINED, DOMAIN_BAD, DOMAIN_GOOD, Fact, Item, Status
from pyeonji.journey.receipt import compact, written
from pyeonji.journey.story import RecipientStory, explained
from pyeonji.journey.tell import readable, what_happened, what_to_do

KEYS = {  # sentences for a status that no reply explains
    "queued": "about.queued", "held": "about.held", "sending": "about.sending", "cancelled": "about.cancelled",
    "suppressed": "about.suppressed",
}  # fmt: skip


def as_data(item: Item, base_url: str = "") -> dict[str, Any]:
    """`base_url` is where the pages of journeys are, without a slash at the end; "" where nobody shows them."""
    return {"type": item.type, "timestamp": rfc3339(item.at), "data": _data(item, base_url)}


def as_body(item: Item, base_url: str = "") -> bytes:
    """The octets that are signed: the same whenever they are made."""
    return json.dumps(as_data(item, base_url), ensure_ascii=False, separators=(",", ":")).encode()


def _data(item: Item, base_url: str) -> dict[str, Any]:
    if not item.message:
        return {**item.facts, **_of_domain(item)}
    found: dict[str, Any] = {
        "message": compact(item.message), "recipient": item.n or None, "address": item.address or None,
        "ref": item.ref or None, "metadata": dict(item.metadata), "tags": list(item.tags),
        "sequence": item.sequence,
    }  # fmt: skip
    if item.revision:
        found["revision"] = item.revision
    found |= _outcome(item)
    if base_url:
        found["journey_url"] = f"{base_url}/j/{written(item.message)}"
    return found


def _of_domain(item: Item) -> dict[str, Any]:
    """What the records of a domain mean, and who must act."""
    if item.type not in (DOMAIN_BAD, DOMAIN_GOOD):
        return {}
    slots: dict[str, Slot] = {
        "domain": readable(str(item.facts["domain"])), "records": ", ".join(item.facts["records"]),
    }  # fmt: skip
    is_bad = item.type == DOMAIN_BAD
    return {
        "actor": "dns_owner" if is_bad else "nobody",
        "explanation": {lang: say(lang, item.type, **slots) for lang in LANGUAGES},
        "action": {lang: say(lang, f"{item.type}.todo", **slots) for lang in LANGUAGES} if is_bad else None,
    }


def _outcome(item: Item) -> dict[str, Any]:
    facts = item.facts
    if item.type == COMPLAINED:
        return {"said": facts.get("reply", ""), "letter": _letter(facts)}
    state = item.outcome
    if state is None:  # of a letter that came in, or of a later version
        return {name: value for name, value in facts.items() if name not in ("letter",)}
    one = recipient(item, state)
    found: dict[str, Any] = {
        "outcome": state, "certainty": facts.get("certainty"), "cause": one.cause or None,
        "actor": one.actor, "reply": _reply(one),
        "explanation": {lang: what_happened(one, lang) for lang in LANGUAGES},
        "action": {lang: what_to_do(one, lang) for lang in LANGUAGES} if one.action else None,
    }  # fmt: skip
    for name, fact in (("next_attempt_at", "next"), ("gives_up_at", "gives_up")):
        if fact in facts:
            found[name] = rfc3339(facts[fact])
    if one.cause == "queue.expired" and (last := _last_cause(facts)):
        found["last_cause"] = last
    for name in ("because", "attempt"):
        if name in facts:
            found[name] = facts[name]
    if "letter" in facts:
        found["letter"] = _letter(facts)
    return found


def recipient(item: Item, state: Status) -> RecipientStory:
    """The news as a story of its recipient, which has the sentences."""
    facts = item.facts
    one = RecipientStory(n=item.n, address=item.address, state=state, certainty=str(facts.get("certainty", "")))
    reply, host, phase = (str(facts.get(name, "")) for name in ("reply", "host", "phase"))
    if state in ("deferred", "failed", "bounced"):
        return explained(one, reply, item.cause, host, phase)
    return about(one, reply, host, str(facts.get("because", "")))


def about(one: RecipientStory, reply: str, host: str, because: str) -> RecipientStory:
    """What is told by its status alone."""
    if reply:
        one = replace(one, reply=explained(one, reply, "", host, "content").reply)
    key = KEYS.get(one.state) or f"about.{one.certainty}"
    actor = "admin" if one.state in ("held", "suppressed") else "nobody"
    return replace(one, key=key, actor=actor, slots={"address": one.address, "because": because})


def _reply(one: RecipientStory) -> dict[str, Any] | None:
    said = one.reply
    if said is None:
        return None
    return {
        "code": said.code or None, "enhanced": said.enhanced or None, "text": said.text,
        "from_host": said.from_host or None, "phase": said.phase or None,
    }  # fmt: skip


def _letter(facts: Mapping[str, Fact]) -> str | None:
    return compact(int(facts["letter"])) if facts.get("letter") else None


def _last_cause(facts: Mapping[str, Any]) -> str:
    """Behind "not in time" stands why it was put off the last time."""
    found = explain(str(facts.get("reply", "")), str(facts.get("phase", "")), str(facts.get("host", ""))).cause
    return "" if found == "queue.expired" else found
