"""The base subject: what answers and forwards of one letter have in common (RFC 5256 §2.1)."""

import re

# The steps of RFC 5256 §2.1 with its names.  Each pattern is tried at one place only, so the whole is linear.
SUBJ_REFWD = re.compile(r"(?:re|fwd?)[ \t]*+(?:\[[^\[\]]*+\][ \t]*+)?:", re.IGNORECASE | re.ASCII)
SUBJ_BLOB = re.compile(r"\[[^\[\]]*+\][ \t]*+")
SUBJ_TRAILER = "(fwd)"
SUBJ_FWD_HDR = "[fwd:"


def base_subject(text: str) -> tuple[str, bool]:
    """The base of a decoded subject, and whether it was that of an answer or a forward."""
    text = " ".join(text.split())
    answer = False
    start, end = 0, len(text)
    while True:
        end, trailed = _without_trailer(text, start, end)
        start, led = _without_leader(text, start, end)
        answer = answer or trailed or led
        if text[start : start + 5].lower() != SUBJ_FWD_HDR or not text.endswith("]", start, end):
            return text[start:end], answer
        start, end, answer = start + 5, end - 1, True


def _without_trailer(text: str, start: int, end: int) -> tuple[int, bool]:
    """Step 2."""
    found = False
    while True:
        while end > start and text[end - 1] == " ":
            end -= 1
        if end - start < 5 or text[end - 5 : end].lower() != SUBJ_TRAILER:
            return end, found
        end, found = end - 5, True


def _without_leader(text: str, start: int, end: int) -> tuple[int, bool]:
    """Steps 3 to 5.  Blobs in front of a "Re:" go with it; others go as long as something is left."""
    found = False
    while True:
        while start < end and text[start] == " ":
            start += 1
        behind, last = start, start  # behind all blobs; where the last of them begins
        while behind < end and (blob := SUBJ_BLOB.match(text, behind, end)):
            behind, last = blob.end(), behind
        refwd = SUBJ_REFWD.match(text, behind, end)
        if refwd is None:
            return (behind if behind < end else last), found
        start, found = refwd.end(), True
