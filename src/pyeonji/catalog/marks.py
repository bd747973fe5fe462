"""Marks of one provider, program or service in a reply: text that occurs as it is, lower case.

They are looked at before the words (`patterns`), because they say exactly what is meant.  The first that fits wins.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """`texts` all occur in the reply as it was written; `code` begins the reply code."""

    cause: str
    texts: tuple[str, ...]
    code: str = ""


def _marks(cause: str, *texts: str, code: str = "") -> tuple[Mark, ...]:
    """A mark for each text; " + " joins what must occur together."""
    return tuple(Mark(cause, tuple(text.split(" + ")), code) for text in texts)


# Their hosts' domains, and what only they write.
PROVIDERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gmail": (("google.com", "googlemail.com", "gmail.com"), ("gsmtp", "support.google.com/mail")),
    "outlook": (
        ("outlook.com", "hotmail.com", "exchangelabs.com"),
        ("protection.outlook.com", "prod.outlook.com", "prod.exchangelabs", "sendersupport.olc", "mail.live.com"),
    ),
    "naver": (("naver.com", "navercorp.com", "worksmobile.com"), ("help.naver.com", "mail.naver.com")),
    "daum": (("daum.net", "hanmail.net", "kakao.com", "kakaocorp.com"), ("hanmail.net/", "cs.daum.net", "mail.daum")),
    "yahoo": (
        ("yahoodns.net", "yahoo.com", "yahoo.co.jp", "aol.com"),
        ("[ts0", "[tss0", "[irs", "help.yahoo.com", "postmaster.yahoo", "senders.yahooinc"),
    ),
    "icloud": (("icloud.com", "me.com", "mac.com", "apple.com"), ("support.apple.com", "[hme1]", "[cs01]")),
}

MARKS: tuple[Mark, ...] = (
    # Our own words about a host that did not do as was demanded (relay/trust/demand.py).
    *_marks("tls.not_all_the_way", "demands it (requiretls)", "all the way (requiretls)"),
    *_marks("tls.missing", "no encryption came about"),
    *_marks("tls.not_trusted", "goes to nobody else", "(mta-sts) demands it", "(dane) demands it"),
    # ... and about one that was not reached (relay/attempt.py): its address and "refused" stand near each other there.
    *_marks("net.no_answer", "] does not answer: "),
    # Gmail
    *_marks("addr.no_such_user", "p=nosuchuser"),
    *_marks("mbox.disabled", "p=disableduser"),
    *_marks("mbox.full", "p=overquotatemp", "p=overquotaperm"),
    *_marks("rate.too_fast_to_user", "p=receivingrate"),
    *_marks("dkim.fail", "senders to authenticate their email with dkim", "senders to authenticate with dkim"),
    *_marks("spf.fail", "senders to authenticate their email with spf", "senders to authenticate with spf",
            "has an spf record with a hard fail"),
    *_marks("dmarc.fail", "isn't aligned with", "is not aligned with"),
    *_marks("domain.blocklisted", "low reputation of the sending domain", "(s8002)"),
    *_marks("rate.sender_limited", "low reputation of the sending ip", code="4"),
    *_marks("ip.blocklisted", "low reputation of the sending ip", "authorized to send email directly to our servers"),
    *_marks("rate.sender_limited", "unusual rate of", "quota for sending messages", "relay limit exceeded",
            "sending limit exceeded"),
    # Outlook and Exchange
    *_marks("dmarc.fail", "have authentication information", "5.7.515", "5.7.509", "required authentication level"),
    *_marks("ip.blocklisted", "(s3140)", "(s3150)", "customer block list", "banned sending ip", "banned sender",
            "ax-0001"),
    *_marks("rate.sender_limited", "(s775)", "(s777", "(s3115)", "rp-001", "rp-002", "rp-003", "4.7.650", "4.7.652",
            "bad outbound sender", "submission quota", "5.1.90", "4.7.850"),
    *_marks("sender.refused", "resolver.rst.authrequired", "resolver.rst.notauthorized", "sendernotauthenticated",
            "restrictedto", "5.7.133", "5.7.134", "5.7.129", "5.7.124", "5.7.135", "5.7.136", "5.7.12 "),
    *_marks("from.not_yours", "rejected: not logged in", "sendasdenied", "unregistered domains"),
    *_marks("addr.no_such_user", "recipnotfound", "recipientnotfound", "tenant or domain not found"),
    *_marks("size.too_big", "recipsizelimit"),
    *_marks("rcpt.too_many", "resolver.adr.reciplimit", "resolver.adr.recipientlimit"),
    *_marks("auth.required", "please authenticate"),
    *_marks("auth.failed", "user has no permission"),
    *_marks("relay.denied", "no mail-enabled subscriptions"),
    *_marks("message.malformed", "barelinefeeds", "bare linefeed", "smtplf.html"),
    *_marks("rate.sender_limited", "submissionquotaexceeded"),
    *_marks("mbox.full", "quotaexceededexception"),
    *_marks("server.error", "storedrv.deliver + exception", "suspiciousremoteservererror", "resolver.adr.bad"),
    *_marks("content.refused", "outboundspamexception"),
    *_marks("addr.domain_not_found", "nonexistentdomain", "domainnonexistent"),
    *_marks("addr.domain_not_found", "inforecordsnotfound", "infonorecords", code="5"),
    *_marks("dns.temporary", "infonorecords", code="4"),
    *_marks("net.no_answer", "socket error code 100", "5.4.316", "5.4.317"),
    # Yahoo and AOL
    *_marks("ip.blocklisted", "[ts03]"),
    *_marks("rate.sender_limited", "[tss0", "[ts0", "[gl01]", "(dyn:t", "(rtr:rl)", code="4"),
    *_marks("ip.blocklisted", "[tss09]", "[tss11]", "[bl2", "(rtr:bl)", "permanently deferred", "(con:b", "(rtr:"),
    *_marks("content.refused", " ou-002", " sc-004", " dy-002"),
    *_marks("ip.blocklisted", " sc-00", " ou-001", " dy-001"),
    *_marks("content.refused", "[ph01]", "(hvu:b"),
    *_marks("mbox.disabled", "(554.30)", "is no longer valid."),
    *_marks("addr.no_such_user", "user doesn't have a"),
    # Orange, Laposte (their own numbers), Comcast, Cox, Spectrum
    *_marks("addr.no_such_user", "ofr_416", "ofr_418", "lpn416", "lpn007_416"),
    *_marks("mbox.full", "ofr_417"),
    *_marks("content.refused", "ofr_506", "ofr_513"),
    *_marks("rate.sender_limited", "_104 ", "_105", "_503", "aup#i-13", "rl0000"),
    *_marks("ip.blocklisted", "_101", "_102", "_103", "_510", "aup#bl", "aup#snd", "aup#cxbl", "aup#cdrbl",
            "aup#ipbl", "bl000"),
    # Naver, Daum, QQ, NetEase, T-Online
    *_marks("rate.sender_limited", " ccrt ", "hl:icc", "hl:ifc", "mi:dmc", "rp:drc", "mi:sfq"),
    # NetEase says all with letters; its list of them is quoted in many a public program.
    *_marks("rate.sender_limited", "hl:itc", "mi:stc", "rp:qrc", "rp:trc"),
    *_marks("rcpt.too_many", "rp:rcl"),
    *_marks("protocol.error", "mi:cel", "mi:ccl", "rp:cel", "rp:ccl"),
    *_marks("ip.blocklisted", "hl:ihu", "hl:ipb"),
    *_marks("domain.blocklisted", "wm:blu"),
    *_marks("from.invalid", "mi:imf"),
    *_marks("from.not_yours", "no smtp mx only", "relaying disallowed as "),
    *_marks("helo.bad", "mi:nhd"),
    *_marks("spf.fail", "mi:spf"),
    *_marks("dmarc.fail", "mi:dma"),
    *_marks("relay.denied", "rp:frl"),
    *_marks("message.malformed", "dt:sum"),
    *_marks("server.busy", " chic "),
    *_marks("ip.blocklisted", "your access was denied", "ip is filtered", "ip(", "ip_control", "kisa-rbl", "kisarbl",
            "denyip", "hl:rep", "hl:mep", "dt:rbl", "wm:bli", "tosa@rx.t-online.de", "toda@rx.t-online.de"),
    *_marks("ptr.missing", "rp:rdn", "(dns:nr)"),
    *_marks("content.refused", "dt:spm", "rp:orq", "mi:spb", "anti-spam system. (e", "by spam filter"),
    # Gateways of companies
    *_marks("server.greylisted", "internal resources are temporarily unavailable",
            "internal resource temporarily unavailable"),
    *_marks("sender.refused", "block-send-er", "senderfilterconfig", "envelope blocked", "user's reject list",
            "on domain's blacklist", "on recipient's blacklist",
            "badmailfrom"),
    *_marks("policy.refused", "[cs01]", "anti-spoofing", "spoofed message", "not in whitelist"),
    *_marks("ip.blocklisted", "connection rejected by policy", ":blocked)"),
    # What Amazon SES and others say of their own lists
    *_marks("rate.sender_limited", "maximum credits exceeded"),
    *_marks("suppressed", "suppression list", "suppressed sending to this address"),
)  # fmt: skip
