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
    "examples.suppress": "pyeonji suppress list\npyeonji suppress why minsu@school.example",
    "examples.suppress.list": "pyeonji suppress list\npyeonji suppress list --app board --json",
    "examples.suppress.add": (
        "pyeonji suppress add minsu@school.example --note 'asked by telephone'\n"
        "pyeonji suppress add minsu@school.example --app board"
    ),
    "examples.suppress.remove": (
        "pyeonji suppress remove minsu@school.example --app board\npyeonji suppress remove minsu@school.example"
    ),
    "examples.suppress.why": (
        "pyeonji suppress why minsu@school.example --app board\npyeonji suppress why minsu@school.example --json"
    ),
}
