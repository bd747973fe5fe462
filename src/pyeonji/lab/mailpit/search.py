"""Searching as Mailpit does, the terms that tests use."""

import re

from pyeonji.lab.caught import Letter
from pyeonji.lab.mailpit.shapes import head

TERM = re.compile(r'(-?)(?:([a-z-]+):)?(?:"([^"]*)"|(\S+))', re.IGNORECASE)
MAX_QUERY = 998  # characters


def fitting(letters: list[Letter], query: str) -> list[Letter]:
    """Letters for which every term is true: word, "words", from: to: cc: bcc: subject: message-id: has:attachment,
    each also with "-" before it."""
    terms = [
        (bool(m[1]), (m[2] or "").lower(), m[4] if m[3] is None else m[3]) for m in TERM.finditer(query[:MAX_QUERY])
    ]
    return [letter for letter in letters if all(_fits(letter, name, text) is not no for no, name, text in terms)]


def _fits(letter: Letter, name: str, text: str) -> bool:
    if name == "has":
        return bool(letter.files) if text.lower().startswith("attachment") else False
    return text.casefold() in _looked_in(letter, name).casefold()


def _looked_in(letter: Letter, name: str) -> str:
    """The text that a term with this name is sought in."""
    said = head(letter)
    author = _people([said["From"]]) if said["From"] else letter.reverse_path
    to, cc, bcc = (_people(said[key]) for key in ("To", "Cc", "Bcc"))
    places = {
        "from": author, "to": to, "cc": cc, "bcc": bcc, "reply-to": _people(said["ReplyTo"]),
        "subject": letter.subject, "message-id": said["MessageID"], "addressed": f"{author} {to} {cc} {bcc}",
    }  # fmt: skip
    return str(places[name]) if name in places else f"{author} {to} {cc} {letter.subject} {letter.text}"


def _people(people: list[dict[str, str]]) -> str:
    return " ".join(f"{one['Name']} <{one['Address']}>" for one in people)
