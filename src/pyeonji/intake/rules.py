"""Who may send what to whom: our decisions about reverse-paths, forward-paths and letters, not the standard's order."""

from collections.abc import Callable, Iterable, Sequence

from pyeonji.address import Address
from pyeonji.delivery.expand import Expansion, Local, Remote, may_send_as
from pyeonji.intake.context import IntakeContext
from pyeonji.intake.service import Service
from pyeonji.message.header import MAX_FIELDS, Header
from pyeonji.proto.smtp import reply as replies
from pyeonji.proto.smtp.reply import Reply
from pyeonji.store.directory import fold

MAX_RECEIVED = 100  # RFC 5321 §6.3: a letter with more hops goes in circles


async def reverse_path_refusal(
    context: IntakeContext, service: Service, login: str, reverse_path: Address | None
) -> Reply | None:
    """Why this reverse-path may not be used here, or None."""
    if service.needs_login and not login:
        return replies.LOGIN_FIRST
    if service.needs_login and reverse_path is not None:
        home = context.acceptance.home
        if not await home.engine.read(may_send_as, login, fold(reverse_path)):
            return replies.NOT_YOUR_ADDRESS
    return None


def forward_path_refusal(
    expansion: Expansion, *, may_relay: Callable[[], bool], declared_size: int, service: Service
) -> Reply | None:
    """Why this forward-path is not taken here, or None."""
    if expansion.is_nobody:
        # a dead end is our mistake, and one that can be mended before the letter comes again
        return replies.NO_SUCH_MAILBOX if expansion.dead_end is None else replies.LEADS_NOWHERE
    direct = expansion.targets[0]
    if isinstance(direct, Remote) and direct.address == expansion.forward_path and (service.lmtp or not may_relay()):
        return replies.NOT_OUR_DOMAIN  # an alias that leads elsewhere was our own decision; this is a stranger's
    if not expansion.has_limits:
        return None
    full = [target for target in expansion.targets if isinstance(target, Local) and _is_full(target, declared_size)]
    if len(full) == len(expansion.targets):
        return replies.OVER_QUOTA
    return None


def content_refusal(header: Header, expansions: Sequence[Expansion], size: int) -> Reply | None:
    """Why a letter of this header and size is not taken, or None.

    The size said in MAIL may be missing or wrong.  A letter that also goes to somebody with room is taken for all: one
    reply cannot say both, and the next one to the full mailbox is refused at RCPT.
    """
    if (refusal := header_refusal(header, expansions)) is not None:
        return refusal
    if not any(expansion.has_limits for expansion in expansions):
        return None
    targets = [target for expansion in expansions for target in expansion.targets]
    if targets and all(isinstance(target, Local) and _is_full(target, size) for target in targets):
        return replies.OVER_QUOTA
    return None


def header_refusal(header: Header, expansions: Iterable[Expansion]) -> Reply | None:
    """Why a letter with this header is not taken, or None.

    It goes in circles, or has more fields than are read here: another program would read the rest (S25).
    """
    if len(header) >= MAX_FIELDS:
        return replies.MESSAGE_TOO_BIG
    if header.count(b"received") > MAX_RECEIVED or any(one.comes_back(header) for one in expansions):
        return replies.TOO_MANY_HOPS
    return None


def _is_full(target: Local, declared_size: int) -> bool:
    room = target.inbox.room
    return room is not None and not room.takes(max(declared_size, 1), 1)
