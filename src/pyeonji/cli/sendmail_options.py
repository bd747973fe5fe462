"""The arguments of sendmail(8): what each old flag means today.

Flags are read like getopt(3) reads them: clustered ("-ti"), with their value attached or in the next argument; the
first argument that is no flag, or "--", ends them.  Values that name files (-C, -X, -D, -O QueueDirectory=…) are never
looked at.
"""

# Flags that take a value, attached or next; of these only some mean anything to us.
WITH_VALUE = frozenset("ABCDFLNORTVXefhMpr")
# Flags whose value, if there is one, is attached.
WITH_ATTACHED = frozenset("bdoq")
NOTIFY = ("NEVER", "SUCCESS", "FAILURE", "DELAY")
BY_NAME = {"mailq": "list", "newaliases": "aliases"}
MODES = {"m": "deliver", "s": "smtp", "p": "list", "i": "aliases", "v": "verify", "h": "hoststat", "H": "hoststat"}


class Misuse(Exception):
    """The arguments are not usable.  `key` and `slots` name the sentence; `code` is of sysexits.h."""

    def __init__(self, key: str, code: int = 64, **slots: str) -> None:
        super().__init__(key)
        self.key = key
        self.code = code
        self.slots = slots


class Call:
    """What the caller asked for."""

    def __init__(self) -> None:
        self.action = "deliver"  # smtp, list, aliases, verify, flush, help, version
        self.data = ""
        self.language = ""
        self.recipients: list[str] = []
        self.from_header = False  # -t
        self.dot_ends = True  # without -i
        self.reverse_path: str | None = None  # None: whoever calls
        self.name = ""  # -F
        self.notify = ""
        self.ret = ""
        self.envid = ""
        self.smtputf8 = False
        self.requiretls = False
        self.verbose = False
        self.flush = ""  # -qI: a receipt number, -qR: a domain; "" for all


def parse(argv: "list[str]") -> Call:
    """The call of `argv` (with the name of the program at 0); raises Misuse."""
    call = Call()
    name = argv[0].rpartition("/")[2] if argv else ""
    call.action = BY_NAME.get(name, "deliver")
    rest = list(argv[1:])
    while rest:
        argument = rest[0]
        if argument == "--":
            rest.pop(0)
            break
        if len(argument) < 2 or argument[0] != "-":
            break
        rest.pop(0)
        if argument[1] == "-":
            _long(call, argument, rest)
        else:
            _cluster(call, argument[1:], rest)
    call.recipients += rest
    _check(call)
    return call


def _long(call: Call, argument: str, rest: "list[str]") -> None:
    name, equals, value = argument[2:].partition("=")
    if name in ("help", "version"):
        call.action = name
        return
    if name not in ("data", "lang"):
        raise Misuse("sendmail.unknown_option", option=argument)
    if not equals:
        value = _next(argument, rest)
    if name == "data":
        call.data = value
    else:
        call.language = value


def _cluster(call: Call, flags: str, rest: "list[str]") -> None:
    """One argument such as "ti" or "fkim@example.com"."""
    while flags:
        flag, flags = flags[0], flags[1:]
        if flag in WITH_ATTACHED:
            _attached(call, flag, flags, rest)
            return
        if flag in WITH_VALUE:
            _valued(call, flag, flags or _next(f"-{flag}", rest))
            return
        _plain(call, flag)


def _plain(call: Call, flag: str) -> None:
    if flag == "t":
        call.from_header = True
    elif flag == "i":
        call.dot_ends = False
    elif flag == "v":
        call.verbose = True
    elif flag == "I":
        call.action = "aliases"
    # -G -U -m -n -c -s -E and whatever else there ever was: nothing to us, and no reason to lose a letter


def _valued(call: Call, flag: str, value: str) -> None:
    if flag in "fr":
        call.reverse_path = value.strip()
    elif flag == "F":
        call.name = value
    elif flag == "N":
        call.notify = _notify(value)
    elif flag == "R":
        call.ret = _ret(value)
    elif flag == "V":
        call.envid = value
    elif flag == "O":
        _option(call, value)
    # -A -B -C -D -L -M -T -X -e -h -p: their values are for other programs; no file of them is opened


def _attached(call: Call, flag: str, value: str, rest: "list[str]") -> None:
    if flag == "b":
        mode = value[:1] or _next("-b", rest)[:1]
        if len(value) > 1 or mode not in MODES:
            raise Misuse("sendmail.daemon" if mode in ("d", "D") else "sendmail.unknown_mode", option=f"-b{value}")
        call.action = MODES[mode]
    elif flag == "o":
        if (value or _next("-o", rest)) == "i":
            call.dot_ends = False
    elif flag == "q":
        call.action = "flush"
        if value[:1] in ("I", "R"):
            call.flush = value[1:] or _next(f"-q{value}", rest)


def _option(call: Call, value: str) -> None:
    name, _, setting = value.partition("=")
    if name.strip().lower() == "smtputf8":
        call.smtputf8 = setting.strip().lower() in ("", "yes", "true", "1")
    elif name.strip().lower() == "requiretls":
        call.requiretls = setting.strip().lower() in ("", "yes", "true", "1")


def _notify(value: str) -> str:
    words = value.upper().replace(" ", "").split(",")
    if not all(word in NOTIFY for word in words) or ("NEVER" in words and len(words) > 1):
        raise Misuse("sendmail.bad_notify", value=value)
    return ",".join(words)


def _ret(value: str) -> str:
    known = {"full": "FULL", "hdrs": "HDRS"}
    if value.lower() not in known:
        raise Misuse("sendmail.bad_ret", value=value)
    return known[value.lower()]


def _next(option: str, rest: "list[str]") -> str:
    if not rest:
        raise Misuse("sendmail.missing_value", option=option)
    return rest.pop(0)


def _check(call: Call) -> None:
    for text in (*call.recipients, call.reverse_path or "", call.name, call.envid):
        if any(char in text for char in "\r\n\0"):
            raise Misuse("sendmail.control_octets", 65)
    for text in call.recipients:
        if text.startswith("-"):
            raise Misuse("sendmail.dash_recipient", value=text)
