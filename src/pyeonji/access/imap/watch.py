"""A session's open mailbox: its view, kept up to date, and the news that go out while it idles."""

import asyncio
from collections.abc import Awaitable, Callable

from pyeonji.acceptance.wake import Wake
from pyeonji.access.imap import vocabulary
from pyeonji.access.imap.images import Images
from pyeonji.access.imap.view import Leaving, View
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.store.engine.base import StoreError

AGAIN_S = 1.0  # seconds until the next look where the store could not be read
TURN_S = 0.02  # seconds of one session's work before others have their turn

Say = Callable[[bytes], Awaitable[None]]
Look = Callable[[], Awaitable[str]]


class MailboxGone(Exception):
    """The mailbox was deleted, or its UIDs mean other letters, or may be read no more: the session cannot go on.

    RFC 2180 §3.3, RFC 4314 §5.1.1.
    """


class Watch:
    """See the top of this module."""

    __slots__ = (
        "_forget", "_gone", "_heard", "_images", "_look", "_tell_news", "_teller", "_wake", "rights", "view",
    )  # fmt: skip

    def __init__(self, view: View, images: Images, wake: Wake, rights: str, look: Look | None) -> None:
        self.view = view
        self.rights = rights  # of whoever has it open
        self._look = look  # into the rights list; None for the owner, whose rights do not change
        self._images = images
        self._wake = wake
        self._forget: Callable[[], None] | None = None  # set while news are told as they come (IDLE)
        self._teller: asyncio.Task[None] | None = None
        self._heard = False

    async def refresh(self) -> None:
        """Look into the store.  Raises MailboxGone, StoreError."""
        await self._images.refresh(self.view.mailbox_id)
        box = self.view.image.box
        if box is None or box.uidvalidity != self.view.uidvalidity or "r" not in await self.current_rights():
            raise MailboxGone

    async def current_rights(self) -> str:
        """What whoever has the mailbox open may do now: they can be taken back while it is open.  Raises StoreError."""
        if self._look is not None:
            self.rights = await self._look()
        return self.rights

    async def tell(
        self, say: Say, enabled: Enabled, items: tuple[str, ...] | None, *, may_expunge: bool, leaving: Leaving | None
    ) -> None:
        """Say what `refresh` found and was not told yet, piece by piece; see `View.tell`."""
        turn = Turn()
        if items != ():
            await say(self.new_words())
        for piece in self.view.tell(enabled, items, may_expunge=may_expunge, leaving=leaving):
            await say(piece)
            await turn.over()

    def new_words(self) -> bytes:
        """Keywords the client has not heard of, to be said before it reads them on a letter."""
        return vocabulary.news(self.view, self.rights)

    def close(self) -> None:
        """The session leaves the mailbox."""
        self._hear_no_more()
        give_up(self._teller)
        self._images.close(self.view.mailbox_id)

    # ── IDLE ──

    def begin(self, tell: Callable[[], Awaitable[None]], gone: Callable[[], Awaitable[None]]) -> None:
        """`tell` is called for news as they come, until `end`; `gone` when the mailbox is no more."""
        self._tell_news, self._gone = tell, gone
        self._forget = self._wake.on_mailbox(self.view.mailbox_id, self._on_news)
        self._on_news()  # what happened before we listened

    async def end(self) -> None:
        """From here on nothing is said that no command has asked for; what is being said is said to its end."""
        self._hear_no_more()
        if self._teller is not None:
            await asyncio.wait({self._teller})

    def _hear_no_more(self) -> None:
        if self._forget is not None:
            self._forget()
            self._forget = None

    def _on_news(self) -> None:
        self._heard = True
        if self._teller is None:
            self._teller = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        """News that come while a slow client takes in the last ones are told behind them."""
        try:
            while self._heard and self._forget is not None:
                self._heard = False
                await self.refresh()
                await self._tell_news()
        except MailboxGone:
            await self._gone()
        except StoreError:  # nobody will say it a second time
            asyncio.get_running_loop().call_later(AGAIN_S, self._on_news)
        except (ConnectionError, TimeoutError):
            return  # the reading side notices
        finally:
            self._teller = None  # for as long as there are no news, which is most of the time


def give_up(teller: asyncio.Task[None] | None) -> None:
    """Nobody is told any more: what is still being read is for nobody.  Who tells that himself goes on."""
    if teller is not None and teller is not asyncio.current_task():
        teller.cancel()


class Turn:
    """Lets others have their turn once a session has worked for TURN_S, however fast its client reads."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = asyncio.get_running_loop().time()

    async def over(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._since >= TURN_S:
            await asyncio.sleep(0)
            self._since = loop.time()
