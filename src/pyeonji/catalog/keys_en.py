"""English sentences about the keys we sign with; the same keys as `keys_ko`."""

from pyeonji.catalog.keys_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "help.dkim": "the keys that our letters are signed with (DKIM)",
    "help.dkim.list": "all keys, and how far each has come",
    "help.dkim.show": "what to put into the DNS",
    "help.dkim.check": "ask the DNS now, and use the keys that are there",
    "help.dkim.rotate": "make new keys; the old ones sign until the new ones are in the DNS",
    "help.dkim.use": "sign with a key now, without asking the DNS",
    "help.dkim.retire": "sign with a key no more",
    "arg.selector": "name of a key, as `pyeonji dkim list` shows it",
    "arg.dkim_domain": "domain name (default: all)",
    "arg.zone": "as lines of a zone file",
    "title.selector": "KEY",
    "title.algorithm": "ALGORITHM",
    "title.since": "SINCE",
    "dkim.none": "There are no keys. They are made with each domain: pyeonji domain add NAME",
    "dkim.none_of": "{domain}: no keys. Make them: pyeonji dkim rotate {domain}",
    "dkim.no_dns": "{domain}: nobody can ask the DNS about this name, so it has no keys.",
    "dkim.next": "Its letters will be signed once these keys are in the DNS: pyeonji dkim show {domain}",
    "dkim.paste": "Put these TXT records into the DNS of {domain}, as they are:",
    "dkim.name": "name   {name}",
    "dkim.value": "value  {value}",
    "dkim.then": "Then: pyeonji dkim check {domain}. A running server looks by itself every minute, too.",
    "dkim.all_there": "{domain}: the DNS has all that is needed.",
    "dkim.made": "{domain}: new keys were made. The old ones sign until these are in the DNS.",
    "dkim.waits": "{domain}: new keys wait for the DNS already: pyeonji dkim show {domain}",
    "dkim.used": "Letters of {domain} are signed with {selector} now.",
    "dkim.would_retire": (
        "Letters of {domain} would no longer be signed with {selector}, and it cannot be taken back."
        " To do it, add --yes."
    ),
    "dkim.retired": "{selector} signs no more. Leave its record in the DNS for seven days: letters are under way.",
    "dkim.unknown": "{selector}: {domain} has no such key, or it was given up. See: pyeonji dkim list {domain}",
    "dkim.state.made": "waits for the DNS",
    "dkim.state.published": "in the DNS, signs soon",
    "dkim.state.active": "signs",
    "dkim.state.retired": "given up; leave its record in the DNS",
    "dkim.state.gone": "given up; its record may go",
    "dkim.said.shown": "{name}: in the DNS.",
    "dkim.said.absent": "{name}: not in the DNS yet. What to put there: pyeonji dkim show {domain}",
    "dkim.said.other": "{name}: the DNS says something else. What it must say: pyeonji dkim show {domain}",
    "dkim.said.unknown": "{name}: the name servers do not answer. Try again later.",
}
