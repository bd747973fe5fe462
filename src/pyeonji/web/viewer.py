"""Who looks at a letter: from who is signed in to the role that `journey.view` takes away for."""

from dataclasses import dataclass

from pyeonji.journey.view import Viewer
from pyeonji.web.archive import Found

OPENED = "opened"  # the rule in a journey by which an administrator has looked at content


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody before a page.  `sees_all`: everything is shown to everybody, as in the lab."""

    address: str = ""
    is_admin: bool = False
    sees_all: bool = False


def viewer_of(found: Found, watcher: Watcher) -> Viewer | None:
    """In which role this letter may be seen; None for whom it is none of their business.

    The writer is who logged in to send it: what stands in the envelope can be forged, and would open it to the victim.
    """
    if watcher.sees_all:
        return Viewer("admin", opened=True)
    me = watcher.address.casefold()
    wrote = bool(me) and found.story.login.casefold() == me
    if watcher.is_admin:  # who has the letter anyway need not open it
        opened = wrote or me in found.filed or _has_opened(found, me)
        return Viewer("admin", found.filed.get(me, ""), me if me in found.filed else "", opened)
    if wrote:
        return Viewer("writer", me)
    return Viewer("recipient", found.filed[me], me) if me in found.filed else None


def _has_opened(found: Found, me: str) -> bool:
    return any(step.rule == OPENED and step.value.casefold() == me for step in found.story.steps)
