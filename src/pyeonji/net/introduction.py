"""A connection that comes through a load balancer: who is behind it is said in its first octets."""

from pyeonji.net.stream import Stream
from pyeonji.proto.proxy import NotProxied, read_header

HEADER_S = 5.0  # seconds for a PROXY header; it comes in the first segment


async def introduced(stream: Stream) -> None:
    """Take the PROXY header off the connection and put the real peer in place.

    Raises ConnectionError (none came, or a broken one) and TimeoutError: then nothing of the connection is believed.
    """
    stream.set_deadline(HEADER_S)
    octets = b""
    while True:
        more = await stream.read()
        if not more:
            raise ConnectionResetError("closed within the PROXY header")
        octets += more
        try:
            header = read_header(octets)
        except NotProxied as error:
            raise ConnectionAbortedError(str(error)) from error
        if header is not None:
            break
    stream.set_deadline(None)
    stream.unread(octets[header.size :])
    if header.ip:
        stream.comes_from(header.ip, header.port)
