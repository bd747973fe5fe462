"""What is taken out of other servers' words before they are kept: secrets in links (docs/journey.md).

Whoever refuses a letter may offer a link that does something for anybody who opens it.  Its host, its path and what a
person can read in it stay; what only a machine can have made goes.
"""

import re

GONE = "…"
SECRET_NAMES = frozenset(  # of parameters, whatever their value
    ("token", "key", "sig", "signature", "auth", "code", "password", "pass", "pw", "session", "sid", "secret", "hash")
)
LONG = 12  # characters of a value with letters and digits that nobody reads
LONG_PIECE = 16  # the same of what stands between two hyphens or dots of a path, which may be the name of a page
LONG_NAME = 32  # characters of a whole name in a path with several digits
VERY_LONG = 40  # characters of any value

_LINK = re.compile(r"\b(https?://)([^\s<>\"']+)", re.IGNORECASE)
_ADDRESS = re.compile(  # of a network or of a person: people know those
    r"\A\d{1,3}(?:\.\d{1,3}){3}\Z|\A[0-9A-Fa-f]{0,4}(?:(?::|%3A)[0-9A-Fa-f]{0,4}){2,7}\Z|@|%40"
)
_PIECES = re.compile(r"[-._~+]")


def without_tokens(text: str) -> str:
    """The same words; of links only what tells people something."""
    return _LINK.sub(lambda found: found.group(1) + _shown(found.group(2)), text) if "://" in text else text


def _shown(link: str) -> str:
    link, hash_, _ = link.partition("#")
    link, mark, query = link.partition("?")
    host, slash, path = link.partition("/")
    owner, at, host = host.rpartition("@")  # a name and a password
    kept = (GONE + at if owner else at) + host + slash
    kept += "/".join(GONE if _is_made_name(name) else name for name in path.split("/"))
    if mark:
        kept += "?" + "&".join(_pair(pair) for pair in query.split("&"))
    return kept + (hash_ + GONE if hash_ else "")


def _pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return GONE if _is_made(name) else name
    return f"{name}={GONE}" if value and (name.lower() in SECRET_NAMES or _is_made(value)) else pair


def _is_made(value: str) -> bool:
    """Random, as far as one can see: long, with digits among letters, and no address."""
    if len(value) < LONG or _ADDRESS.search(value):
        return False
    return len(value) > VERY_LONG or _is_mixed(value)


def _is_made_name(name: str) -> bool:
    """The same for a name in a path, which is more often one that a person has given."""
    if len(name) < LONG_PIECE or _ADDRESS.search(name):
        return False
    longest = max(_PIECES.split(name), key=len)
    if len(longest) > VERY_LONG or (len(longest) >= LONG_PIECE and _is_mixed(longest)):
        return True
    return len(name) >= LONG_NAME and sum(map(str.isdigit, name)) > 4  # a page may have a year in its name


def _is_mixed(text: str) -> bool:
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))
