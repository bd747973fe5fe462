"""IMAP on one connection: the machine's commands, handed to one handler each (`commands.HANDLERS`)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from typing import TYPE_CHECKING

from pyeonji.acceptance.recorder import Recorder
from pyeonji.access.context import AccessContext, Visitor
from pyeonji.access.imap.capabilities import ALWAYS, INSIDE
from pyeonji.access.imap.condstore import enables, holds_numbers, is_of_now
from pyeonji.access.imap.place import NOT_ALLOWED, Place, Refused
from pyeonji.access.imap.progress import Progress
from pyeonji.access.imap.view import NoSuchMessage, View
from pyeonji.access.imap.watch import MailboxGone, Say, Watch
from pyeonji.access.login import may_log_in, mechanisms
from pyeonji.directory.exchange import Exchange
from pyeonji.net.stream import Stream
from pyeonji.proto.imap import response
from pyeonji.proto.imap import session as imap
from pyeonji.proto.imap.enabled import Enabled
from pyeonji.store import mailboxes, rights
from pyeonji.store.engine.base import StoreError
from pyeonji.store.home import Home

if TYPE_CHECKING:
    from pyeonji.access.imap.arriving import Arriving
    from pyeonji.access.imap.commands import Handler
    from pyeonji.access.imap.contexts import Contexts
    from pyeonji.access.imap.notify import Notifier

IDLE_S = 1_800.0  # seconds a silent client is kept once it has logged in, RFC 3501 §5.4
BEFORE_LOGIN_S = 60.0  # seconds until it must have logged in
PIECE_S = 120.0  # seconds for a piece of a letter to go out: 1 KiB a second, slower than any line that carries mail
FAIR = 50  # commands of one client, said at once, before others have their turn
OPENING = frozenset({"SELECT", "EXAMINE"})  # they tell how it was when it was opened; the next command tells news
BLOCK_OCTETS = 64 * 1024  # of one answer that are gathered for one write
REMOVES = frozenset({"EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE", "REPLACE", "UID REPLACE"})  # letters, by themselves


class Station:
    """The state of one connection beside the machine's; handlers live in modules of their own."""

    __slots__ = (
        "_command", "_pen", "_waiting", "arriving", "context", "contexts", "exchange", "failures", "machine",
        "notifier", "over", "progress", "recorder", "stream", "visitor", "watch",
    )  # fmt: skip

    def __init__(self, stream: Stream, context: AccessContext, recorder: Recorder) -> None:
        self.stream = stream
        self.context = context
        self.recorder = recorder
        self.machine = imap.Session(imap.LIMITS)
        self.machine.encrypted = stream.encrypted
        self.visitor: Visitor | None = None
        self.watch: Watch | None = None  # of the open mailbox
        self.exchange: Exchange[Visitor] | None = None
        self.arriving: Arriving | None = None
        self.notifier: Notifier | None = None  # of NOTIFY
        self.contexts: Contexts | None = None  # searches of the open mailbox whose changes are told
        self.over: str | None = None
        self.failures = 0  # logins that failed
        self._command: imap.Command | None = None
        self._pen = asyncio.Lock()  # who says something says it to its end
        self._waiting = b""  # what `put` has gathered
        self.progress = Progress(self.say, stream.deadlines)

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
                return self.over or "closed without LOGOUT"
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
                if self.notifier is not None:
                    await self.end_news()
                if isinstance(event, imap.Command):
                    self._command = event
                    if enables(event.args):
                        await self.enable("CONDSTORE")
                    await self._handle(self._carry_out(event, HANDLERS[event.name]))
                elif isinstance(event, imap.Continue):
                    await self.say(event.response)
                elif isinstance(event, imap.BadCommand):
                    await self._bad(event)
                else:
                    await self._handle(CONTINUED[type(event)](self, event))
                if self.notifier is not None and not self.machine.is_busy:
                    self.begin_news()
        return self.over

    async def part(self, at_once: bool) -> bool:
        """The server stops: BYE, also in IDLE; who is bringing a letter (APPEND) may finish while there is time."""
        if self.arriving is not None and not at_once:
            return False
        await self.end_news()
        bye = response.untagged("BYE", "Server is stopping")
        self.recorder.replied(bye)
        await self.say(bye)
        return True

    async def close(self) -> None:
        """Nothing of a connection that is over stays behind."""
        self.progress.close()
        self.notify(None)
        self.discard_arriving()
        await self.leave()

    def patience(self) -> None:
        """How long the client may be silent from now on."""
        self.stream.set_deadline(IDLE_S if self.visitor else BEFORE_LOGIN_S)

    def discard_arriving(self) -> None:
        """An APPEND came to nothing: its octets go."""
        if self.arriving is not None:
            self.arriving.discard()
            self.arriving = None

    async def say(self, octets: bytes = b"") -> None:
        """What was put, then this, as it is: on its way when it is back."""
        if octets or self._waiting:
            async with self._pen:
                waiting, self._waiting = self._waiting, b""
                await self.stream.write(waiting + octets)

    async def put(self, octets: bytes) -> None:
        """More of an answer: on its way as soon as there is enough for a write, or with what is said next.

        A write is dear: to wake the client takes as long as to fetch a letter.
        """
        if len(self._waiting) + len(octets) > BLOCK_OCTETS:
            await self.say(octets)
        else:
            self._waiting += octets

    async def say_pieces(self, pieces: AsyncIterator[bytes]) -> None:
        """The same, as it comes; nothing else is said in between."""
        await self.say()
        async with self._pen:
            async for piece in pieces:
                self.stream.set_deadline(PIECE_S)
                await self.stream.write(piece)
        self.patience()

    async def say_bye(self, words: str) -> None:
        """The last words of a connection that we end."""
        said = response.untagged("BYE", words)
        self.recorder.replied(said)
        await self.say(said)

    async def answer(
        self, status: str, words: str, code: str = "", data: bytes = b"", *, expunged: bool = False, limited: str = ""
    ) -> None:
        """End the command: `data`, then what the client has not been told yet, then the tagged line.

        `expunged`: the command itself removed letters, which has a code of its own (RFC 7162 §3.2.7).
        `limited`: the code of a command that did a part of what it was asked for; untagged where there is another
        (RFC 9738 §3.1).
        """
        block = Block(self.say)
        await block.add(data)
        if self.watch is not None and self._command is not None and self._command.name not in OPENING:
            try:
                await self.watch.refresh()
                await self._tell_now(block, self._command)
                code = code or self._highest(expunged)
            except MailboxGone:
                await block.add(await self._gone())
        if limited and code:
            await block.add(response.untagged("NO", "That was not all", limited))
        last = self.machine.answer(status, words, code or limited)
        self.recorder.replied(last)
        self.progress.end()
        await block.add(last)
        await block.end()

    async def _catch_up(self, command: imap.Command) -> None:
        """Tell what happened in the open mailbox until now; that it is no more is told at the end of the command."""
        assert self.watch is not None
        block = Block(self.say)
        with contextlib.suppress(MailboxGone):
            await self.watch.refresh()
            await self._tell_now(block, command)
        await block.end()

    async def _tell_now(self, block: "Block", command: imap.Command) -> None:
        name = command.name
        await self._tell(block, may_expunge=not holds_numbers(name, command.args), removes=name in REMOVES)

    async def _tell(self, block: "Block", *, may_expunge: bool, removes: bool = False) -> None:
        """News of the open mailbox, and between them those of searches that are followed."""
        if self.contexts is not None:
            await self.contexts.tell(block)
        await self._tell_letters(block, may_expunge=may_expunge, removes=removes)
        if self.contexts is not None:
            await self.contexts.tell(block)

    async def _tell_letters(self, block: "Block", *, may_expunge: bool, removes: bool) -> None:
        """News of the open mailbox; after NOTIFY only those asked for, and what the command itself `removes`."""
        assert self.watch is not None
        leaving = self.contexts.leave if self.contexts is not None else None
        view, notifier = self.watch.view, self.notifier
        if notifier is None:
            await self.watch.tell(block.add, self.enabled, None, may_expunge=may_expunge, leaving=leaving)
            return
        wanted, last_uid = notifier.of_selected, view.last_uid
        if wanted.messages or removes:
            items = notifier.flag_items(self.enabled)
            await self.watch.tell(block.add, self.enabled, items, may_expunge=may_expunge, leaving=leaving)
        else:
            view.pass_over_flags()
        if wanted.items and view.last_uid > last_uid:
            await block.end()
            await notifier.tell_new(last_uid)

    def _highest(self, expunged: bool) -> str:
        """Up to which MODSEQ a client that resynchronizes knows everything, where it could not tell by itself.

        It hears of a letter's MODSEQ while letters expunged before must not be told yet: then it must not believe that
        it is up to date.
        """
        view = self.box
        if not self.enabled.qresync or not (expunged or view.settled < view.modseq):
            return ""
        return f"HIGHESTMODSEQ {view.settled}"

    async def enable(self, *words: str) -> None:
        """The client has said that it understands these, or has shown it; see `enabled.WORDS`.

        Of a mailbox open already it learns HIGHESTMODSEQ when it enables CONDSTORE (RFC 7162 §3.1).
        """
        before = self.enabled
        self.machine.enabled = before.with_words(words)
        if self.view is not None and self.enabled.condstore and not before.condstore:
            await self.say(response.untagged("OK", "Told up to here", f"HIGHESTMODSEQ {self.view.settled}"))

    async def _gone(self) -> bytes:
        """The open mailbox is no more.  Who did that himself goes on; others are sent away."""
        assert self.watch is not None and self._command is not None
        view, himself = self.watch.view, self._command.name in ("DELETE", "RENAME")
        box = view.image.box
        if box is not None and himself:
            view.uidvalidity = box.uidvalidity
            self.contexts = None  # they were of the mailbox with the old UIDVALIDITY
            return response.untagged("OK", "UIDs are valid", f"UIDVALIDITY {box.uidvalidity}")
        await self.leave()
        self.machine.deselect()
        if himself:
            return response.untagged("OK", "The mailbox is no more", "CLOSED")
        what = "was deleted" if box is None else "was renamed" if box.uidvalidity != view.uidvalidity else "is closed"
        self.over = f"the open mailbox {what}"
        return response.untagged("BYE", f"The mailbox {what}")

    async def _gone_in_idle(self) -> None:
        bye = await self._gone()
        self.recorder.replied(bye)
        await self.say(bye)
        await self.stream.close()

    async def _carry_out(self, command: imap.Command, handler: "Handler") -> None:
        if self.view is not None and is_of_now(command.args, self.view.last_uid):
            await self._catch_up(command)
        await handler(self, command.args)

    async def _handle(self, handler: Awaitable[None]) -> None:
        self.progress.begin(self.tag)
        try:
            await handler
        except Refused as error:
            await self.answer("NO", error.words, error.code)
        except NoSuchMessage:
            await self.answer("BAD", "No such message")
        except StoreError as error:
            await self.answer("NO", f"Not now: {type(error).__name__}", "UNAVAILABLE")
        finally:
            self.progress.end()

    async def _bad(self, event: imap.BadCommand) -> None:
        # It may have ended an APPEND or an IDLE.
        self.discard_arriving()
        await self.end_news()
        if event.unsaves and self.view is not None:
            self.view.saved = ()
        self.recorder.replied(event.response)
        await self.say(event.response)
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
    def view(self) -> View | None:
        return self.watch.view if self.watch else None

    @property
    def box(self) -> View:
        assert self.view is not None  # ... nor before SELECT
        return self.view

    @property
    def tag(self) -> str:
        """Of the command under way."""
        return self._command.tag if self._command else ""

    @property
    def respelt(self) -> tuple[tuple[str, str], ...]:
        """Mailbox names of the command under way that we keep otherwise: (as said, as kept)."""
        return self._command.respelt if self._command else ()

    @property
    def enabled(self) -> Enabled:
        """What the client has said it understands."""
        return self.machine.enabled

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
            most = self.context.message_limit
            return words + list(INSIDE) + ([f"MESSAGELIMIT={most}"] if most else [])  # RFC 9738
        if self.context.tls is not None and not self.stream.encrypted:
            words.append("STARTTLS")
        if self.may_log_in:
            words += [f"AUTH={mechanism}" for mechanism in mechanisms(self.context, self.stream)]
        else:
            words.append("LOGINDISABLED")
        return words

    async def open(self, here: Place, *, read_only: bool) -> View | None:
        """Open a mailbox that `leave` will leave; None when it is gone already.  Raises StoreError."""
        images, visitor, box = self.me.images, self.me.account, here.box
        image = await images.open(box.id)
        if image.box is None:
            images.close(box.id)
            return None
        look = None
        if box.account_id != visitor.id:
            look = partial(self.home.engine.read, rights.rights, box, visitor.id, visitor.address)
        self.watch = Watch(View(image, read_only=read_only), images, self.me.wake, here.rights, look)
        return self.watch.view

    def new_words(self) -> bytes:
        """See `Watch.new_words`."""
        assert self.watch is not None
        return self.watch.new_words()

    async def rights(self) -> str:
        """Of the visitor in the mailbox he has open, now.  Raises StoreError."""
        assert self.watch is not None  # the machine lets no command through that needs one
        return await self.watch.current_rights()

    async def need(self, *wanted: str) -> None:
        """Raises Refused unless the visitor has these rights in the open mailbox."""
        if not set(wanted).issubset(await self.rights()):
            raise Refused(*NOT_ALLOWED)

    async def leave(self) -> None:
        """Leave the open mailbox, if there is one."""
        watch, self.watch, self.contexts = self.watch, None, None
        if watch is not None:
            watch.close()
            if watch.view.taken:
                with contextlib.suppress(StoreError):  # then letters are \Recent once more
                    await self.home.engine.write(mailboxes.take_recent, watch.view.mailbox_id, watch.view.taken)

    async def refresh(self) -> None:
        """Look at the open mailbox again before the command is answered; that it is no more is told at its end."""
        if self.watch is not None:
            with contextlib.suppress(MailboxGone):
                await self.watch.refresh()

    def notify(self, notifier: "Notifier | None") -> None:
        """From here on the client is told what it asked this notifier for; without one, what everybody is told."""
        if self.notifier is not None:
            self.notifier.close()
        self.notifier = notifier

    def begin_news(self) -> None:
        """Tell news as they come, until end_news."""
        if self.watch is not None:
            self.watch.begin(self._tell_news, self._gone_in_idle)
        if self.notifier is not None:
            self.notifier.begin()

    async def end_news(self) -> None:
        """From here on nothing is said that no command has asked for."""
        if self.watch is not None:
            await self.watch.end()
        if self.notifier is not None:
            await self.notifier.end()

    async def _tell_news(self) -> None:
        # A client that counts on message numbers between commands says so (RFC 5465 §6.1.2); in IDLE there are none.
        idles = self.machine.is_busy
        waits = self.notifier is not None and self.notifier.of_selected.delayed and not idles
        block = Block(self.say)
        await self._tell(block, may_expunge=not waits)
        await block.end()


class Block:
    """Octets gathered for one write."""

    __slots__ = ("_octets", "_say")

    def __init__(self, say: Say) -> None:
        self._octets = bytearray()
        self._say = say

    async def add(self, octets: bytes) -> None:
        self._octets += octets
        if len(self._octets) > BLOCK_OCTETS:
            await self.end()

    async def end(self) -> None:
        octets, self._octets = bytes(self._octets), bytearray()
        await self._say(octets)
