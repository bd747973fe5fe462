"""The lab's sentences in the reader's language."""

from pyeonji.catalog.say import LANGUAGES, Words, say

NOTHING = "-"  # in place of a value that is empty


class Voice:
    """`voice("scene.title")`; slots are filled by name."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"

    def __call__(self, key: str, **slots: object) -> str:
        """Values may be anything that has a text; `Words` of the catalogue are said in this language."""
        told = {name: value if isinstance(value, Words) else str(value) or NOTHING for name, value in slots.items()}
        return say(self.language, key, **told)
