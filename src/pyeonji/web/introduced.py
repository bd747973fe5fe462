"""Who comes to a port of pages: a load balancer says for whom (its PROXY header comes before the request), and nobody
holds more connections than one address may (S27).
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pyeonji.net.listener import Admits
from pyeonji.proto.proxy import NotProxied, read_header
from pyeonji.web.api.problem import PROBLEMS, Problem
from pyeonji.web.patient import Patient

Visits = Callable[[str], AbstractContextManager[bool]]  # around a connection of this IP address: may it stay?
TOO_MANY = "too_many_connections"


def uncounted(peer_ip: str) -> AbstractContextManager[bool]:
    return nullcontext(True)


def behind(introduces: Admits, visits: Visits = uncounted) -> type[HttpToolsProtocol]:
    """The protocol of a port to which the peers that `introduces` knows come for others; `visits` counts them all."""

    class Introduced(Patient):
        """Whoever is no load balancer is served as he is."""

        _header: bytes | None = None  # as far as it has come; None: none is awaited
        _visit: ExitStack | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client and introduces(self.client[0]):
                self._header = b""
            else:
                self._enter()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._visit is not None:
                self._visit.close()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._header is None:
                super().data_received(data)
                return
            self._header += data
            try:
                found = read_header(self._header)
            except NotProxied:
                self.transport.close()
                return
            if found is not None:
                rest, self._header = self._header[found.size :], None
                self.client = (found.ip, found.port) if found.ip else self.client
                self._enter()
                if rest and not self.transport.is_closing():
                    super().data_received(rest)

        def _enter(self) -> None:
            """Who it is, is known now."""
            self._visit = ExitStack()
            if self.client and not self._visit.enter_context(visits(self.client[0])):
                self._refuse(PROBLEMS[TOO_MANY], Problem(TOO_MANY))

    return Introduced
