"""Two calls of each command about the pages: the same in every language."""

EXAMPLES = {
    "examples.account.admin": "pyeonji account admin kim@example.com on\npyeonji account admin kim@example.com off",
    "examples.account.login-link": (
        "pyeonji account login-link kim@example.com\npyeonji account login-link kim@example.com --json"
    ),
}
