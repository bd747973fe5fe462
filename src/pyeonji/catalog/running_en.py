"""English sentences of the commands that look after a server; the same keys as `running_ko`."""

from pyeonji.catalog.running_examples import EXAMPLES

TEXTS = EXAMPLES | {
    # ── upgrade, rollback ──
    "cli.older_version": (
        "{data}: an older version of pyeonji wrote this folder (schema {version})."
        " Bring it up, with a copy to go back to: pyeonji upgrade"
    ),
    "upgrade.done": (
        "{data}: brought up from schema {version}. A copy of what was there: {copy}\n"
        "  Back to it: stop the server, then pyeonji rollback. If all is well, the copy may be removed."
    ),
    "upgrade.not_needed": "{data}: there is nothing to bring up.",
    "rollback.would": (
        "{data}: this would go back from schema {now} to {then}. {letters} letters came since; they would be kept in"
        " {kept}, but be in no mailbox. To do it: pyeonji rollback --yes"
    ),
    "rollback.done": (
        "{data}: schema {then} is back. What was there lies in {kept}.\n"
        "  Install the older pyeonji before the server is started: this one would bring it up again."
    ),
    "rollback.no_copy": "{data}: there is no copy to go back to. An upgrade makes one; or use a backup.",
    "help.upgrade": "bring the data folder to this version, with a copy to go back to",
    "help.rollback": "back to what was there before the last upgrade",
}
