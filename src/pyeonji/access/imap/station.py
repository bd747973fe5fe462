"""IMAP on one connection: the machine's commands, handed to one handler each (`commands.HANDLERS`)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext, Visitor
from pyeonji.access.imap.not_yet import is_not_done_yet
from pyeonji.access.imap.view import Changes, NoSuchMessage, View
from pyeonji.access.login import may_log_in
from pyeonji.directory.exchange import Exchange
from pyeonji.net.stream import Stream
from pyeonji.proto.imap import response
from pyeonji.proto.imap import session as imap
from pyeonji.proto.sasl import MECHANISMS
from pyeonji.store import entries, expunged, mailboxes
from pyeonji.store.engine.base import StoreError, Tx
from pyeonji.store.home import Home

if TYPE_CHECKING:
    from pyeonji.access.imap.append import Arriving

IDLE_S = 1_800.0  # seconds a silent client is kept once it has logged in, RFC 3501 §5.4
BEFORE_LOGIN_S = 60.0  # seconds until it must have logged in
ALWAYS = ("IMAP4rev1", "LITERAL+", "ID", "SASL-IR")
INSIDE = (
    "ENABLE", "IDLE", "NAMESPACE", "CHILDREN", "UNSELECT", "UIDPLUS", "MOVE", "SPECIAL-USE", "LIST-EXTENDED",
    "LIST-STATUS", "STATUS=SIZE",
)  # fmt: skip
FAIR = 50  # commands of one client, said at once, before others have their turn
MANY = 5_000  # letters in a mailbox whose changes are read off the event loop
HOLDS_NUMBERS = frozenset({"FETCH", "STORE", "SEARCH"})  # no EXPUNGE may be told while they run


class Station:
    """The state of one connection beside the machine's; handlers live in modules of their own."""

    __slots__ = (
        "_command", "_forget_news", "_heard", "_teller", "arriving", "context", "exchange", "failures", "machine",
        "over", "recorder", "stream", "view", "visitor",
    )  # fmt: skip

    def __init__(self, stream: Stream, context: AccessContext, recorder: Recorder) -> None:
        self.stream = stream
        self.context = context
        self.recorder = recorder
        self.machine = imap.Session(imap.LIMITS)
        self.machine.encrypted = stream.encrypted
        self.visitor: Visitor | None = None
        self.view: View | None = None
        self.exchange: Exchange[Visitor] | None = None
        self.arriving: Arriving | None = None
        self.over: str | None = None
        self.failures = 0  # logins that failed
        self._command: imap.Command | None = None
        self._forget_news: Callable[[], None] | None = None  # set while news are told as they come (IDLE)
        self._teller: asyncio.Task[None] | None = None
        self._heard = False

    # ── the connection ──

    async def run(self) -> str:
        """Until the end; why it ended ("" after LOGOUT)."""
        from pyeonji.access.imap.commands import CONTINUED, HANDLERS  # they know this module

        self.patience()
        await self.say(response.untagged("OK", "pyeonji ready", f"CAPABILITY {' '.join(self.capabilities())}"))
        self.stream.parting = self.part
        while self.over is None:
            octets = await self.stream.read()
            if not octets:
                return "closed without LOGOUT"
            self.machine.feed(octets)
            done = 0
            while self.over is None and (event := self.machine.next_event()) is not None:
                self.patience()  # a whole command, not an octet, shows that somebody is there (S10)
                done += 1
                if done % FAIR == 0:
                    await asyncio.sleep(0)
                line = getattr(event, "line", "")
                if line:
                    self.recorder.line("in", line)
                if isinstance(event, imap.Command):
                    self._command = event
                    if is_not_done_yet(event.args):
                        await self.answer("BAD", "Not offered")
                    else:
                        await self._handle(HANDLERS[event.name](self, event.args))
                elif isinstance(event, imap.Continue):
                    await self.say(event.response)
                elif isinstance(event, imap.BadCommand):
                    await self._bad(event)
                else:
                    await self._handle(CONTINUED[type(event)](self, event))
        return self.over

    async def part(self, at_once: bool) -> bool:
        """The server stops: BYE, also in IDLE; who is bringing a letter (APPEND) may finish while there is time."""
        if self.arriving is not None and not at_once:
            return False
        await self.end_idle()
        bye = response.untagged("BYE", "Server is stopping")
        self.recorder.replied(bye)
        await self.say(bye)
        return True

    def close(self) -> None:
        """Nothing of a connection that is over stays behind."""
        self._hear_no_more()
        self.discard_arriving()

    def patience(self) -> None:
        """How long the client may be silent from now on."""
        self.stream.set_deadline(IDLE_S if self.visitor else BEFORE_LOGIN_S)

    def discard_arriving(self) -> None:
        """An APPEND came to nothing: its octets go."""
        if self.arriving is not None:
            self.arriving.spool.discard()
            self.arriving = None

    async def say(self, octets: bytes) -> None:
        """Untagged data, as it is."""
        if octets:
            await self.stream.write(octets)

    async def say_bye(self, words: str) -> None:
        """The last words of a connection that we end."""
        said = response.untagged("BYE", words)
        self.recorder.replied(said)
        await self.say(said)

    async def answer(self, status: str, words: str, code: str = "", data: bytes = b"") -> None:
        """End the command: `data`, then what the client has not been told yet, then the tagged line."""
        command = self._command
        news = b""
        if self.view is not None and command is not None:
            news = await self.news(may_expunge=command.name not in HOLDS_NUMBERS)
        last = self.machine.answer(status, words, code)
        self.recorder.replied(last)
        await self.stream.write(data + news + last)

    async def _handle(self, handler: Awaitable[None]) -> None:
        try:
            await handler
        except NoSuchMessage:
            await self.answer("BAD", "No such message")
        except StoreError as error:
            await self.answer("NO", f"Not now: {type(error).__name__}", "UNAVAILABLE")

    async def _bad(self, event: imap.BadCommand) -> None:
        # It may have ended an APPEND or an IDLE.
        self.discard_arriving()
        await self.end_idle()
        self.recorder.replied(event.response)
        await self.stream.write(event.response)
        if event.close:
            self.over = f"refused: {event.because}"

    # ── what handlers use ──

    @property
    def home(self) -> Home:
        return self.me.home

    @property
    def me(self) -> Visitor:
        assert self.visitor is not None  # the machine lets no such command through before login
        return self.visitor

    @property
    def box(self) -> View:
        assert self.view is not None  # ... nor before SELECT
        return self.view

    @property
    def tag(self) -> str:
        """Of the command under way."""
        return self._command.tag if self._command else ""

    @property
    def utf8(self) -> bool:
        """Names and strings may be said in UTF-8."""
        return self.machine.enabled.utf8

    @property
    def may_log_in(self) -> bool:
        return may_log_in(self.context, self.stream)

    def capabilities(self) -> list[str]:
        """What is possible now."""
        words = list(ALWAYS)
        if self.visitor is not None:
            return words + list(INSIDE)
        if self.context.tls is not None and not self.stream.encrypted:
            words.append("STARTTLS")
        if self.may_log_in:
            words += [f"AUTH={mechanism}" for mechanism in MECHANISMS]
        else:
            words.append("LOGINDISABLED")
        return words

    async def mailbox(self, name: str) -> mailboxes.Mailbox | None:
        return await self.home.engine.read(mailboxes.mailbox, self.me.account.id, name)

    def open(self, view: View | None) -> None:
        """Another mailbox, or none."""
        self.view = view

    async def news(self, *, may_expunge: bool) -> bytes:
        """What happened to the open mailbox and was not told yet."""
        view = self.view
        if view is None:
            return b""
        engine = self.home.engine
        if len(view) > MANY and await engine.read(is_unchanged, view.mailbox_id, view.modseq):
            return b""
        read = engine.read if len(view) <= MANY else engine.scan
        changes = await read(changes_after, view.mailbox_id, view.modseq)
        return view.tell(changes, may_expunge=may_expunge)

    def begin_idle(self) -> None:
        """Tell news as they come, until end_idle."""
        if self.view is not None:
            self._forget_news = self.me.wake.on_mailbox(self.view.mailbox_id, self._on_news)
            self._on_news()  # what happened before we listened

    async def end_idle(self) -> None:
        """From here on nothing is said that no command has asked for; what is being said is said to its end."""
        self._hear_no_more()
        if self._teller is not None:
            await asyncio.wait({self._teller})
            self._teller = None

    def _hear_no_more(self) -> None:
        if self._forget_news is not None:
            self._forget_news()
            self._forget_news = None

    def _on_news(self) -> None:
        self._heard = True
        if self._teller is None or self._teller.done():
            self._teller = asyncio.get_running_loop().create_task(self._tell_news())

    async def _tell_news(self) -> None:
        """News that come while a slow client takes in the last ones are told behind them."""
        try:
            while self._heard and self._forget_news is not None:
                self._heard = False
                await self.say(await self.news(may_expunge=True))
        except (ConnectionError, TimeoutError, StoreError):
            return  # the reading side notices, or the next command tells it


def is_unchanged(tx: Tx, mailbox_id: int, modseq: int) -> bool:
    box = mailboxes.mailbox_by_id(tx, mailbox_id)
    return box is not None and box.modseq == modseq


def changes_after(tx: Tx, mailbox_id: int, modseq: int) -> Changes:
    """On one snapshot; nothing is read when nothing happened."""
    box = mailboxes.mailbox_by_id(tx, mailbox_id)
    if box is None:
        return Changes(modseq, (), (), deleted=True)
    if box.modseq == modseq:
        return Changes(modseq, (), ())
    return Changes(box.modseq, entries.entries(tx, mailbox_id, modseq), expunged.expunged_after(tx, mailbox_id, modseq))
