"""One value of the configuration: how it may be written, and how it is printed again."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from pyeonji.address import NotADomain, NotAnAddress, parse_address, parse_domain
from pyeonji.address.host import MAX_PORT, NotAPort, parse_host
from pyeonji.directory.ldap import URL as LDAP_URL
from pyeonji.filters.dnsbl import NotAList, parse_list
from pyeonji.filters.milter.settings import NotAMilter, parse_place
from pyeonji.net.url import BadUrl, parse_url
from pyeonji.proto.ldap import Filter, NotLdap
from pyeonji.store.settings import NEVER

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
OCTETS = {"": 1, "B": 1, "KB": 1_000, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
TIME = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d|w)\Z")
SIZE = re.compile(r"(\d{1,15})\s*([A-Za-z]{0,3})\Z")


class WrongValue(ValueError):
    """The value is not usable.  `what` and `slots` name the sentence that says why."""

    def __init__(self, what: str, **slots: str) -> None:
        super().__init__(what)
        self.what = what
        self.slots = slots


def read_value(value: Any, kind: Any, metadata: Mapping[str, Any]) -> Any:
    """A TOML value (or text of a command line, already typed) as a setting of type `kind`; raises WrongValue."""
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise WrongValue("not_a_list", value=_shown(value))
        if not value and metadata.get("least"):
            raise WrongValue("empty_list")
        return tuple(_one(item, get_args(kind)[0], metadata) for item in value)
    return _one(value, kind, metadata)


def _one(value: Any, kind: Any, metadata: Mapping[str, Any]) -> Any:
    unit = str(metadata.get("unit", ""))
    if kind is bool:
        if not isinstance(value, bool):
            raise WrongValue("not_yes_no", value=_shown(value))
        return value
    if kind is timedelta:
        return NEVER if value == "never" and unit.endswith("|never") else read_time(value)
    if kind is int:
        return _number(value, unit, metadata)
    if not isinstance(value, str):
        raise WrongValue("not_text", value=_shown(value))
    if "|" in unit and value not in unit.split("|"):
        raise WrongValue("not_a_choice", value=value, choices=", ".join(unit.split("|")))
    return _text(value, unit)


def read_time(value: Any) -> timedelta:
    """ "30s", "5m", "4h", "5d"; raises WrongValue."""
    match = TIME.match(value.strip()) if isinstance(value, str) else None
    if match is None or not float(match.group(1)):
        raise WrongValue("not_a_time", value=_shown(value))
    return timedelta(seconds=float(match.group(1)) * UNITS_S[match.group(2)])


def read_size(value: Any) -> int:
    """52428800, "50 MiB", "10 MB"; raises WrongValue."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = SIZE.match(value.strip()) if isinstance(value, str) else None
    scale = OCTETS.get(match.group(2).upper()) if match else None
    if match is None or scale is None:
        raise WrongValue("not_a_size", value=_shown(value))
    return int(match.group(1)) * scale


def endpoint(value: Any, port_offset: int = 0) -> tuple[str, int]:
    """ "127.0.0.1:25", "[::]:25" or a port alone (every address of the loopback); raises WrongValue."""
    if isinstance(value, int) and not isinstance(value, bool):
        host, port_text = "127.0.0.1", str(value)
    elif isinstance(value, str):
        host, _, port_text = value.rpartition(":")
        host = host or "127.0.0.1"
    else:
        raise WrongValue("not_an_endpoint", value=_shown(value))
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not _is_ip(bare) or (":" in bare) != host.startswith("["):
        raise WrongValue("not_an_endpoint", value=_shown(value))
    if not (port_text.isascii() and port_text.isdecimal() and 1 <= int(port_text) + port_offset <= MAX_PORT):
        raise WrongValue("not_a_port", value=_shown(value))
    return bare, int(port_text) + port_offset


def written(value: Any) -> str:
    """A setting as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, timedelta):
        return f'"{time_text(value)}"'
    if isinstance(value, int):
        return str(value)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in _escaped(str(value)))
    return f'"{text}"'


def time_text(value: timedelta) -> str:
    """The shortest way to write it: "5d", "90m", "1.5s", "never"."""
    if value == NEVER:
        return "never"
    milliseconds = round(value.total_seconds() * 1_000)
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(milliseconds, round(UNITS_S[unit] * 1_000))
        if not rest:
            return f"{count}{unit}"
    return f"{milliseconds}ms"


def _number(value: Any, unit: str, metadata: Mapping[str, Any]) -> int:
    if unit == "octets":
        number = read_size(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        raise WrongValue("not_a_number", value=_shown(value))
    least = int(metadata.get("least", 1))
    most = int(metadata.get("most", MAX_PORT if unit == "port" else 2**53))
    if number != metadata.get("or") and not least <= number <= most:  # "or" one number beside these, such as 0
        raise WrongValue("out_of_range", value=_shown(value), least=str(least), most=str(most))
    return number


def _text(value: str, unit: str) -> str:
    """Text whose unit has a grammar of its own."""
    if unit == "networks":
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise WrongValue("not_a_network", value=value) from error
    elif unit == "addresses":
        _nameserver(value)
    elif unit == "lists":
        try:
            parse_list(value)
        except NotAList as error:
            raise WrongValue("not_a_dns_list", value=value) from error
    elif unit == "milters":
        try:
            parse_place(value)
        except NotAMilter as error:
            raise WrongValue("not_a_milter", value=value) from error
    elif unit == "name":
        try:
            return parse_domain(value)
        except NotADomain as error:
            raise WrongValue("not_a_name", value=value) from error
    elif unit in ("domain", "domains") and value:
        try:
            return parse_domain(value)
        except NotADomain as error:
            raise WrongValue("not_a_domain", value=value) from error
    elif unit in ("file", "path") and value:
        _readable(value)
    elif unit == "lists of names":
        return " ".join(_name(name) for name in value.split()) or _name(value)
    elif unit == "URL" and value:
        _url(value)
    elif unit == "LDAP URL" and value:
        if not LDAP_URL.match(value):
            raise WrongValue("not_an_ldap_url", value=value)
    elif unit == "LDAP filter":
        try:
            Filter(value)
        except NotLdap as error:
            raise WrongValue("not_an_ldap_filter", value=value) from error
    elif unit == "addresses with files":
        _owned(value)
    elif unit == "certificates":
        from pyeonji.net.certificates import files_at  # heavy, and rarely said

        files = files_at(Path(value))
        _readable(str(files.chain))
        _readable(str(files.key))
    elif unit in ("socket", "folder", "log file") and value and not value.startswith("/"):
        raise WrongValue("not_absolute", value=value)
    elif unit == "host[:port]" and value:
        _host_port(value)
    return value


def _name(value: str) -> str:
    """A domain name; "*." may stand in front."""
    star = "*." if value.startswith("*.") else ""
    try:
        return star + parse_domain(value.removeprefix("*."))
    except NotADomain as error:
        raise WrongValue("not_a_domain", value=value) from error


def _owned(value: str) -> None:
    address, _, path = value.partition(" ")
    try:
        parse_address(address)
    except NotAnAddress as error:
        raise WrongValue("not_owned", value=value) from error
    _readable(path.strip())


def _url(value: str) -> None:
    try:
        parse_url(value)
    except BadUrl as error:
        raise WrongValue("not_a_url", value=value) from error


def _nameserver(value: str) -> None:
    if not _is_ip(value):
        try:
            endpoint(value)
        except WrongValue as error:
            raise WrongValue("not_a_nameserver", value=value) from error


def _host_port(value: str) -> None:
    try:
        parse_host(value)
    except NotAPort as error:
        raise WrongValue("not_a_port", value=value) from error
    except NotADomain as error:
        raise WrongValue("not_a_name", value=value) from error


def _readable(value: str) -> None:
    try:
        with open(value, "rb") as stream:
            stream.read(1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WrongValue("file_unreadable", value=value, reason=reason) from error


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _shown(value: Any) -> str:
    """A value as the person wrote it, or nearly."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:60]
