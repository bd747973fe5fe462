"""A ready text for those who can mend it and do not see this page: the recipient, or who runs that server."""

from dataclasses import dataclass

from pyeonji.catalog.say import LANGUAGES, say
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.story import RecipientStory, Story

FOR = ("recipient", "recipient_admin")


@dataclass(frozen=True, slots=True)
class ToPassOn:
    """One text in one language."""

    language: str
    text: str


def to_pass_on(story: Story, one: RecipientStory) -> tuple[ToPassOn, ...]:
    """In every language, since nobody knows which one they read; () when it is nobody's to whom one could write."""
    if one.actor not in FOR or one.reply is None or one.state == "delivered":
        return ()
    reply = one.reply
    words = " ".join(filter(None, (str(reply.code or ""), reply.enhanced, reply.text)))
    last = max((step.at for step in story.steps if step.recipient in (0, one.n)), default=story.accepted_at)
    slots = {
        "rcpt": one.address, "author": story.reverse_path or story.author, "host": reply.from_host,
        "words": words, "number": story.display_id, "when": rfc3339(last),
    }  # fmt: skip
    return tuple(ToPassOn(lang, say(lang, f"pass_on.{one.actor}", **slots)) for lang in LANGUAGES)
