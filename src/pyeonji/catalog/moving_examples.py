"""Two calls of each command that moves letters or brings them back: the same in every language."""

EXAMPLES = {
    "examples.undelete": (
        "pyeonji undelete kim@example.com --list\npyeonji undelete kim@example.com --mailbox INBOX --since 2d"
    ),
}
