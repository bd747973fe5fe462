"""The first words of a letter, for lists (RFC 8970 §4)."""

from pyeonji.message.charset import one_letter
from pyeonji.message.flowed import in_paragraphs
from pyeonji.message.folded import UNSEEN
from pyeonji.message.html_text import html_to_text
from pyeonji.message.part import Part
from pyeonji.message.text import best_alternative, is_attachment
from pyeonji.message.wording import decoded
from pyeonji.message.words import legible

MAX_PREVIEW = 200  # characters, RFC 8970 §4
LOOKED_AT = 20_000  # characters of a text that are read for it; ours


@one_letter()
def preview(root: Part) -> str:
    """At most 200 characters in one line, without what the letter quotes; "" where it holds no text."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.is_multipart and part.subtype == "alternative":
            waiting.append(best_alternative(part))
        elif part.children:
            waiting.extend(reversed(part.children))
        elif part.type == "text" and not is_attachment(part) and (found := _first_words(part)):
            return found
    return ""


def _first_words(part: Part) -> str:
    text = decoded(part).text
    if part.subtype == "html":
        text = html_to_text(text, LOOKED_AT)
    else:
        text = in_paragraphs(text[:LOOKED_AT].replace("\r\n", "\n"), part.content_type)
    own = [line for line in text.splitlines() if not line.startswith(">")]
    words = " ".join(UNSEEN.sub("", legible(" ".join(own))).split())
    return words if len(words) <= MAX_PREVIEW else words[: MAX_PREVIEW - 1].rstrip() + "…"
