"""Examples of the commands about TLS reports; the same in both languages."""

EXAMPLES = {
    "examples.tls.reports": "pyeonji tls reports example.com\npyeonji tls reports --days 7 --json",
    "examples.tls.read": "pyeonji tls read report.json.gz\npyeonji tls read letters/*.eml",
    "examples.tls.waiting": "pyeonji tls waiting\npyeonji tls waiting --json",
}
