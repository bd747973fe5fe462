"""Two calls of each command about logging in: the same in every language."""

EXAMPLES = {
    "examples.guard": ("pyeonji guard list\npyeonji guard unban 192.0.2.7"),
    "examples.guard.list": ("pyeonji guard list\npyeonji guard list --json"),
    "examples.guard.unban": ("pyeonji guard unban 192.0.2.7\npyeonji guard unban kim@example.com"),
    "examples.account.logins": (
        "pyeonji account logins kim@example.com\npyeonji account logins kim@example.com --json"
    ),
    "examples.account.app-password": (
        "pyeonji account app-password add kim@example.com phone\npyeonji account app-password list kim@example.com"
    ),
    "examples.account.app-password.add": (
        "pyeonji account app-password add kim@example.com phone\n"
        "pyeonji account app-password add kim@example.com printer --scopes smtp"
    ),
    "examples.account.app-password.list": (
        "pyeonji account app-password list kim@example.com\npyeonji account app-password list kim@example.com --json"
    ),
    "examples.account.app-password.remove": (
        "pyeonji account app-password remove kim@example.com phone\n"
        "pyeonji account app-password remove kim@example.com printer"
    ),
}
