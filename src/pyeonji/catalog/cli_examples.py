"""Two calls of every command: the same in every language."""

EXAMPLES = {
    "examples.serve": ("pyeonji serve\npyeonji serve --data /srv/mail --port-offset 10000"),
    "examples.lab": ("pyeonji lab --catch\npyeonji lab break mx1.2ban.test"),
    "examples.status": ("pyeonji status\npyeonji status --json"),
    "examples.send": (
        "pyeonji send --to younghee@2ban.test --subject 안녕 --text '점심 같이 먹자' --wait 20s\n"
        "pyeonji send --from kim@example.com --to lee@example.net --file letter.eml"
    ),
    "examples.trace": ("pyeonji trace K7M3-2QXD-9TAB\npyeonji trace lee@example.net --raw"),
    "examples.show": ("pyeonji show K7M3-2QXD-9TAB\npyeonji show K7M3-2QXD-9TAB --source"),
    "examples.search": (
        "pyeonji search 회의 보낸사람:김철수 --account kim@example.com\n"
        "pyeonji search '\"Q3 offer\" has:attachment after:2026-01-01 -draft' --json"
    ),
    "examples.explain": (
        "pyeonji explain '550 5.7.26 Your email has been blocked'\npyeonji explain returned.eml --json"
    ),
    "examples.explain.tls": "pyeonji explain tls example.com\npyeonji explain tls example.com --json",
    "examples.explain.spf": (
        "pyeonji explain spf 192.0.2.1 kim@example.com\n"
        "pyeonji explain spf 2001:db8::1 '<>' --helo mail.example.com --json"
    ),
    "examples.explain.dnsbl": (
        "pyeonji explain dnsbl 192.0.2.1 zen.spamhaus.org\n"
        "pyeonji explain dnsbl 2001:db8::1 'zen.spamhaus.org=127.0.0.[2..11]*3' --json"
    ),
    "examples.queue": ("pyeonji queue list\npyeonji queue retry K7M3-2QXD-9TAB.2"),
    "examples.queue.list": ("pyeonji queue list\npyeonji queue list --state held"),
    "examples.queue.show": ("pyeonji queue show K7M3-2QXD-9TAB\npyeonji queue show K7M3-2QXD-9TAB.2 --json"),
    "examples.queue.retry": ("pyeonji queue retry K7M3-2QXD-9TAB\npyeonji queue retry example.net"),
    "examples.queue.hold": ("pyeonji queue hold K7M3-2QXD-9TAB.1\npyeonji queue hold example.net"),
    "examples.queue.release": ("pyeonji queue release K7M3-2QXD-9TAB.1\npyeonji queue release --all"),
    "examples.queue.cancel": ("pyeonji queue cancel K7M3-2QXD-9TAB --yes\npyeonji queue cancel example.net"),
    "examples.account": ("pyeonji account add kim@example.com\npyeonji account list"),
    "examples.account.add": (
        "pyeonji account add kim@example.com\n"
        "pyeonji account add kim@example.com --password-stdin --quota 1GiB < password.txt"
    ),
    "examples.account.list": ("pyeonji account list\npyeonji account list --json"),
    "examples.account.passwd": (
        "pyeonji account passwd kim@example.com\npyeonji account passwd kim@example.com --password-stdin < password.txt"
    ),
    "examples.account.disable": (
        "pyeonji account disable kim@example.com\npyeonji account disable kim@example.com --data /srv/mail"
    ),
    "examples.account.enable": (
        "pyeonji account enable kim@example.com\npyeonji account enable kim@example.com --data /srv/mail"
    ),
    "examples.account.remove": ("pyeonji account remove kim@example.com\npyeonji account remove kim@example.com --yes"),
    "examples.domain": ("pyeonji domain add example.com\npyeonji domain list"),
    "examples.domain.add": ("pyeonji domain add example.com\npyeonji domain add 한글.example"),
    "examples.domain.list": ("pyeonji domain list\npyeonji domain list --json"),
    "examples.domain.show": ("pyeonji domain show example.com\npyeonji domain show example.com --json"),
    "examples.domain.remove": ("pyeonji domain remove example.com\npyeonji domain remove example.com --yes"),
    "examples.domain.catch-all": (
        "pyeonji domain catch-all example.com kim@example.com\npyeonji domain catch-all example.com"
    ),
    "examples.alias": ("pyeonji alias add info@example.com kim@example.com\npyeonji alias test info@example.com"),
    "examples.alias.add": (
        "pyeonji alias add info@example.com kim@example.com\n"
        "pyeonji alias add team@example.com kim@example.com lee@example.net --owner kim@example.com"
    ),
    "examples.alias.list": ("pyeonji alias list\npyeonji alias list --json"),
    "examples.alias.remove": (
        "pyeonji alias remove info@example.com\npyeonji alias remove team@example.com lee@example.net"
    ),
    "examples.alias.test": ("pyeonji alias test info@example.com\npyeonji alias test kim+shop@example.com --json"),
    "examples.config": ("pyeonji config test\npyeonji config example > pyeonji.toml"),
    "examples.config.show": ("pyeonji config show\npyeonji config show --origin"),
    "examples.config.set": ("pyeonji config set hostname mail.example.com\npyeonji config set queue.give_up_after 2d"),
    "examples.config.test": ("pyeonji config test\npyeonji config test /etc/pyeonji/pyeonji.toml"),
    "examples.config.example": ("pyeonji config example\npyeonji config example > pyeonji.toml"),
    "examples.tls": ("pyeonji tls status\npyeonji tls renew"),
    "examples.tls.status": ("pyeonji tls status\npyeonji tls status --json"),
    "examples.tls.renew": ("pyeonji tls renew\npyeonji tls renew mail.example.com"),
    "examples.tls.revoke": (
        "pyeonji tls revoke mail.example.com --yes\npyeonji tls revoke mail.example.com --reason key --yes"
    ),
    "examples.verify": ("pyeonji verify\npyeonji verify --json"),
    "examples.overview": ("pyeonji\npyeonji --help"),
}
