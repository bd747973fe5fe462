"""What a code says by itself, when the words beside it say nothing that is known."""

# RFC 3463, RFC 5248 and later: "subject.detail" of the enhanced status code, where it says enough by itself.
BY_STATUS: dict[str, str] = {
    "1.0": "addr.no_such_user", "1.1": "addr.no_such_user", "1.2": "addr.domain_not_found", "1.3": "addr.bad_syntax",
    "1.4": "addr.no_such_user", "1.6": "addr.moved", "1.7": "from.invalid", "1.8": "from.invalid",
    "1.9": "message.malformed", "1.10": "addr.domain_no_mail",
    "2.0": "mbox.disabled", "2.1": "mbox.disabled", "2.2": "mbox.full", "2.3": "size.too_big",
    "2.4": "addr.no_such_user",
    "3.0": "server.error", "3.1": "server.disk_full", "3.2": "server.busy", "3.3": "server.error",
    "3.4": "size.too_big", "3.5": "server.error",
    "4.0": "net.no_answer", "4.1": "net.no_answer", "4.2": "net.dropped", "4.3": "dns.temporary",
    "4.4": "addr.domain_not_found", "4.5": "server.busy", "4.6": "route.loop", "4.7": "queue.expired",
    "5.0": "protocol.error", "5.1": "protocol.error", "5.2": "protocol.error", "5.3": "rcpt.too_many",
    "5.4": "protocol.error", "5.5": "protocol.error", "5.6": "protocol.error",
    "6.0": "message.malformed", "6.1": "message.malformed", "6.2": "message.malformed", "6.3": "message.malformed",
    "6.4": "message.malformed", "6.5": "message.malformed", "6.6": "message.malformed",
    "6.7": "i18n.not_supported", "6.8": "i18n.not_supported", "6.9": "i18n.not_supported", "6.10": "i18n.not_supported",
    "7.2": "sender.refused", "7.3": "server.error", "7.4": "tls.required", "7.5": "tls.not_trusted",
    "7.6": "tls.required", "7.7": "content.refused",
    "7.8": "auth.failed", "7.9": "auth.failed", "7.10": "tls.required", "7.11": "tls.required", "7.12": "auth.failed",
    "7.13": "auth.failed", "7.14": "relay.denied", "7.15": "server.busy", "7.16": "size.too_big",
    "7.17": "addr.moved", "7.18": "addr.moved", "7.19": "mbox.disabled",
    "7.20": "dkim.fail", "7.21": "dkim.fail", "7.22": "dkim.fail",
    "7.23": "spf.fail", "7.24": "spf.fail", "7.25": "ptr.missing", "7.26": "dmarc.fail", "7.27": "from.invalid",
    "7.28": "rate.sender_limited", "7.29": "dkim.fail", "7.30": "tls.not_all_the_way",
}  # fmt: skip

# The class digit changes what these say.
BY_WHOLE_STATUS: dict[str, str] = {
    "4.1.10": "dns.temporary", "4.1.2": "dns.temporary", "4.1.1": "mbox.busy", "4.2.0": "server.greylisted",
    "4.2.1": "rate.too_fast_to_user", "4.7.0": "rate.sender_limited", "4.7.1": "server.greylisted",
    "5.4.1": "addr.no_such_user", "5.3.2": "server.error", "4.4.4": "dns.temporary", "5.7.0": "policy.refused",
    "5.7.1": "policy.refused",
}  # fmt: skip

# Codes that say more than the status "refused by a rule" beside them (RFC 4954 §6).
BEFORE_POLICY: dict[int, str] = {530: "auth.required", 534: "auth.failed", 535: "auth.failed", 538: "tls.required"}
# What somebody who will not try again means by it: what was not found is not there.
FOR_GOOD: dict[str, str] = {"dns.temporary": "addr.domain_not_found"}
# What was said of an address before any recipient was named: the writer's was meant.
OF_THE_WRITER = frozenset(
    {"addr.no_such_user", "addr.domain_not_found", "addr.bad_syntax", "mbox.disabled", "mbox.busy"}
)
# What is said of an address because nothing gets there.
OF_THE_WAY = frozenset({"dns.temporary", "route.loop", "addr.domain_no_mail"})
# What words say that stand behind "address rejected" but are of no address by themselves ("access denied").
OF_NO_ADDRESS = frozenset({"ip.blocklisted", "policy.refused", "content.refused"})
# What is said of a letter before there is one: all they know yet is our server.
OF_THE_SERVER = OF_THE_WRITER | {"content.refused", "sender.refused"}
# What is said of a domain in answer to our greeting: the name that we greeted with was meant.
OF_THE_NAME = OF_THE_WRITER | {"from.invalid"}
# What says of nobody that he did it, or asks for a login: in answer to AUTH, the login was not enough.
OF_A_LOGIN = frozenset({"", "policy.refused", "auth.required"})
# Codes that refuse a command; with a status of the protocol (X.5.Y) beside them, nothing of a mailbox is meant.
OF_COMMANDS = frozenset({500, 501, 502, 503, 504, 555})
BEFORE_A_LETTER = frozenset({"connect", "greeting", "hello"})

# Who says nothing but this (as families), by a status that says no more, asks us to come again and gives no reason.
WITHOUT_REASON = frozenset({"", "0.0", "3.0"})
COME_AGAIN = frozenset(
    {"try", "again", "retry", "later", "come", "back", "few", "minute", "moment", "soon",
     "bitte", "versuchen", "sie", "es", "erneut", "veuillez", "reessayer"}
)  # fmt: skip

BY_CODE: dict[int, str] = {
    420: "server.busy", 421: "server.busy", 450: "mbox.busy", 451: "server.error", 452: "server.disk_full",
    454: "server.error",
    500: "protocol.error", 501: "protocol.error", 502: "protocol.error", 503: "protocol.error", 504: "protocol.error",
    521: "addr.domain_no_mail", 530: "auth.required", 534: "auth.failed", 535: "auth.failed", 538: "tls.required",
    551: "addr.moved", 552: "size.too_big", 555: "protocol.error", 556: "addr.domain_no_mail",
}  # fmt: skip
BY_PHASE_AND_CODE: dict[tuple[str, int], str] = {
    ("hello", 501): "helo.bad", ("hello", 550): "helo.bad", ("hello", 553): "helo.bad", ("hello", 504): "helo.bad",
    ("tls", 454): "tls.missing",
    ("rcpt", 550): "addr.no_such_user", ("rcpt", 553): "addr.no_such_user",
    ("rcpt", 501): "addr.bad_syntax", ("mail", 501): "from.invalid", ("mail", 553): "from.invalid",
    ("rcpt", 552): "mbox.full", ("rcpt", 452): "rcpt.too_many", ("content", 550): "content.refused",
    ("content", 554): "content.refused", ("greeting", 554): "ip.blocklisted", ("greeting", 550): "ip.blocklisted",
    ("connect", 554): "ip.blocklisted",
    ("connect", 550): "ip.blocklisted", ("greeting", 450): "server.busy",
    ("greeting", 451): "server.busy", ("greeting", 452): "server.busy", ("content", 552): "size.too_big",
    ("content", 553): "content.refused",
}  # fmt: skip
