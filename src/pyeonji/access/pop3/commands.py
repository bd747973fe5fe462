"""Which command is answered where, and what is said when the store cannot."""

from collections.abc import Awaitable, Callable

from pyeonji.access.pop3 import authorization, transaction
from pyeonji.access.pop3.station import Station
from pyeonji.proto.pop3 import answer as answers
from pyeonji.proto.pop3.session import Command, Response, Wrong
from pyeonji.store.engine.base import Damaged, StoreError

COMMANDS: dict[str, Callable[[Station, Command], Awaitable[None]]] = {
    "CAPA": authorization.capa,
    "STLS": authorization.stls,
    "UTF8": authorization.utf8,
    "USER": authorization.user,
    "PASS": authorization.password,
    "AUTH": authorization.auth,
    "NOOP": transaction.noop,
    "STAT": transaction.stat,
    "LIST": transaction.list_,
    "UIDL": transaction.uidl,
    "RETR": transaction.retr,
    "TOP": transaction.top,
    "DELE": transaction.dele,
    "RSET": transaction.rset,
    "QUIT": transaction.quit_,
}
TAKING = frozenset({"RETR", "TOP", "DELE"})  # what a client says who takes one letter after the other


async def answer(station: Station, event: Command | Response | Wrong) -> None:
    try:
        if isinstance(event, Command):
            if station.maildrop is not None and event.verb not in TAKING:
                station.maildrop.forget_ahead()
            await COMMANDS[event.verb](station, event)
        elif isinstance(event, Response):
            await authorization.respond(station, event.octets)
        else:
            if event.close:
                station.over = "refused: " + event.answer.decode().strip()
            station.say(event.answer)
    except Damaged:
        station.say(answers.DAMAGED)
    except StoreError:
        station.say(answers.UNAVAILABLE)
