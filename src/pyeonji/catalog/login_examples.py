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
    "examples.account.allowed": (
        "pyeonji account allowed list kim@example.com\npyeonji account allowed add kim@example.com shop@shop.example"
    ),
    "examples.account.allowed.list": (
        "pyeonji account allowed list kim@example.com\npyeonji account allowed list kim@example.com --json"
    ),
    "examples.account.allowed.add": (
        "pyeonji account allowed add kim@example.com shop@shop.example\n"
        "pyeonji account allowed add kim@example.com printer@old.example --from 192.0.2.7"
    ),
    "examples.account.allowed.remove": (
        "pyeonji account allowed remove kim@example.com shop@shop.example\n"
        "pyeonji account allowed remove kim@example.com printer@old.example --json"
    ),
}
