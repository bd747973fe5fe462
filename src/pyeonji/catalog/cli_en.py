"""English sentences of the command line and the configuration; the same keys as `cli_ko`."""

TEXTS = {
    # ── pyeonji.toml ──
    "config.unreadable": "This file cannot be read ({reason}). Check its name and permissions.",
    "config.too_long": "This file is longer than one MiB. Is it the right file?",
    "config.not_utf8": "This line is not UTF-8. Save the file as UTF-8.",
    "config.not_toml": 'This line cannot be understood: "{line_text}". Write KEY = VALUE, and text in double quotes.',
    "config.unknown_like": "{where}: there is no such setting. Did you mean {guess}?",
    "config.unknown": "{where}: there is no such setting. Possible here: {known}.",
    "config.not_a_table": "{where}: this is a group of settings. Write it as [{where}] on a line of its own.",
    "config.not_a_list": '{where}: "{value}" is not a list. Write it in brackets: ["…", "…"].',
    "config.not_yes_no": '{where}: "{value}" is neither true nor false. Write true or false, without quotes.',
    "config.not_a_time": '{where}: "{value}" is not a time. Write a number and a unit: "30s", "5m", "4h", "5d".',
    "config.not_a_size": '{where}: "{value}" is not a size. Write octets, or a size such as "50 MiB".',
    "config.not_a_number": '{where}: "{value}" is not a whole number. Write one without quotes, such as 25.',
    "config.out_of_range": "{where}: {value} is out of range. Write a number from {least} to {most}.",
    "config.not_text": "{where}: {value} is not text. Write it in double quotes.",
    "config.not_a_choice": '{where}: "{value}" is not possible. Write one of: {choices}.',
    "config.not_a_network": '{where}: "{value}" is not a network. Write one such as "192.0.2.0/24" or "2001:db8::/32".',
    "config.not_a_nameserver": '{where}: "{value}" is not a name server. Write its IP address, such as "192.0.2.53".',
    "config.not_a_name": '{where}: "{value}" is not a host name. Write one such as "mail.example.com".',
    "config.not_an_endpoint": '{where}: "{value}" is no place to listen. Write "IP:PORT": "0.0.0.0:25" or "[::]:25".',
    "config.not_a_port": '{where}: "{value}" has no usable port. Write a port from 1 to 65535.',
    "config.port_twice": "{where}: {value} is already taken by {other}. Give each service a port of its own.",
    "config.file_unreadable": "{where}: {value} cannot be read ({reason}). Check its name and permissions.",
    "config.tls_pair": "tls: a certificate needs its key. Set both tls.cert and tls.key, or neither.",
    "config.login_without_password": "{where}: the login has no password. Set relay.smart_host_password_file, too.",
}
