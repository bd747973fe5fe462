"""Connecting to servers of this machine through their UNIX sockets."""

import asyncio
from pathlib import Path

from pyeonji.net.local_name import local_name
from pyeonji.net.stream import Stream


async def dial_unix(path: str, *, timeout: float) -> Stream:
    """Connect; raises OSError or TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout):
        with local_name(Path(path)) as name:
            _, stream = await loop.create_unix_connection(Stream, name)
    return stream
