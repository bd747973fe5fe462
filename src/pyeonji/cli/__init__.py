"""The command line: `pyeonji NOUN VERB`, one file per command, imported only when it is called.

Exit codes: 0 good, 1 the answer is no, 2 the call cannot be understood, 75 not decided yet.  Whatever is wrong is told
in one sentence of the reader's language that says what to do; a traceback is a defect of ours.

Nothing of ours is read here before `main` or `start_sendmail` has begun: Ctrl-C would be told with a traceback.
"""

import sys

OK, NO, USAGE, UNDECIDED = 0, 1, 2, 75
INTERRUPTED = 130  # by Ctrl-C, as shells count it

# The verbs in the order of the help page; each is the module of that name.
GROUPS = {
    "try": ("lab",),
    "start": ("setup", "serve", "status", "systemd"),
    "see": ("send", "trace", "show", "search", "explain", "check", "dial", "score", "logs", "top"),
    "run": (
        "queue",
        "journey",
        "account",
        "domain",
        "dns",
        "clients",
        "dkim",
        "dmarc",
        "alias",
        "app",
        "suppress",
        "webhook",
        "route",
        "mailbox",
        "guard",
        "config",
        "tls",
        "undelete",
        "verify",
    ),
    "move": ("import", "export", "backup", "restore", "upgrade", "rollback"),
}
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
COMPATIBLE = ("sendmail", "mailq", "newaliases")
WITH_VALUE = ("--data", "--lang")


def main(argv: "list[str] | None" = None) -> int:
    """Run one command; the exit code."""
    try:
        return _main(argv)
    except KeyboardInterrupt:  # while our own code was being read: that is half of a short command
        return INTERRUPTED


def start_sendmail(argv: "list[str] | None" = None) -> int:
    """`pyeonji-sendmail`, `mailq`, `newaliases`; the exit code.  `argv` with the name, which says which of them."""
    try:
        from pyeonji.cli.sendmail import main as sendmail

        return sendmail(argv)
    except KeyboardInterrupt:
        return UNDECIDED  # the letter is not ours


def _main(argv: "list[str] | None") -> int:
    from pyeonji.cli import streams

    streams.complete()
    arguments = sys.argv[1:] if argv is None else list(argv)
    at = first_word(arguments)
    verb = arguments[at] if at < len(arguments) else ""
    if verb in COMPATIBLE:
        from pyeonji.cli.sendmail import main as sendmail

        before = [f"--{name[2:]}={value}" for name, value in _pairs(arguments[:at])]
        return sendmail([verb, *before, *arguments[at + 1 :]])
    from pyeonji.cli.call import call

    return call(verb, arguments[:at], arguments[at + 1 :])


def first_word(arguments: "list[str]") -> int:
    """Where the first word stands that is neither a global option nor the value of one."""
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] in WITH_VALUE else 1
    return at


def _pairs(options: "list[str]") -> "list[tuple[str, str]]":
    found = []
    rest = list(options)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name in WITH_VALUE:
            found.append((name, value if equals else rest.pop(0) if rest else ""))
    return found
