"""Two calls of each command about the pages: the same in every language."""

EXAMPLES = {
    "examples.journey": ("pyeonji journey link K7M3-2QXD-9TAB\npyeonji journey forget minsu@school.example --yes"),
    "examples.journey.link": ("pyeonji journey link K7M3-2QXD-9TAB\npyeonji journey link K7M3-2QXD-9TAB --json"),
    "examples.journey.forget": (
        "pyeonji journey forget minsu@school.example\npyeonji journey forget minsu@school.example --yes"
    ),
    "examples.account.admin": "pyeonji account admin kim@example.com on\npyeonji account admin kim@example.com off",
    "examples.account.login-link": (
        "pyeonji account login-link kim@example.com\npyeonji account login-link kim@example.com --json"
    ),
}
