"""Two calls of each command that looks at a server at work: the same in every language."""

EXAMPLES = {
    "examples.logs": "pyeonji logs -f\npyeonji logs K7M3-2QXD-9TAB --level debug",
    "examples.top": "pyeonji top\npyeonji top --once --json",
}
