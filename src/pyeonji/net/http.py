"""The one safe fetch: what a stranger named is fetched without reaching anything of ours (reliability A16).

The name is asked for once, all its addresses must be public, and the address that was checked is the address that is
dialled: a name that leads elsewhere a moment later leads nowhere.  TLS with a certificate for the name, no redirects,
nothing compressed, a body of bounded size, one deadline for everything (RFC 8461 §3.3, RFC 8460 §3).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httptools

from pyeonji.address.public import is_public
from pyeonji.net.memory_tls import TlsError
from pyeonji.net.resolver import Resolver
from pyeonji.net.stream import Stream, dial
from pyeonji.net.tls import TlsContext, client_context
from pyeonji.net.url import BadUrl, Url, is_ipv4, parse_url
from pyeonji.proto.dns import Asking, Question

MAX_HEAD = 16 * 1024  # octets of status line and fields; ours
MAX_BODY = 64 * 1024  # octets, RFC 8461 §3.3
DEADLINE_S = 60.0  # seconds for all of it, RFC 8461 §3.3
DIAL_S = 10.0  # seconds for one address
MOMENT_S = 1.0  # seconds for a body that nobody needs
MAX_ADDRESSES = 4  # addresses dialled
AGENT = "pyeonji"
LOCALHOST, LOOPBACK = "localhost", "127.0.0.1"

# Where a host is dialled: (host name, address, port) to (address, port).  Tests and the lab map their ports with it.
Route = Callable[[str, str, int], tuple[str, int]]


class FetchError(Exception):
    """Nothing was fetched; the text says why.

    FetchError
      Untrusted    the TLS handshake failed, or the certificate is not good for the name
    """


class Untrusted(FetchError):
    pass


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered.  Field names in lower case; of repeated fields the last."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without parameters, in lower case."""
        return self.fields.get("content-type", "").partition(";")[0].strip().lower()


class Fetcher:
    """`clear` also allows http://; `may_dial` and `route` are for tests and the lab.

    `inside` is for what our administrator named himself: any address, and names of this network.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        context: TlsContext | None = None,
        clear: bool = False,
        inside: bool = False,
        may_dial: Callable[[str], bool] = is_public,
        route: Route | None = None,
        deadline: float = DEADLINE_S,
    ) -> None:
        self._resolver = resolver
        self._context = context
        self._clear = clear or inside
        self._inside = inside
        self._may_dial: Callable[[str], bool] = (lambda address: True) if inside else may_dial
        self._route: Route = route or (lambda host, address, port: (address, port))
        self._deadline = deadline

    async def get(self, url: str, *, max_body: int = MAX_BODY) -> Fetched:
        """Whatever the server answers, redirects too (they are not followed).  Raises FetchError."""
        return await self._within(url, "GET", {}, b"", max_body)

    async def post(self, url: str, body: bytes, fields: Mapping[str, str], *, max_body: int = MAX_BODY) -> Fetched:
        """The same with a body of ours; `fields` say what it is.  Raises FetchError."""
        return await self._within(url, "POST", {**fields, "Content-Length": str(len(body))}, body, max_body)

    async def deliver(self, url: str, body: bytes, fields: Mapping[str, str], *, max_body: int = MAX_BODY) -> Fetched:
        """The same where the status is the answer: of the body as much as comes at once.  Raises FetchError."""
        fields = {**fields, "Content-Length": str(len(body))}
        return await self._within(url, "POST", fields, body, max_body, _status_of)

    async def _within(
        self, text: str, method: str, fields: Mapping[str, str], body: bytes, max_body: int,
        exchange: "Callable[[Stream, bytes, int], Awaitable[Fetched]] | None" = None,
    ) -> Fetched:  # fmt: skip
        try:
            url = parse_url(text, inside=self._inside)
            if url.scheme != "https" and not self._clear:
                raise FetchError("only https is fetched")
            async with asyncio.timeout(self._deadline):
                stream = await self._connect(url)
                try:
                    return await (exchange or _exchange)(stream, request(method, url, fields, body), max_body)
                finally:
                    stream.abort()
        except BadUrl as error:
            raise FetchError(str(error)) from error
        except TimeoutError as error:
            raise FetchError("no answer in time") from error
        except OSError as error:
            raise FetchError(error.strerror or str(error)) from error

    async def _connect(self, url: Url) -> Stream:
        addresses = await self._addresses(url.host)
        stream = await self._dial(url, addresses)
        if url.scheme == "https":
            self._context = self._context or client_context(verify=True)
            try:
                await stream.start_tls(self._context, server_side=False, hostname=url.host)
            except (TlsError, TimeoutError) as error:
                stream.abort()
                raise Untrusted(str(error) or "no TLS handshake in time") from error
        return stream

    async def _addresses(self, host: str) -> tuple[str, ...]:
        if self._inside and (host == LOCALHOST or is_ipv4(host)):
            return (LOOPBACK if host == LOCALHOST else host,)
        return await self._resolver.answer_with(safe_addresses(host, self._may_dial))

    async def _dial(self, url: Url, addresses: tuple[str, ...]) -> Stream:
        why = ""
        for address in addresses[:MAX_ADDRESSES]:
            where, port = self._route(url.host, address, url.port)
            try:
                return await dial(where, port, timeout=DIAL_S)
            except (OSError, TimeoutError) as error:
                why = why or str(error) or "no answer"
        raise FetchError(f"{url.host} does not answer: {why}")


def safe_addresses(host: str, may_dial: Callable[[str], bool] = is_public) -> Asking[tuple[str, ...]]:
    """All addresses of a host, if every one of them may be dialled; raises FetchError.

    One private address among public ones is no accident: nothing of such a host is dialled.
    """
    v4 = yield Question(host, "A")
    v6 = yield Question(host, "AAAA")
    found = v4.records + v6.records
    for address in found:
        if not may_dial(address):
            raise FetchError(f"{host} has the private address {address}")
    if not found:
        raise FetchError(f"{host} has no address ({v4.failure or v6.failure or 'the DNS says so'})")
    return found


def request(method: str, url: Url, fields: Mapping[str, str], body: bytes) -> bytes:
    """The octets of one request, RFC 9112 §3; its connection is used once."""
    said = {
        "Host": url.authority, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", **fields,
    }  # fmt: skip
    if any(not value.isascii() or not value.isprintable() for value in said.values()):
        raise ValueError("a field of a request is one line of ASCII")
    lines = [f"{method} {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


async def _exchange(stream: Stream, octets: bytes, max_body: int) -> Fetched:
    answer = Reading(max_body)
    await stream.write(octets)
    while not answer.complete:
        answer.feed(await stream.read())
    return answer.fetched


async def _status_of(stream: Stream, octets: bytes, max_body: int) -> Fetched:
    """Until the status is known, and a moment longer: what is cut, too long or packed behind it is no matter."""
    answer = Reading(max_body)
    await stream.write(octets)
    while not answer.has_head:
        answer.feed_head(await stream.read())
    with contextlib.suppress(FetchError, TimeoutError, OSError):
        async with asyncio.timeout(MOMENT_S):
            while not answer.complete:
                answer.feed(await stream.read())
    return answer.fetched


@dataclass(slots=True)
class Reading:
    """An answer as it comes in, RFC 9112 §6; raises FetchError as soon as it is one that we do not take."""

    max_body: int
    complete: bool = False
    _status: int = 0
    _fields: dict[str, str] = field(default_factory=dict)
    _body: bytearray = field(default_factory=bytearray)
    _head: int = 0  # octets of fields
    _fed: int = 0  # octets that came before the head was whole
    _in_body: bool = False
    _parser: httptools.HttpResponseParser = field(init=False)

    def __post_init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)

    @property
    def fetched(self) -> Fetched:
        return Fetched(self._status, self._fields, bytes(self._body))

    @property
    def has_head(self) -> bool:
        """The status and all fields are there."""
        return self._in_body

    def feed_head(self, octets: bytes) -> None:
        """Like `feed`, but once the head is there nothing that is wrong behind it is told."""
        try:
            self.feed(octets)
        except FetchError:
            if not self.has_head:
                raise

    def feed(self, octets: bytes) -> None:
        if not octets:
            # A body that ends with the connection may have been cut: it is not believed.
            raise FetchError("the connection ended before the answer did")
        try:
            self._parser.feed_data(octets)
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, FetchError):
                raise error.__context__ from None
            raise
        except httptools.HttpParserUpgrade as error:  # 101: it would go on in another protocol
            raise FetchError("the answer is not HTTP any more") from error
        except httptools.HttpParserError as error:
            if not self.complete:  # what stands behind a whole answer is nothing to us
                raise FetchError("the answer is not HTTP") from error
        if not self._in_body:
            self._fed += len(octets)
            self._limit_head()

    # ── called by httptools ──

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:
            return  # a trailer, or what stands behind a whole answer
        self._fields[name.decode("latin-1").lower()] = value.decode("latin-1")
        self._head += len(name) + len(value)
        self._limit_head()

    def on_headers_complete(self) -> None:
        if self._in_body:
            return
        self._status = self._parser.get_status_code()
        if self._status < 200:
            self._fields.clear()
            return
        self._in_body = True
        if self._fields.get("content-encoding", "identity").lower() not in ("identity", ""):
            raise FetchError("the answer is compressed, though we did not ask for it")
        size = self._fields.get("content-length", "")
        if size.isdecimal() and int(size) > self.max_body:
            raise FetchError(f"the answer has {size} octets, and {self.max_body} are the most")

    def on_body(self, body: bytes) -> None:
        if self.complete:
            return
        if len(self._body) + len(body) > self.max_body:
            raise FetchError(f"the answer has more than {self.max_body} octets")
        self._body += body

    def on_message_complete(self) -> None:
        self.complete = self.complete or self._in_body

    def _limit_head(self) -> None:
        if max(self._head, self._fed) > MAX_HEAD:
            raise FetchError(f"the head of the answer has more than {MAX_HEAD} octets")
