"""Phrases about lists and reputation, what is in a letter, and their rules."""

from pyeonji.catalog.pattern import Pattern, says

OF_CONTENT: tuple[Pattern, ...] = (
    # ── lists and reputation ──
    *says("addr.domain_not_found", "recipient domain not exist", "recipient domain not found",
          "recipient domain unknown"),
    *says("policy.refused", "host network not allowed", "not .. allowlist", "not exist .. list",
          "policy rejection ! blacklist ! ip", "not accept .. ipv",
          "header based", "policy rejected"),
    *says("addr.no_such_user", "account/user/mailbox .. domain .. not exist", "user .. not listed",
          "not .. recipient list", "bad recipient list", "not listed .. directory", "not listed .. address book",
          "user unknown"),
    *says("domain.blocklisted", "domainlist ! client", "no access domain", "domain blacklisted/listed",
          "domain .. listed ! ip", "domain .. blacklisted ! ip ! client", "reputation .. domain",
          "domain .. spamhaus ! ip", "domain reputation", "domain ~ reputation ! ip", "domain .. bounces",
          "domain has been blocked"),
    *says("ip.blocklisted", "spam source", "spam ~ network"),
    *says("content.refused", "url .. listed/blacklist", "spam url", "blacklisted url", "content .. spam",
          "spam block ! blacklist", "spam list ! client", "probability .. spam", "spam content",
          "spam characteristics"),
    *says("ip.blocklisted", "source .. spam", "dynamic ! content", "message host not accepted", "blacklist",
          "listed", "listing", "spamhaus", "spamcop", "sorbs", "uceprotect", "psbl", "barracudacentral",
          "reputation", "abuseat", "cloudmark", "client .. blocked", "client .. rejected .. spam", "black ip",
          "spam ip", "ip .. denied", "ip not allowed", "blocked .. incident spam", "dynamic ip", "spam abuse",
          "bad ip", "access ip", "blocked using", "not .. accepting mail ip", "not accept mail .. dynamic",
          "sending spam", "looks suspiciously like spammer", "spam ips", "spam .. ip address", "spammer list",
          "please use smtp server", "use .. server of isp", "confirm mail server", "server requires confirmation",
          "no access mail server", "smtp not accepting connections", "open proxy", "spam blocked see",
          "connection .. refused .. policy", "spams from ip", "ip is rejected", "tenant exceeded",
          "many bad recipients", "domainlist", "no access ip", "not allowed connect", "access .. system .. rejected",
          "ip identified spammer", "dynamically assigned", "ip hangup", "connections .. not accepted"),
    # ── what is in it ──
    *says("content.refused", "not accept .. message ! delivery", "not accept delivery", phase="content"),
    *says("content.refused", "sensitive words", "embedded images", "images accept", "surbl", "words .. blocked",
          "offensive", "spam", "virus", "content",
          "bulk", "mail filtered", "filter", "url ! rfc", "suspicious", "data refused", "number attachments",
          "file type", "file extension", "scored", "mail score", "security policies ! violating", "security issue",
          "unacceptable", "message not allowed ! policy ! mailbox", "community consider", "bulk advertising",
          "uribl", "local policy uribl"),
    # ── their rules, without more ──
    *says("policy.refused", "policy", "local rule", "organizational settings", "delivery not authorized",
          "rejected by destination domain", "permission denied ! output ! open ! file"),
)  # fmt: skip
