"""English sentences of the commands that move letters or bring them back; the same keys as `moving_ko`."""

from pyeonji.catalog.moving_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "cli.not_a_mailbox": "{value}: this is no name of a mailbox. Write one such as INBOX or Work/2026.",
    # ── undelete ──
    "undelete.which": "Say what to bring back: receipt numbers, --mailbox, --since, --all. Only to look: --list.",
    "undelete.done": "{address}: {count} letters were brought back.",
    "undelete.nothing": "{address}: there is no such letter to bring back. See: pyeonji undelete {address} --list",
    "undelete.none": "There is no letter that can be brought back.",
    "title.removed": "REMOVED",
    "title.mailbox": "MAILBOX",
    "arg.account": "address of the account",
    "arg.removed_ids": "receipt numbers of letters to bring back",
    "arg.was_in": "only what was in this mailbox",
    "arg.removed_since": "only what was removed less than this ago, such as 2d",
    "arg.into": "into this mailbox (default: where they were)",
    "arg.all_removed": "all that can be brought back",
    "arg.list_removed": "only show them",
    "help.undelete": "bring back removed letters",
}
