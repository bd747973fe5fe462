"""Two calls of each command that looks after a server: the same in every language."""

EXAMPLES = {
    "examples.clients": "pyeonji clients kim@example.com\npyeonji clients kim@example.com --format thunderbird",
    "examples.check": "pyeonji check example.com\npyeonji check 192.0.2.7 --json",
    "examples.dial": (
        "pyeonji dial mx.example.com --to kim@example.com\npyeonji dial 192.0.2.25:465 --any-certificate --json"
    ),
    "examples.setup": (
        "pyeonji setup you@example.com --dry-run\npyeonji setup you@example.com --answers answers.toml --json"
    ),
    "examples.systemd": "pyeonji systemd print\npyeonji systemd install",
    "examples.systemd.print": "pyeonji systemd print\npyeonji systemd print --data /var/lib/pyeonji",
    "examples.systemd.install": "pyeonji systemd install\npyeonji systemd install --folder /usr/lib/systemd/system",
    "examples.dns": "pyeonji dns show example.com\npyeonji dns check example.com",
    "examples.dns.show": (
        "pyeonji dns show example.com\npyeonji dns show example.com --address 192.0.2.7 --address 2001:db8::7"
    ),
    "examples.dns.check": "pyeonji dns check example.com\npyeonji dns check example.com --at 192.0.2.53 --json",
    "examples.dns.watch": "pyeonji dns watch example.com\npyeonji dns watch example.com --every 10m",
    "examples.dns.zone": "pyeonji dns zone example.com\npyeonji dns zone example.com --provider cloudflare",
    "examples.backup": "pyeonji backup /backup/mail --key /root/backup.key\npyeonji backup /backup/mail --keep 14",
    "examples.restore": (
        "pyeonji restore /backup/mail --key /root/backup.key --data /var/lib/pyeonji\n"
        "pyeonji restore /backup/mail --from 20261127T065512Z"
    ),
    "examples.upgrade": "pyeonji upgrade\npyeonji upgrade --data /var/lib/pyeonji --json",
    "examples.rollback": "pyeonji rollback\npyeonji rollback --yes",
}
