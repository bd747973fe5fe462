"""Two calls of each command that looks after a server: the same in every language."""

EXAMPLES = {
    "examples.upgrade": "pyeonji upgrade\npyeonji upgrade --data /var/lib/pyeonji --json",
    "examples.rollback": "pyeonji rollback\npyeonji rollback --yes",
}
