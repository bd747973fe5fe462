"""Two calls of each command about mailboxes: the same in every language."""

EXAMPLES = {
    "examples.mailbox": (
        "pyeonji mailbox list kim@example.com\npyeonji mailbox share kim@example.com Project lee@example.com"
    ),
    "examples.mailbox.list": "pyeonji mailbox list kim@example.com\npyeonji mailbox list kim@example.com --json",
    "examples.mailbox.create": (
        "pyeonji mailbox create kim@example.com Work/2026\n"
        "pyeonji mailbox create kim@example.com Important --use Important"
    ),
    "examples.mailbox.rename": (
        "pyeonji mailbox rename kim@example.com Work Archive/Work\npyeonji mailbox rename kim@example.com 일 회사"
    ),
    "examples.mailbox.delete": (
        "pyeonji mailbox delete kim@example.com Work/2025\npyeonji mailbox delete kim@example.com Work/2025 --yes"
    ),
    "examples.mailbox.share": (
        "pyeonji mailbox share kim@example.com Project lee@example.com --rights write\n"
        "pyeonji mailbox share kim@example.com News anyone"
    ),
    "examples.mailbox.unshare": (
        "pyeonji mailbox unshare kim@example.com Project lee@example.com\n"
        "pyeonji mailbox unshare kim@example.com Project --all"
    ),
    "examples.account.quota": (
        "pyeonji account quota kim@example.com\npyeonji account quota kim@example.com 1GiB --messages 100000"
    ),
}
