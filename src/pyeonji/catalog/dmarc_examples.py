"""Examples of the commands about DMARC; the same in both languages."""

EXAMPLES = {
    "examples.explain.dmarc": (
        "pyeonji explain dmarc example.com\npyeonji explain dmarc letter.eml --ip 192.0.2.1 --mail-from kim@example.com"
    ),
}
