"""uvicorn's protocol with an end to everything: it would wait for ever, and read a head of any length (W12, S10).

What cannot be read, or can be read in two ways, is answered as everywhere else, as a problem (RFC 9457), and the
connection is closed.
"""

import asyncio

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from pyeonji.web.api.problem import MEDIA_TYPE, Problem, details
from pyeonji.web.heads import ambiguous

MAX_HEAD = 64 * 1024  # octets of a request before its body; ours
HEAD_S = 20.0  # seconds until the head of a request has come
BODY_S = 90.0  # seconds until LEAST_OCTETS more of its body have come; the API says so itself, sooner
LEAST_OCTETS = 64 * 1024
WRITE_S = 60.0  # seconds until something of what waits was taken
LANGUAGE = "en"  # nobody knows yet which one is wanted


class Patient(HttpToolsProtocol):
    """See the top of this module."""

    _timer: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None  # runs while something waits to be taken
    _in_head = True
    _ambiguous = ""  # what is wrong with this head
    _came = 0  # octets of this head, or of the body since the timer was set

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that we hear when anything is left untaken
        self._wait(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        self._was_taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._came += len(data)
        super().data_received(data)
        if self._in_head and self._timer is None and self._is_idle:
            self._wait(HEAD_S)  # line ends before a request begin none
        if self._in_head and self._came > MAX_HEAD and not self.transport.is_closing():
            self._refuse(431, Problem("too_large", n=MAX_HEAD))

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self._taking or asyncio.get_running_loop().call_later(WRITE_S, self.transport.abort)

    def resume_writing(self) -> None:
        self._was_taken()
        super().resume_writing()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait(HEAD_S)

    def on_headers_complete(self) -> None:
        self._in_head, self._came = False, 0
        self._wait(BODY_S)
        self._ambiguous = ambiguous(self.parser.get_http_version(), self.url, self.headers)
        if self._ambiguous:
            raise ValueError(self._ambiguous)  # the parser ends, and send_400_response is called
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._came += len(body)
        if self._came >= LEAST_OCTETS:
            self._came = 0
            self._wait(BODY_S)

    def on_message_complete(self) -> None:
        self._calm()
        self._in_head, self._came = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, Problem("bad_request", what=self._ambiguous or msg.rstrip(".")))

    @property
    def _is_idle(self) -> bool:
        """Nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self, seconds: float) -> None:
        self._calm()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._refuse, 408, Problem("too_slow"))

    def _calm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _was_taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _refuse(self, status: int, problem: Problem) -> None:
        """An answer that no application gives.  While one answers, the connection is only closed."""
        self._calm()
        if self._is_idle:
            body = msgspec.json.encode(msgspec.structs.replace(details(problem, LANGUAGE), status=status))
            head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()
