"""The domain that makes trouble on purpose: 3ban.test.  A real server in all else; only its answers are scripted."""

from pyeonji.address import Address
from pyeonji.intake.policy import Drop, Policy
from pyeonji.lab.roster import TROUBLE_DOMAINS
from pyeonji.net.clock import SECOND_US, Clock
from pyeonji.proto.smtp.reply import Reply

GREYLIST_US = 60 * SECOND_US  # how long a first-time sender has to wait
SLOW_S = 10.0  # seconds slow@ thinks about every letter

NO_SUCH_USER = Reply(550, "1.1", "No such user here")
FULL = Reply(552, "2.2", "Mailbox full")
FULL_FOR_NOW = Reply(452, "2.2", "Mailbox full, try again later")
GREYLISTED = Reply(450, "7.1", "Greylisted, please try again in a minute")
SPAM = Reply(550, "7.1", "Message looks like spam and was refused")
LOCAL_ERROR = Reply(451, "3.0", "Local error in processing, try again later")
TOO_BIG = Reply(552, "3.4", "Message too big for this mailbox")

AT_RECIPIENT = {"nobody": NO_SUCH_USER, "full": FULL, "overfull": FULL_FOR_NOW, "451": LOCAL_ERROR}
PEOPLE = {"hana": "full", "dojun": "greylist"}  # whose addresses do not say it, for the board's case
AT_CONTENT = {"spam": SPAM, "552": TOO_BIG}


def trouble_of(address: Address) -> str:
    """Which trouble an address makes: its domain says it, or what stands before the @."""
    domain = address.domain.lower()
    name = address.local_part.lower().partition("+")[0]
    return domain.removesuffix(".test") if domain in TROUBLE_DOMAINS else PEOPLE.get(name, name)


class Trouble(Policy):
    """nobody@ full@ overfull@ greylist@ slow@ spam@ 451@ 552@ drop@ of 3ban.test, and anybody at full.test,
    greylist.test, slow.test, ...; anybody else is treated as usual.

    Greylisting remembers (peer, reverse-path, forward-path) by the lab's clock, as RFC 6647 §2.2 describes it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first_seen: dict[tuple[str, str, str], int] = {}

    async def at_recipient(self, address: Address, reverse_path: Address | None, peer_ip: str) -> Reply | None:
        who = trouble_of(address)
        if who == "greylist":
            return self._greylisted(peer_ip, str(reverse_path or ""), str(address))
        return AT_RECIPIENT.get(who)

    async def at_content(self, addresses: tuple[Address, ...], size: int) -> Reply | None:
        names = [trouble_of(address) for address in addresses]
        if "drop" in names:
            raise Drop
        if "slow" in names:
            await self._clock.sleep(SLOW_S)
        return next((AT_CONTENT[name] for name in names if name in AT_CONTENT), None)

    def _greylisted(self, *triplet: str) -> Reply | None:
        peer_ip, reverse_path, forward_path = triplet
        now = self._clock.now_us()
        first = self._first_seen.setdefault((peer_ip, reverse_path, forward_path), now)
        return None if now - first >= GREYLIST_US else GREYLISTED
