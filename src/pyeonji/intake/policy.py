"""Where the answer to a recipient or a letter may be decided by somebody else: the lab's troublesome domain.

The real rules (rights, relaying, quota, loops) are in `rules`; a Policy only adds refusals of its own.
"""

from pyeonji.address import Address
from pyeonji.proto.smtp.reply import Reply


class Drop(Exception):
    """Close the connection without a word."""


class Policy:
    """Says yes to everything; subclasses say otherwise."""

    async def at_recipient(self, address: Address, reverse_path: Address | None, peer_ip: str) -> Reply | None:
        """A refusal for this forward-path, or None.  May raise Drop."""
        return None

    async def at_content(self, addresses: tuple[Address, ...], size: int) -> Reply | None:
        """A refusal for the letter as a whole, or None.  May raise Drop."""
        return None
