"""LOGIN: name and password in the clear (RFC 3501 §6.2.3)."""

from dataclasses import dataclass, field

from pyeonji.proto.imap.wire import Reader


@dataclass(frozen=True, slots=True)
class Login:
    login: str
    password: str = field(repr=False)


def parse(reader: Reader) -> Login:
    login = reader.text()
    reader.space()
    password = reader.text()
    reader.end()
    return Login(login, password)
