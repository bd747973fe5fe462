"""What each old flag of sendmail(8) means; nothing in an argument names a file that is opened (reliability L01)."""

import pytest

from pyeonji.cli.sendmail_options import Call, Misuse, parse

FACTS = [name for name in vars(Call()) if name not in ("data", "language")]

CALLS = [
    # argv, what differs from a call without any flags
    ("sendmail a@b.example", {"recipients": ["a@b.example"]}),
    ("sendmail a@b.example c@d.example", {"recipients": ["a@b.example", "c@d.example"]}),
    ("/usr/sbin/sendmail -t -i", {"from_header": True, "dot_ends": False}),  # PHP's default
    ("sendmail -ti", {"from_header": True, "dot_ends": False}),
    ("sendmail -t -oi", {"from_header": True, "dot_ends": False}),
    ("sendmail -o i a@b.example", {"dot_ends": False, "recipients": ["a@b.example"]}),
    ("sendmail -FCronDaemon -i -B8BITMIME -oem root",
     {"name": "CronDaemon", "dot_ends": False, "recipients": ["root"]}),  # Debian's cron
    ("sendmail -t -i -f kim@example.com", {"from_header": True, "dot_ends": False, "reverse_path": "kim@example.com"}),
    ("sendmail -fkim@example.com a@b.example", {"reverse_path": "kim@example.com", "recipients": ["a@b.example"]}),
    ("sendmail -r kim@example.com a@b.example", {"reverse_path": "kim@example.com", "recipients": ["a@b.example"]}),
    ("sendmail -f <> a@b.example", {"reverse_path": "<>", "recipients": ["a@b.example"]}),
    ("sendmail -N success,delay -R hdrs -V id-1 a@b.example",
     {"notify": "SUCCESS,DELAY", "ret": "HDRS", "envid": "id-1", "recipients": ["a@b.example"]}),
    ("sendmail -N never a@b.example", {"notify": "NEVER", "recipients": ["a@b.example"]}),
    ("sendmail -O requiretls=yes a@b.example", {"requiretls": True, "recipients": ["a@b.example"]}),
    ("sendmail -O smtputf8=yes a@b.example", {"smtputf8": True, "recipients": ["a@b.example"]}),
    ("sendmail -G -U -m -n -c -s a@b.example", {"recipients": ["a@b.example"]}),
    ("sendmail -h 10 -L tag -p smtp -X /tmp/log -A file -D log -M x -T 5 a@b.example", {"recipients": ["a@b.example"]}),
    ("sendmail -d0.1 -em -odb -oQ/tmp a@b.example", {"recipients": ["a@b.example"]}),
    ("sendmail -v a@b.example", {"verbose": True, "recipients": ["a@b.example"]}),
    ("sendmail -bm a@b.example", {"recipients": ["a@b.example"]}),
    ("sendmail -bs", {"action": "smtp"}),
    ("sendmail -bp", {"action": "list"}),
    ("mailq", {"action": "list"}),
    ("/usr/bin/mailq", {"action": "list"}),
    ("newaliases", {"action": "aliases"}),
    ("sendmail -bi", {"action": "aliases"}),
    ("sendmail -I", {"action": "aliases"}),
    ("sendmail -bv a@b.example", {"action": "verify", "recipients": ["a@b.example"]}),
    ("sendmail -q", {"action": "flush"}),
    ("sendmail -q30m", {"action": "flush"}),
    ("sendmail -qI K7M32QXD9TAB", {"action": "flush", "flush": "K7M32QXD9TAB"}),
    ("sendmail -qRexample.net", {"action": "flush", "flush": "example.net"}),
    ("sendmail -- a@b.example", {"recipients": ["a@b.example"]}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "differs"), CALLS, ids=[line for line, _ in CALLS])
def test_every_old_flag_has_its_meaning_or_none(line, differs):
    call, plain = parse(line.split(" ")), Call()
    assert {name: getattr(call, name) for name in FACTS} == {name: getattr(plain, name) for name in FACTS} | differs


REFUSED = [
    (["sendmail", "-be", "${run{/bin/sh}}"], 64),  # Exim's expansion
    (["sendmail", "-bt"], 64),
    (["sendmail", "-bd"], 64),
    (["sendmail", "-bd", "-q15m"], 64),
    (["sendmail", "-f"], 64),
    (["sendmail", "-N", "sometimes", "a@b.example"], 64),
    (["sendmail", "-N", "never,success", "a@b.example"], 64),
    (["sendmail", "-R", "all", "a@b.example"], 64),
    (["sendmail", "--config=/etc/passwd", "a@b.example"], 64),
    (["sendmail", "--", "-X/tmp/x"], 64),
    (["sendmail", "a@b.example", "-be"], 64),  # flags end at the first recipient
    (["sendmail", "a@b.example\nBcc: x@y.example"], 65),
    (["sendmail", "a@b.example\r"], 65),
    (["sendmail", "-f", "a@b.example\nRCPT TO:<x@y.example>", "c@d.example"], 65),
    (["sendmail", "-F", "Kim\nBcc: x@y.example", "c@d.example"], 65),
    (["sendmail", "-V", "id\r\nDATA", "c@d.example"], 65),
]


@pytest.mark.parametrize(("argv", "code"), REFUSED, ids=[" ".join(argv).replace("\n", "~") for argv, _ in REFUSED])
def test_a_call_that_could_do_harm_is_refused_with_its_exit_code(argv, code):
    with pytest.raises(Misuse) as refused:
        parse(argv)
    assert refused.value.code == code


def test_an_address_with_flags_inside_stays_one_address():
    call = parse(["sendmail", "-f", "a@b -OQueueDirectory=/tmp -X/var/www/x.php", "c@d.example"])
    assert call.reverse_path == "a@b -OQueueDirectory=/tmp -X/var/www/x.php"
    assert call.recipients == ["c@d.example"]


def test_the_data_folder_is_named_by_a_long_option():
    assert parse(["sendmail", "--data=/srv/mail", "-t"]).data == "/srv/mail"
    assert parse(["sendmail", "--data", "/srv/mail", "-t"]).data == "/srv/mail"
