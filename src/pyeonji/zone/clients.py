"""How a mail program is set up: one value, written in the three languages that programs read.

Thunderbird's config-v1.1 (autoconfig), Outlook's POX autodiscover, Apple's configuration profile.  Domains are
printed as A-labels: Thunderbird does not read the others.
"""

import plistlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape

from pyeonji.address import Address

Protocol = Literal["imap", "pop3", "smtp"]
Lock = Literal["tls", "starttls"]  # from the first octet, or after a word

# Services of ours that people may use, the best first (RFC 8314 §5.1).
SERVICES: dict[str, tuple[Protocol, Lock]] = {
    "imaps": ("imap", "tls"), "imap": ("imap", "starttls"), "pop3s": ("pop3", "tls"), "pop3": ("pop3", "starttls"),
    "submissions": ("smtp", "tls"), "submission": ("smtp", "starttls"),
}  # fmt: skip
THUNDERBIRD = {"tls": "SSL", "starttls": "STARTTLS"}
OUTLOOK = {"imap": "IMAP", "pop3": "POP3", "smtp": "SMTP"}
RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
OUTLOOK_ANSWER = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
ASKED = re.compile(r"<(?:\w+:)?EMailAddress>\s*([^<>\s]{3,320})\s*</(?:\w+:)?EMailAddress>", re.IGNORECASE)
SPACE = uuid.UUID("9f1c6a52-1e0b-4f83-9d4f-5c8b6f0a7e21")  # in which profiles get the same identifier each time


@dataclass(frozen=True, slots=True)
class Server:
    """One service that a program may use."""

    protocol: Protocol
    host: str
    port: int
    lock: Lock


def servers(host: str, ports: Mapping[str, int]) -> tuple[Server, ...]:
    """Those of our services that people may use, the best first."""
    return tuple(Server(kind[0], host, ports[name], kind[1]) for name, kind in SERVICES.items() if name in ports)


def asked_address(octets: bytes) -> str:
    """The address in Outlook's question; "" for none.  No XML is parsed: nothing else of it is wanted."""
    found = ASKED.search(octets.decode("utf-8", "replace"))
    return found.group(1) if found else ""


def thunderbird(domain: str, found: tuple[Server, ...]) -> str:
    """config-v1.1.xml."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>', '<clientConfig version="1.1">',
        f'  <emailProvider id="{escape(domain)}">', f"    <domain>{escape(domain)}</domain>",
        f"    <displayName>{escape(domain)}</displayName>",
        f"    <displayShortName>{escape(domain)}</displayShortName>",
    ]  # fmt: skip
    for one in found:
        kind = "outgoingServer" if one.protocol == "smtp" else "incomingServer"
        lines += [
            f'    <{kind} type="{one.protocol}">', f"      <hostname>{escape(one.host)}</hostname>",
            f"      <port>{one.port}</port>", f"      <socketType>{THUNDERBIRD[one.lock]}</socketType>",
            "      <authentication>password-cleartext</authentication>",
            "      <username>%EMAILADDRESS%</username>", f"    </{kind}>",
        ]  # fmt: skip
    return "\n".join([*lines, "  </emailProvider>", "</clientConfig>", ""])


def outlook(address: Address, found: tuple[Server, ...]) -> str:
    """The answer of autodiscover, one protocol each: Outlook takes the first of a kind."""
    login = escape(str(address))
    blocks = []
    told: set[Protocol] = set()
    for one in found:
        if one.protocol not in told:
            told.add(one.protocol)
            encryption = "SSL" if one.lock == "tls" else "TLS"
            blocks.append(
                f"<Protocol><Type>{OUTLOOK[one.protocol]}</Type><Server>{escape(one.host)}</Server>"
                f"<Port>{one.port}</Port><LoginName>{login}</LoginName><DomainRequired>off</DomainRequired>"
                f"<SPA>off</SPA><SSL>on</SSL><Encryption>{encryption}</Encryption><AuthRequired>on</AuthRequired>"
                "</Protocol>"
            )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Autodiscover xmlns="{RESPONSE}"><Response xmlns="{OUTLOOK_ANSWER}">'
        f"<Account><AccountType>email</AccountType><Action>settings</Action>{''.join(blocks)}</Account>"
        "</Response></Autodiscover>\n"
    )


def profile(address: Address, found: tuple[Server, ...]) -> bytes:
    """A .mobileconfig, not signed yet; b"" where there is nothing to read or nothing to send by."""
    reading = next((one for one in found if one.protocol != "smtp"), None)
    sending = next((one for one in found if one.protocol == "smtp"), None)
    if reading is None or sending is None:
        return b""
    login = str(address)
    account: dict[str, Any] = {
        "PayloadType": "com.apple.mail.managed", "PayloadVersion": 1,
        "PayloadIdentifier": f"{address.domain}.mail", "PayloadUUID": str(uuid.uuid5(SPACE, f"mail {login}")),
        "PayloadDisplayName": login, "EmailAccountDescription": login, "EmailAddress": login,
        "EmailAccountType": "EmailTypeIMAP" if reading.protocol == "imap" else "EmailTypePOP",
        "IncomingMailServerAuthentication": "EmailAuthPassword", "IncomingMailServerHostName": reading.host,
        "IncomingMailServerPortNumber": reading.port, "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": login, "OutgoingMailServerAuthentication": "EmailAuthPassword",
        "OutgoingMailServerHostName": sending.host, "OutgoingMailServerPortNumber": sending.port,
        "OutgoingMailServerUseSSL": True, "OutgoingMailServerUsername": login, "OutgoingPasswordSameAsIncomingPassword":
        True,
    }  # fmt: skip
    whole = {
        "PayloadType": "Configuration", "PayloadVersion": 1, "PayloadIdentifier": address.domain,
        "PayloadUUID": str(uuid.uuid5(SPACE, login)), "PayloadDisplayName": address.domain,
        "PayloadContent": [account],
    }  # fmt: skip
    return plistlib.dumps(whole)
