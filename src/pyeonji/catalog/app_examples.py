"""Two calls of each command about apps: the same in every language."""

EXAMPLES = {
    "examples.app": "pyeonji app add board --account noreply@example.com\npyeonji app list",
    "examples.app.add": (
        "pyeonji app add board --account noreply@example.com\n"
        "pyeonji app add trial --account noreply@example.com --test --scopes send,read"
    ),
    "examples.app.list": "pyeonji app list\npyeonji app list --json",
    "examples.app.keys": ("pyeonji app keys board --add --label worker\npyeonji app keys board --revoke worker"),
    "examples.app.rotate": "pyeonji app rotate board 1\npyeonji app rotate board pj_live_k3f9",
    "examples.app.set": "pyeonji app set board --return-addresses on\npyeonji app set board --attempts on",
    "examples.app.remove": "pyeonji app remove board\npyeonji app remove board --yes",
}
