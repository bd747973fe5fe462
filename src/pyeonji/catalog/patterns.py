"""How replies of other servers are recognised: words they use, then the status code, then the basic code.

Never the digits alone where they mean thirty things (X.7.1), and words of one provider before words of everybody.
All words of a pattern must occur in the reply, lower case, in any order: no regex, so any reply costs the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """`words` all occur; `code` begins the reply code ("4", "552"), `status` the "subject.detail" of RFC 3463."""

    cause: str
    words: tuple[str, ...]
    code: str = ""
    status: str = ""
    phase: str = ""


def _each(cause: str, *texts: str, code: str = "", status: str = "", phase: str = "") -> tuple[Pattern, ...]:
    """A pattern per text; " + " joins words that must occur together."""
    return tuple(Pattern(cause, tuple(text.split(" + ")), code, status, phase) for text in texts)


PROVIDERS: dict[str, tuple[str, ...]] = {
    "gmail": ("gsmtp", "google.com", "gmail"),
    "outlook": ("outlook.com", "hotmail", "prod.exchangelabs"),
    "naver": ("naver.com", "navercorp"),
    "daum": ("daum.net", "hanmail.net", "kakao.com"),
    "yahoo": ("yahoodns", "yahoo.com", "[ts0", "[tss0"),
    "icloud": ("icloud.com", "me.com", "apple.com"),
}

BY_PROVIDER: tuple[Pattern, ...] = (
    *_each("dmarc.fail", "sender is unauthenticated", "5.7.515", "gmail requires all senders to authenticate",
           "sending domain + does not meet the required authentication level",
           "cannot be authenticated due to missing spf", "unauthenticated email from + dmarc",
           "does not have authentication information or fails to pass"),
    *_each("spf.fail", "s3140 + spf"),
    *_each("ip.blocklisted", "s3140", "s3150", "ax-0001", "[cs01]", "tss09", "your access was denied",
           "ip is filtered", "suspicious due to the very low reputation", "very low reputation of the sending ip",
           "aup#bl", "aup#snd", "ip address has been blocked from sending", "banned sending ip", "kisa-rbl",
           "kisarbl"),
    *_each("content.refused", "very low reputation of the sending domain", "likely unsolicited mail",
           "likely suspicious due to the very low reputation", "content presents a potential security issue",
           "blocked using spam content filter", "pm01 + content", "552-5.7.0 + gmail"),
    *_each("rate.sender_limited", "unusual rate of unsolicited mail", "[tss04]", "[ts01]", "[ts03]", "tss04",
           "temporarily deferred due to user complaints", "temporarily deferred due to unexpected volume", "s775",
           "s77714", "temporarily rate limited due to ip reputation", "rp-001", "rp-002", "rp-003", "4.7.650",
           "exceeded the connection limit", "your ip has been temporarily restricted"),
    *_each("rate.too_fast_to_user", "receiving mail too quickly", "receiving mail at a rate that", "recipient limit"),
    *_each("mbox.full", "out of storage space", "overquotatemp", "overquotaperm", "quotaexceededexception",
           "recipient's inbox is out of storage", "mailbox is over quota"),
    *_each("mbox.disabled", "disableduser", "email account that you tried to reach is disabled",
           "email account that you tried to reach is inactive", "dormant", "not a yahoo account + disabled"),
    *_each("addr.no_such_user", "nosuchuser", "recipientnotfound", "dd this user doesn't have a",
           "user doesn't have a yahoo", "email account that you tried to reach does not exist",
           "resolver.adr.recipnotfound"),
    *_each("tls.required", "must issue a starttls command"),
)  # fmt: skip

BY_WORDS: tuple[Pattern, ...] = (
    # Our own words about a host that did not do as was demanded (relay/trust/demand.py).
    *_each("tls.not_all_the_way", "demands it (requiretls)", "all the way (requiretls)", phase="tls"),
    *_each("tls.missing", "no encryption came about", phase="tls"),
    *_each("tls.not_trusted", "demands it", "goes to nobody else", phase="tls"),
    *_each("i18n.not_supported", "smtputf8", "utf-8 addresses", "internationalized", "non-ascii address"),
    *_each("route.loop", "mail loop", "too many hops", "loops back to myself", "hop count exceeded",
           "forwarding loop", "routing loop", "too many received"),
    *_each("server.greylisted", "greylist", "graylist", "grey list", "gray list", "postgrey", code="4"),
    *_each("server.greylisted", "first time sender", "try again in + seconds", "come back in", "please retry in",
           "not seen before", code="4", status="7."),
    *_each("dmarc.fail", "dmarc", "multiple authentication checks failed"),
    *_each("dkim.fail", "dkim"),
    *_each("spf.fail", "sender policy framework", "spf check", "spf fail", "spf hard fail", "spf softfail",
           "spf + not authorized", "spf + not permitted", "spf + validation", "openspf.", "not designated + spf",
           "spf record", "spf: fail"),
    *_each("ptr.missing", "reverse dns", "ptr record", "no ptr", "rdns", "cannot find your hostname",
           "cannot find your reverse hostname", "reverse hostname", "reverse mapping", "does not have a reverse"),
    *_each("from.not_yours", "not owned by user", "not allowed to send as", "you may not send with this address",
           "sendasdenied", "sender address + not owned", "not permitted to send as", "from address + not verified"),
    *_each("auth.failed", "authentication failed", "credentials invalid", "username and password not accepted",
           "invalid credentials", "authentication unsuccessful", "incorrect authentication", code="535"),
    *_each("auth.required", "authentication required", "must authenticate", "authenticate first", "login first",
           "auth required", "smtp authentication is required", "client was not authenticated", "sign in first"),
    *_each("tls.required", "starttls", "requires tls", "tls required", "tls is required", "encryption required",
           "must use tls", "requiretls", "encrypted connection", "encryption is required", "session encryption"),
    *_each("tls.not_trusted", "certificate", "mta-sts", "dane", "tlsa"),
    *_each("relay.denied", "relay access denied", "relaying denied", "relay not permitted", "unable to relay",
           "we do not relay", "not permitted to relay", "relaying not allowed", "relay denied", "relay is prohibited",
           "not our domain", "not a relay", "domain not hosted", "relaying is denied", "no relaying",
           "relay not allowed"),
    *_each("size.too_big", "message size exceeds", "message too big", "message too large", "too big for",
           "size limit", "exceeds size", "maximum message size", "message is too large", "exceeded message size",
           "maximum permitted size", "message length exceeds"),
    *_each("rcpt.too_many", "too many recipients", "recipients per message", "maximum number of recipients"),
    *_each("server.disk_full", "insufficient system storage", "insufficient system resources", "no space left",
           "disk full", "insufficient disk", "not enough disk", "queue disk", "no space here", "system storage"),
    *_each("mbox.full", "mailbox full", "mailbox is full", "over quota", "quota exceeded", "over the quota",
           "exceeded quota", "exceeded storage", "mailbox size limit", "quota full", "overquota",
           "insufficient mailbox", "user is over", "mailbox has exceeded", "inbox is full", "over its quota",
           "quota + exceed", "exceeds + quota"),
    *_each("mbox.disabled", "disabled", "suspended", "inactive", "deactivated", "expired account",
           "account is locked", "mailbox not active", "no longer in use", "no longer active", "has been closed",
           "not accepting messages", "frozen"),
    *_each("addr.moved", "has moved", "has changed address", "please forward to", "user not local; please try",
           "moved to", "new address is", "please try <"),
    *_each("ip.blocklisted", "blocklist", "blacklist", "block list", "black list", "spamhaus", "spamcop",
           "barracudacentral", "dnsbl", "rbl", "listed in", "listed at", "listed by", "sorbs", "uceprotect", "psbl",
           "poor reputation", "bad reputation", "ip reputation", "client host + blocked", "your ip + blocked",
           "senderscore", "cloudmark.com/reset", "your ip address is listed", "blocked using"),
    *_each("rate.too_fast_to_user", "too many messages for this recipient", "recipient is receiving",
           "user is receiving", "mailbox + too many messages", "too much mail for"),
    *_each("rate.sender_limited", "rate limit", "ratelimit", "too many messages", "too many connections", "throttl",
           "too fast", "sending rate", "too much mail", "too many concurrent", "message limit", "slow down",
           "hourly limit", "daily limit", "too many errors", "connection limit", "connection rate",
           "try again later + reputation", "exceeded the rate"),
    *_each("content.refused", "spam", "virus", "malware", "unsolicited", "attachment", "content rejected",
           "content refused", "content filter", "executable", "message refused", "rejected by content",
           "prohibited file", "bulk mail", "phish", "user's reject list", "blocked by the recipient",
           "blocked by recipient", "infected", "message content", "high probability", "message rejected due to",
           "message + looks like", "malicious"),
    *_each("addr.domain_no_mail", "null mx", "nullmx", "takes no mail", "does not accept mail", "accepts no mail",
           "does not accept email"),
    *_each("addr.domain_not_found", "domain not found", "no such domain", "domain does not exist", "nxdomain",
           "unknown domain", "host not found", "unrouteable address", "unroutable address", "name does not exist"),
    *_each("addr.domain_not_found", "does not exist", status="1.2"),
    *_each("addr.bad_syntax", "syntax error + address", "bad address syntax", "invalid address", "malformed address",
           "bad forward-path", "bad recipient address syntax", "not a valid rfc", "not rfc-compliant",
           "address syntax", "illegal address", "invalid recipient address", "bad mailbox name"),
    *_each("addr.no_such_user", "user unknown", "unknown user", "no such user", "no such mailbox",
           "mailbox not found", "does not exist", "no such recipient", "recipient not found", "unknown recipient",
           "no mailbox here", "not found", "mailbox unavailable", "invalid mailbox", "no account", "unknown local",
           "invalid recipient", "address unknown", "unknown address", "doesn't exist", "no such address",
           "user not found", "no such account", "recipient unknown", "not a valid mailbox", "unknown virtual",
           "undeliverable address", "unknown or illegal alias", "user unavailable", "no valid recipients",
           "not listed in + directory", "not known here", code="5"),
    *_each("dns.temporary", "dns", "servfail", "name server", "temporarily unable to look up", "lookup failure",
           "temporary lookup", "domain not resolved", "unable to resolve", code="4"),
    *_each("net.dropped", "connection lost", "lost connection", "connection reset", "connection closed",
           "broken pipe", "conversation with + timed out", "closed by the peer", "timeout exceeded",
           "timed out while", code="4"),
    *_each("net.no_answer", "connection timed out", "connection refused", "no route to host",
           "network is unreachable", "no host could be asked", "host unreachable", "operation timed out", code="4"),
    *_each("net.port25_blocked", "port 25 is blocked", "outbound port 25", "outgoing port 25"),
    *_each("server.busy", "too busy", "server busy", "system busy", "too many sessions", "service not available",
           "service temporarily unavailable", "resources temporarily", "high load", "overload", "load too high",
           "not accepting network messages", "service unavailable", "shutting down", "come back later", code="4"),
    *_each("server.error", "local error in processing", "internal error", "internal server error",
           "temporary failure", "configuration error", "local configuration", "server error",
           "queue file write error", "temporary local problem", "temporary system problem", "unexpected failure",
           "local problem", "mail server temporarily rejected"),
    *_each("queue.expired", "delivery time expired", "message expired", "retry timeout exceeded", "exceeded in queue",
           "queue too long"),
)  # fmt: skip

# RFC 3463, RFC 5248 and later: "subject.detail" of the enhanced status code, where it says enough by itself.
BY_STATUS: dict[str, str] = {
    "1.0": "addr.no_such_user", "1.1": "addr.no_such_user", "1.2": "addr.domain_not_found", "1.3": "addr.bad_syntax",
    "1.4": "addr.no_such_user", "1.6": "addr.moved", "1.10": "addr.domain_no_mail",
    "2.0": "mbox.disabled", "2.1": "mbox.disabled", "2.2": "mbox.full", "2.3": "size.too_big",
    "3.0": "server.error", "3.1": "server.disk_full", "3.2": "server.busy", "3.3": "server.error",
    "3.4": "size.too_big", "3.5": "server.error",
    "4.0": "net.no_answer", "4.1": "net.no_answer", "4.2": "net.dropped", "4.3": "dns.temporary",
    "4.4": "addr.domain_not_found", "4.5": "server.busy", "4.6": "route.loop", "4.7": "queue.expired",
    "5.3": "rcpt.too_many",
    "6.0": "content.refused", "6.1": "content.refused", "6.2": "content.refused", "6.3": "content.refused",
    "6.6": "content.refused", "6.7": "i18n.not_supported", "6.8": "i18n.not_supported", "6.9": "i18n.not_supported",
    "7.5": "tls.not_trusted", "7.8": "auth.failed", "7.10": "tls.required", "7.11": "tls.required",
    "7.13": "mbox.disabled", "7.17": "mbox.disabled", "7.20": "dkim.fail", "7.21": "dkim.fail", "7.22": "dkim.fail",
    "7.23": "spf.fail", "7.24": "spf.fail", "7.25": "ptr.missing", "7.26": "dmarc.fail", "7.27": "addr.domain_no_mail",
    "7.28": "rate.sender_limited", "7.29": "dkim.fail", "7.30": "tls.required",
}  # fmt: skip

# The class digit changes what these say.
BY_WHOLE_STATUS: dict[str, str] = {
    "4.1.10": "dns.temporary", "4.1.2": "dns.temporary", "4.2.0": "server.greylisted",
    "4.2.1": "rate.too_fast_to_user", "4.7.0": "rate.sender_limited", "4.7.1": "server.greylisted",
    "5.4.1": "addr.no_such_user", "5.3.2": "server.error", "4.4.4": "dns.temporary",
}  # fmt: skip

BY_CODE: dict[int, str] = {
    421: "server.busy", 450: "server.busy", 451: "server.error", 452: "server.disk_full", 454: "tls.required",
    530: "auth.required", 535: "auth.failed", 538: "tls.required", 551: "addr.moved", 552: "size.too_big",
    556: "addr.domain_no_mail",
}  # fmt: skip
BY_PHASE_AND_CODE: dict[tuple[str, int], str] = {
    ("rcpt", 550): "addr.no_such_user", ("rcpt", 553): "addr.bad_syntax", ("rcpt", 501): "addr.bad_syntax",
    ("rcpt", 552): "mbox.full", ("rcpt", 452): "rcpt.too_many", ("content", 550): "content.refused",
    ("content", 554): "content.refused", ("greeting", 554): "ip.blocklisted", ("content", 552): "size.too_big",
}  # fmt: skip
