"""What somebody says he is called, as the directory compares it."""

from pyeonji.address import NotAnAddress, parse_address
from pyeonji.store import directory


def folded(login: str) -> str:
    """A login in the one form it is looked up and counted by, whether anybody is called that or not."""
    try:
        return directory.fold(parse_address(login))
    except NotAnAddress:
        return login.casefold()
