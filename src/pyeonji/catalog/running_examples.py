"""Two calls of each command that looks after a server: the same in every language."""

EXAMPLES = {
    "examples.backup": "pyeonji backup /backup/mail --key /root/backup.key\npyeonji backup /backup/mail --keep 14",
    "examples.restore": (
        "pyeonji restore /backup/mail --key /root/backup.key --data /var/lib/pyeonji\n"
        "pyeonji restore /backup/mail --from 20261127T065512Z"
    ),
    "examples.upgrade": "pyeonji upgrade\npyeonji upgrade --data /var/lib/pyeonji --json",
    "examples.rollback": "pyeonji rollback\npyeonji rollback --yes",
}
