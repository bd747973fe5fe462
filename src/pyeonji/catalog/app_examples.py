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
    "examples.webhook": "pyeonji webhook add board https://board.example/hooks/mail\npyeonji webhook list",
    "examples.webhook.add": (
        "pyeonji webhook add board https://board.example/hooks/mail\n"
        "pyeonji webhook add board http://127.0.0.1:8000/hooks/mail --inside --types email.final,email.complained"
    ),
    "examples.webhook.list": "pyeonji webhook list\npyeonji webhook list --json",
    "examples.webhook.test": "pyeonji webhook test 1\npyeonji webhook test 1 --json",
    "examples.webhook.log": "pyeonji webhook log 1\npyeonji webhook log 1 --json",
    "examples.webhook.replay": "pyeonji webhook replay 1 --since 2d\npyeonji webhook replay 1 --since 30m",
    "examples.webhook.pause": "pyeonji webhook pause 1\npyeonji webhook pause 1 --json",
    "examples.webhook.resume": "pyeonji webhook resume 1\npyeonji webhook resume 1 --json",
    "examples.webhook.rotate": "pyeonji webhook rotate 1\npyeonji webhook rotate 1 --keep 2h",
    "examples.webhook.remove": "pyeonji webhook remove 1\npyeonji webhook remove 1 --yes",
    "examples.route": "pyeonji route add board answers@board.example\npyeonji route list",
    "examples.route.add": "pyeonji route add board answers@board.example\npyeonji route add shop orders@shop.example",
    "examples.route.list": "pyeonji route list\npyeonji route list --json",
    "examples.route.remove": "pyeonji route remove answers@board.example\npyeonji route remove orders@shop.example",
}
