"""What sendmail(8) does to the letter it reads: line ends, the lone dot, the addresses of -t.  Pure and light.

A scanner of its own for address lists, because the full one of `message.addresses` costs more than the rest of the
command together; a test holds the two together.  The server checks every address again.
"""

CRLF = b"\r\n"
RECIPIENT_FIELDS = (b"to", b"cc", b"bcc")
RESENT_FIELDS = (b"resent-to", b"resent-cc", b"resent-bcc")
BLIND_FIELDS = (b"bcc", b"resent-bcc")


def canonical(octets: bytes, *, dot_ends: bool) -> bytes:
    """The input with CR LF line ends, up to a lone dot when that ends it.

    "\\n", "\\r\\n" and "\\r\\r\\n" (a CR LF converted twice) end a line.  Any other CR becomes a space: as a line
    end it could make a field out of the inside of another one.
    """
    octets = octets.replace(b"\r\n", b"\n")
    if b"\r" in octets:
        octets = b"\n".join(line.rstrip(b"\r") for line in octets.split(b"\n")).replace(b"\r", b" ")
    if dot_ends:
        octets = before_lone_dot(octets)
    if octets.startswith(b"From "):  # the separator line of an mbox file
        octets = octets.partition(b"\n")[2]
    if octets and not octets.endswith(b"\n"):
        octets += b"\n"
    return octets.replace(b"\n", CRLF)


def before_lone_dot(octets: bytes) -> bytes:
    if octets == b"." or octets.startswith(b".\n"):
        return b""
    at = octets.find(b"\n.\n")
    if at >= 0:
        return octets[: at + 1]
    return octets[:-1] if octets.endswith(b"\n.") else octets


def fields(content: bytes) -> "tuple[list[tuple[bytes, bytes]], int]":
    """The header as (lower-case name, whole field with its line end), and the offset where the header ends.

    The header ends at the first line that is neither a field nor the continuation of one.
    """
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(content):
        end = content.find(CRLF, at)
        end = len(content) if end < 0 else end + 2
        line = content[at:end]
        if line[:1] in (b" ", b"\t") and found and line.strip():
            found[-1] = (found[-1][0], found[-1][1] + line)
        else:
            name, colon, _ = line.partition(b":")
            name = name.rstrip(b" \t")
            if not colon or not name or not all(33 <= octet <= 126 for octet in name):
                break
            found.append((name.lower(), line))
        at = end
    return found, at


def from_header(content: bytes) -> "tuple[list[str], bytes]":
    """The addresses of -t, and the letter without its blind copies' field."""
    found, end = fields(content)
    names = {name for name, _ in found}
    wanted = RESENT_FIELDS if names.intersection(RESENT_FIELDS) else RECIPIENT_FIELDS
    recipients: list[str] = []
    for name, field in found:
        if name in wanted:
            recipients += addresses(field.partition(b":")[2])
    head = b"".join(field for name, field in found if name not in BLIND_FIELDS)
    rest = content[end:]
    if rest and not rest.startswith(CRLF):
        rest = CRLF + rest  # the header was ended by a line that is none of it
    return list(dict.fromkeys(recipients)), head + rest


def with_author(content: bytes, name: str, address: str) -> bytes:
    """With a From field that says a name (-F), unless there is one."""
    found, _ = fields(content)
    if not name or any(known == b"from" for known, _ in found):
        return content
    if name.isascii():
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        from binascii import b2a_base64

        words = (name[i : i + 12] for i in range(0, len(name), 12))  # an encoded word ends at 75 octets, RFC 2047 §2
        phrase = " ".join(f"=?utf-8?B?{b2a_base64(word.encode(), newline=False).decode()}?=" for word in words)
    return f"From: {phrase} <{address}>\r\n".encode("utf-8", "surrogateescape") + content


def separated(content: bytes) -> bytes:
    """With an empty line between header and body, also where the input had none."""
    _, end = fields(content)
    return content if content.startswith(CRLF, end) else content[:end] + CRLF + content[end:]


def named(argument: str) -> "list[str]":
    """The addresses of one argument: as it stands, unless it is a list or has a name before its brackets."""
    if "," not in argument and not (argument.endswith(">") and not argument.startswith("<")):
        return [argument]
    return addresses(argument.encode("utf-8", "surrogateescape")) or [argument]


def addresses(value: bytes) -> "list[str]":
    """The addresses of one field body (RFC 5322 §3.4): comments and names left out, groups opened."""
    found: list[str] = []
    plain = ""  # what stands outside of brackets
    bracket: str | None = None  # what stands inside
    angle = ""
    for token in _tokens(value.decode("utf-8", "surrogateescape")):
        if token == "<" and bracket is None:
            bracket = ""
        elif token == ">" and bracket is not None:
            angle, bracket = bracket, None
        elif bracket is not None:
            bracket += token
        elif token in (",", ";"):
            _add(found, angle or plain)
            plain = angle = ""
        elif token == ":" and not angle:
            plain = ""  # the name of a group
        elif not angle:
            plain += token
    _add(found, angle or plain if bracket is None else bracket)
    return found


def _add(found: "list[str]", text: str) -> None:
    text = text.strip()
    if text.startswith("@") and ":" in text:  # a source route, RFC 5321 §4.1.2: obsolete, left out
        text = text.partition(":")[2]
    if text:
        found.append(text)


def _tokens(text: str) -> "list[str]":
    """Specials one by one, quoted strings and domain literals whole, comments and spaces dropped."""
    tokens: list[str] = []
    at, depth, start = 0, 0, 0
    size = len(text)
    while at < size:
        char = text[at]
        if depth:
            at += 1 if char == "\\" else 0
            depth += (char == "(") - (char == ")")
        elif char == "(":
            depth = 1
        elif char in '"[':
            start = at
            at = _closing(text, at)
            tokens.append(text[start : at + 1])
        elif char in "<>,;:":
            tokens.append(char)
        elif char not in " \t\r\n":
            start = at
            while at + 1 < size and text[at + 1] not in ' \t\r\n"[(<>,;:':
                at += 1
            tokens.append(text[start : at + 1])
        at += 1
    return tokens


def _closing(text: str, at: int) -> int:
    """The offset of the end of the quoted string or literal that begins at `at`."""
    closing = '"' if text[at] == '"' else "]"
    at += 1
    while at < len(text) and text[at] != closing:
        at += 2 if text[at] == "\\" else 1
    return at
