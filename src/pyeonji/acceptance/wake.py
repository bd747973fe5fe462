"""Telling those who wait: an IDLE of some mailbox, the queue.  Said after the commit, never before."""

from collections.abc import Callable, Iterable

Listener = Callable[[], None]


class Wake:
    """Who wants to know what, in this worker; `elsewhere` carries it to the others."""

    def __init__(self) -> None:
        self.elsewhere: Callable[[bytes], None] = lambda message: None
        self._mailboxes: dict[int, set[Listener]] = {}
        self._queue: set[Listener] = set()

    def on_mailbox(self, mailbox_id: int, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever the mailbox changed; the result takes it back."""
        listeners = self._mailboxes.setdefault(mailbox_id, set())
        listeners.add(listener)

        def forget() -> None:
            listeners.discard(listener)
            if not listeners and self._mailboxes.get(mailbox_id) is listeners:
                del self._mailboxes[mailbox_id]

        return forget

    def on_queue(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever something new may be due."""
        self._queue.add(listener)
        return lambda: self._queue.discard(listener)

    def tell_mailboxes(self, mailbox_ids: Iterable[int]) -> None:
        ids = list(mailbox_ids)
        self._tell_mailboxes(ids)
        for start in range(0, len(ids), 400):  # a datagram holds some hundred numbers
            self.elsewhere(b"m" + b",".join(b"%d" % number for number in ids[start : start + 400]))

    def tell_queue(self) -> None:
        self._tell_queue()
        self.elsewhere(b"q")

    def heard(self, message: bytes) -> None:
        """Another worker, or a command, said something."""
        if message == b"q":
            self._tell_queue()
        elif message[:1] == b"m":
            self._tell_mailboxes([int(number) for number in message[1:].split(b",") if number.isdigit()])

    def _tell_mailboxes(self, mailbox_ids: list[int]) -> None:
        for number in mailbox_ids:
            for listener in tuple(self._mailboxes.get(number, ())):
                listener()

    def _tell_queue(self) -> None:
        for listener in tuple(self._queue):
            listener()
