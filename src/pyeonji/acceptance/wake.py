"""Telling those who wait: an IDLE of some mailbox, a NOTIFY of an account's tree, the queue.

Said after the commit, never before.
"""

from collections.abc import Callable, Iterable
from functools import partial

Listener = Callable[[], None]

MAX_TOLD = 400  # mailboxes named in one datagram
EVERYTHING = b"*"  # whoever hears this has missed something: all that wait look for themselves


class Wake:
    """Who wants to know what, in this worker; `elsewhere` carries it to the others.

    Letters come in bursts: who is here is told of each at once, the other workers of some at a time.  `soon` says when.
    """

    def __init__(self) -> None:
        self.elsewhere: Callable[[bytes], None] = lambda message: None
        self.soon: Callable[[Callable[[], None]], object] = lambda call: call()
        self._owed: set[int] = set()  # mailboxes the others have not been told of
        self._mailboxes: dict[int, set[Listener]] = {}
        self._trees: dict[int, set[Listener]] = {}
        self._letters: dict[int, set[Listener]] = {}
        self._any_letter: set[Listener] = set()
        self._queue: set[Listener] = set()
        self._filed: set[Listener] = set()
        self._digested: set[Listener] = set()

    def on_mailbox(self, mailbox_id: int, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever the mailbox changed; the result takes it back."""
        return _listen(self._mailboxes, mailbox_id, listener)

    def on_tree(self, account_id: int, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever names, rights, subscriptions or notes of an account's mailboxes changed."""
        return _listen(self._trees, account_id, listener)

    def on_letter(self, number: int, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever something happened to the letter of this receipt number."""
        return _listen(self._letters, number, listener)

    def on_any_letter(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever something happened to any letter that was taken before."""
        self._any_letter.add(listener)
        return lambda: self._any_letter.discard(listener)

    def on_queue(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever something new may be due."""
        self._queue.add(listener)
        return lambda: self._queue.discard(listener)

    def on_filed(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever any mailbox changed."""
        self._filed.add(listener)
        return lambda: self._filed.discard(listener)

    def on_digested(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever digests were made."""
        self._digested.add(listener)
        return lambda: self._digested.discard(listener)

    def tell_mailboxes(self, mailbox_ids: Iterable[int]) -> None:
        ids = list(mailbox_ids)
        self._tell_mailboxes(ids)
        said_soon = bool(self._owed)
        self._owed.update(ids)
        if self._owed and not said_soon:
            self.soon(self.tell_elsewhere)

    def tell_trees(self, account_ids: Iterable[int]) -> None:
        """Of these accounts; 0 stands for whoever looks at mailboxes that are shared with all."""
        ids = tuple(account_ids)
        _tell(self._trees, ids)
        self.elsewhere(b"t" + _written(ids))

    def tell_letters(self, numbers: Iterable[int]) -> None:
        """Their journeys have gone on."""
        ids = tuple(numbers)
        self._tell_letters(ids)
        self.elsewhere(b"l" + _written(ids))

    def tell_queue(self) -> None:
        _call(self._queue)
        self.elsewhere(b"q")

    def tell_digested(self) -> None:
        _call(self._digested)
        self.elsewhere(b"d")

    def heard(self, message: bytes) -> None:
        """Another worker, the indexer, or a command said something."""
        if message == b"q":
            _call(self._queue)
        elif message == b"d":
            _call(self._digested)
        elif message[:1] == b"m":
            self._tell_mailboxes(_read(message[1:]))
        elif message[:1] == b"t":
            _tell(self._trees, _read(message[1:]))
        elif message[:1] == b"l":
            self._tell_letters(_read(message[1:]))
        elif message == EVERYTHING:
            self._tell_all()

    def tell_elsewhere(self) -> None:
        """Of the mailboxes the other workers have not been told of yet."""
        ids, self._owed = list(self._owed), set()
        for start in range(0, len(ids), MAX_TOLD):
            self.elsewhere(b"m" + _written(ids[start : start + MAX_TOLD]))

    def _tell_all(self) -> None:
        for listening in (self._mailboxes, self._trees, self._letters):
            _tell(listening, tuple(listening))
        for anybody in (self._any_letter, self._queue, self._filed, self._digested):
            _call(anybody)

    def _tell_letters(self, numbers: Iterable[int]) -> None:
        _tell(self._letters, numbers)
        _call(self._any_letter)

    def _tell_mailboxes(self, mailbox_ids: list[int]) -> None:
        _tell(self._mailboxes, mailbox_ids)
        _call(self._filed)


def _call(listeners: Iterable[Listener]) -> None:
    for listener in tuple(listeners):
        listener()


def _listen(listening: dict[int, set[Listener]], number: int, listener: Listener) -> Callable[[], None]:
    listeners = listening.setdefault(number, set())
    listeners.add(listener)
    return partial(_forget, listening, number, listener)


def _forget(listening: dict[int, set[Listener]], number: int, listener: Listener) -> None:
    if (listeners := listening.get(number)) is not None:
        listeners.discard(listener)
        if not listeners:
            del listening[number]


def _tell(listening: dict[int, set[Listener]], numbers: Iterable[int]) -> None:
    for number in numbers:
        _call(listening.get(number, ()))


def _written(numbers: Iterable[int]) -> bytes:
    return b",".join(b"%d" % number for number in numbers)


def _read(octets: bytes) -> list[int]:
    return [int(number) for number in octets.split(b",") if number.isdigit()]
