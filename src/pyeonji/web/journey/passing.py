"""Ready texts for those who do not see this page: whoever can mend it, and whoever can teach us what a reply means."""

from dataclasses import dataclass

from pyeonji import __version__
from pyeonji.catalog.say import LANGUAGES, Words, say
from pyeonji.journey.instants import rfc3339
from pyeonji.journey.story import RecipientStory, Story
from pyeonji.journey.troubles import unvaried
from pyeonji.journey.view import Viewer

FOR = ("recipient", "recipient_admin")
UNEXPLAINED = "cause.unexplained"
SEE_REPLIES = ("admin", "writer", "app")


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


def to_report(one: RecipientStory, viewer: Viewer, reverse_path: str) -> str:
    """A reply that nobody can explain, without anybody's name; "" for one that is explained, and for who sees none."""
    if one.reply is None or one.key != UNEXPLAINED or viewer.role not in SEE_REPLIES:
        return ""
    reply = one.reply
    words = " ".join(filter(None, (str(reply.code or ""), reply.enhanced, reply.text)))
    provider = (one.slots or {}).get("provider")
    known = [f"at: {say('en', provider.keys[0])}"] if isinstance(provider, Words) else []
    return "\n".join([unvaried(words, one.address, reverse_path), f"phase: {reply.phase or '?'}", *known,
                      f"pyeonji {__version__}"])  # fmt: skip
