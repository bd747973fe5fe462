"""The support codes of the board: said to whoever asks for a letter, whether one was made or not (`store.support`)."""

from pyeonji.journey.receipt import parse_receipt, written
from pyeonji.lab.world import World
from pyeonji.net.ids import new_code
from pyeonji.store import journey, named, support
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import Home
from pyeonji.store.support import SupportCode

DOMAIN = "board.test"


async def code_for(world: World, message_id: str = "") -> str:
    """A new one for the board's letter of this Message-ID, or for none; as it is shown."""
    home = world.nodes[DOMAIN].home
    made = await home.engine.write(_made, home, message_id, world.clock.now_us())
    return written(parse_receipt(made).number)


def _made(tx: Tx, home: Home, message_id: str, now_us: int) -> str:
    numbers = journey.with_message_id(tx, message_id) if message_id else []
    number = numbers[0] if numbers else 0
    addresses = tuple(named.named(tx, home.blobs, number)) if number else ()
    made = SupportCode(new_code(), 0, number, addresses, now_us)
    support.add(tx, made)
    return made.code
