"""Calls of `pyeonji dkim`: the same in every language."""

EXAMPLES = {
    "examples.explain.dkim": "pyeonji explain dkim letter.eml\npyeonji explain dkim - --json < letter.eml",
    "examples.dkim": "pyeonji dkim show example.com\npyeonji dkim check example.com",
    "examples.dkim.list": "pyeonji dkim list\npyeonji dkim list example.com --json",
    "examples.dkim.show": "pyeonji dkim show example.com\npyeonji dkim show example.com --zone",
    "examples.dkim.check": "pyeonji dkim check example.com\npyeonji dkim check example.com --json",
    "examples.dkim.rotate": "pyeonji dkim rotate example.com\npyeonji dkim rotate example.com --json",
    "examples.dkim.use": "pyeonji dkim use example.com 20261127r\npyeonji dkim use example.com 20261127e",
    "examples.dkim.retire": (
        "pyeonji dkim retire example.com 20261127e --yes\npyeonji dkim retire example.com 20261127r --yes --json"
    ),
}
