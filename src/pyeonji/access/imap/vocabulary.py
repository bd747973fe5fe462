"""Which flags a mailbox knows: a client hears of a keyword before it reads it on a letter (RFC 9051 §7.3.5, §7.1)."""

from collections.abc import Iterable

from pyeonji.access.imap.view import View
from pyeonji.proto.imap import flags, response
from pyeonji.proto.imap.rights import settable


def spelt(view: View, keywords: Iterable[str]) -> frozenset[str]:
    """The same keywords as the mailbox has them already."""
    return frozenset(view.image.words.get(word.lower(), word) for word in keywords)


def known(view: View) -> bytes:
    """The FLAGS response; from now on the client knows these keywords."""
    words = tuple(view.image.words.values())
    view.words = len(words)
    return response.data(b"FLAGS " + flags.listed(flags.STORED, words))


def permanent(view: View, rights: str) -> bytes:
    """Which of them he may change (RFC 4314 §5.1.1); what FLAGS names and this does not cannot be changed."""
    may = settable("" if view.read_only else rights)
    words = [*view.image.words.values(), "\\*"] if may.keywords else []
    return response.data(b"OK [PERMANENTFLAGS %b] Kept" % flags.listed(may.mask, words))


def news(view: View, rights: str) -> bytes:
    """Both, where there are keywords he has not heard of."""
    return known(view) + permanent(view, rights) if len(view.image.words) > view.words else b""
