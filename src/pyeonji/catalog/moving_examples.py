"""Two calls of each command that moves letters or brings them back: the same in every language."""

EXAMPLES = {
    "examples.import": (
        "pyeonji import maildir kim@example.com /home/kim/Maildir --dry-run\n"
        "pyeonji import mbox kim@example.com /var/mail/kim"
    ),
    "examples.import.maildir": (
        "pyeonji import maildir kim@example.com /home/kim/Maildir --dry-run\n"
        "pyeonji import maildir kim@example.com /home/kim/Maildir --into 옛편지"
    ),
    "examples.import.mbox": (
        "pyeonji import mbox kim@example.com /var/mail/kim\n"
        "pyeonji import mbox kim@example.com Mail/Inbox Mail/Sent --dry-run"
    ),
    "examples.import.eml": (
        "pyeonji import eml kim@example.com letters/\npyeonji import eml kim@example.com one.eml two.eml --into Work"
    ),
    "examples.import.imap": (
        "pyeonji import imap kim@example.com imap.example.net --login kim --password-file secret.txt --dry-run\n"
        "pyeonji import imap kim@example.com mail.example.net --login kim --tls starttls --password-stdin < secret.txt"
    ),
    "examples.export": (
        "pyeonji export maildir kim@example.com /backup/kim/Maildir\npyeonji export mbox kim@example.com /backup/kim"
    ),
    "examples.export.maildir": (
        "pyeonji export maildir kim@example.com Maildir\n"
        "pyeonji export maildir kim@example.com Maildir --mailbox INBOX --mailbox Sent"
    ),
    "examples.export.mbox": (
        "pyeonji export mbox kim@example.com mail/\npyeonji export mbox kim@example.com mail/ --mailbox INBOX --yes"
    ),
    "examples.export.eml": (
        "pyeonji export eml kim@example.com letters/\npyeonji export eml kim@example.com letters/ --mailbox 일/회의"
    ),
    "examples.undelete": (
        "pyeonji undelete kim@example.com --list\npyeonji undelete kim@example.com --mailbox INBOX --since 2d"
    ),
}
