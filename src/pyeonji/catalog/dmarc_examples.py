"""Examples of the commands about DMARC; the same in both languages."""

EXAMPLES = {
    "examples.explain.dmarc": (
        "pyeonji explain dmarc example.com\npyeonji explain dmarc letter.eml --ip 192.0.2.1 --mail-from kim@example.com"
    ),
    "examples.dmarc": "pyeonji dmarc report example.com\npyeonji dmarc read ~/reports/*.zip",
    "examples.dmarc.report": "pyeonji dmarc report example.com\npyeonji dmarc report --days 7 --json",
    "examples.dmarc.read": "pyeonji dmarc read report.xml.gz\npyeonji dmarc read letters/*.eml",
    "examples.dmarc.waiting": "pyeonji dmarc waiting\npyeonji dmarc waiting --json",
}
