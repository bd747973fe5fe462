"""Pages that are asked for through a load balancer: its PROXY header comes before the request."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pyeonji.net.listener import Admits
from pyeonji.proto.proxy import NotProxied, read_header
from pyeonji.web.patient import Patient


def behind(introduces: Admits) -> type[HttpToolsProtocol]:
    """The protocol of a port to which these peers come for others."""

    class Introduced(Patient):
        """Whoever is no load balancer is served as he is."""

        _header: bytes | None = None  # as far as it has come; None: none is awaited

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client and introduces(self.client[0]):
                self._header = b""

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
                if rest:
                    super().data_received(rest)

    return Introduced
