"""Phrases that say whose state is spoken of: the writer's, the reader's, ours, the letter's or the command's.

"Disabled", "unknown" or "exceeded" alone say nothing about who must act; these stand before all that read them alone.
"""

from pyeonji.catalog.pattern import Pattern, says

OF_WHOSE: tuple[Pattern, ...] = (
    # ── the command's ──
    *says("protocol.error", "extension/command/parameter/option disabled", "extension/command/parameter/option not",
          code="5"),
    # ── what we may send, as they see it ──
    *says("from.not_yours", "mail/smtp send disabled/restricted/refused",
          "send temporarily disabled ! mailbox send ! user send", "mail/smtp send not enabled/allowed",
          "send account .. disabled/blocked/restricted", "send account not enabled/allowed",
          "send domain disabled/blocked/restricted", "send .. domain paused",
          "outgoing/outbound .. disabled/blocked/restricted ! port",
          "outgoing/outbound .. not enabled/allowed ! port"),
    *says("from.not_yours", "send disabled/restricted ! mailbox send ! user send ! address send ! tls",
          "send not enabled/allowed ! mailbox send ! user send ! address send", "user blocked send",
          "sender/fromaddress .. not belong", "sender/fromaddress belong not", "not owner", "sender .. must .. match",
          "sender/fromaddress .. own ! domain", "not use .. sender address", "sender not user authenticated",
          "not align .. authenticated", "domain not verified/confirmed/allowed .. account", "domain not confirmed",
          "send domain not verified", "sender .. not confirmed", "fromaddress .. not confirmed",
          "domain not verified workspace", "fromaddress must match", "sender .. must match",
          "must match .. authenticated/account", "must use .. domain", "not send mail .. account/authenticated",
          "restricted .. sending domain"),
    # ── the writer's ──
    *says("from.invalid", "sender/fromaddress disabled/expired", "sender/fromaddress temporarily disabled",
          "sender address/mailbox disabled/expired", "sender address/mailbox temporarily disabled",
          "sender domain disabled/expired", "sender domain bad ! reputation", "sender address rejected .. disabled",
          "sender domain not receive", "domain sender not receive", "domain sender address not receive",
          "header address not verified/exist/found/valid", "no mx sender/fromaddress", "no verified sender",
          "no sender address header", "sender callout"),
    *says("domain.blocklisted", "mail domain rejected/blocked/banned", "sender domain .. reputation",
          "domain sender .. reputation", "domain sender .. blacklisted", "sender domain .. blacklisted"),
    *says("from.not_yours", "domain not verified", phase="content"),
    # ── the reader's ──
    *says("sender.refused", "not allowed send user/address", "not allowed send mail user/address/mailbox",
          phase="rcpt"),
    *says("sender.refused", "not allowed send recipient", "only .. inside/internal", "internal .. only",
          "only .. post", "post .. restricted", "mailbox/user/address only .. authenticated ! local",
          "mail outside not allowed", "not .. contact list", "not .. contacts", "owner .. blockedyou",
          "owner refuse mail", "owner .. not want", "only .. members", "restricted .. members", "not want .. mail"),
    *says("addr.domain_not_found", "recipient/destination domain not resolve/found/exist",
          "domain recipient not resolve/found/exist", code="5"),
    *says("dns.temporary", "recipient/destination domain not resolve", "domain recipient not resolve", code="4"),
    *says("mbox.full", "user no storage"),
    *says("mbox.full", "no storage/space left ! device ! disk ! server ! system", code="55"),
    *says("mbox.disabled", "user expired", "longer employed/monitored"),
    # ── the letter's ──
    *says("message.malformed", "many mime", "many header ! received", "many .. parts", "number .. mime",
          "number .. parts", "mime structure", "header duplicate", "duplicate header", "mime .. bad", "mime missing",
          "mime duplicate", "mime not valid", "mime boundary", "violates rfc",
          "lacks .. header", "required header", "no valid sender header", "header line too long",
          "message id missing/bad/duplicate", "message id not valid"),
    *says("message.malformed", "line too long", "syntax .. header", phase="content", code="5"),
    *says("content.refused", "many attachments", "many url ! rfc", "profanity", "bad words",
          "possible abuse ! ip ! address"),
    *says("content.refused", "content filter ! size", "spam score", code="5"),
    *says("dkim.fail", "message not signed ! spf", "message unsigned"),
    *says("dmarc.fail", "message failed authentication", "domain alignment", "not align ! authenticated"),
    *says("dmarc.fail", "domain must .. authenticated", phase="content"),
    *says("policy.refused", "transport rule", "flow rule"),
    # ── how much in how long, and how many at once ──
    *says("rate.sender_limited", "number .. per hour/day/minute/second ! receive",
          "recipients per hour/day/minute ! receive", "recipients minutes allowed", "emails per second/minute/hour",
          "per second/minute/hour/day limit ! receive", "send too many ! ip", "send many ! ip", "volume .. deferred",
          "deferred .. volume ! many volume", "burst limit", "daily/hourly/monthly .. send",
          "daily/hourly/monthly .. limit", "monthly sending"),
    *says("rcpt.too_many", "number recipients ! hour ! day ! minute", "only one recipient allowed",
          "many recipients exceed/limit", "many recipients .. one message"),
    # ── our server's ──
    *says("ip.blocklisted", "host/ip/network not welcome"),
    *says("spf.fail", "ip not allowed send mail ! directly ! relay", phase="mail"),
    # ── their server's ──
    *says("server.disk_full", "server/system storage full", "server/system out storage"),
    *says("server.error", "filter not available", "filter unavailable", code="4"),
    *says("net.dropped", "idle", code="4"),
    *says("relay.denied", "domain not local ! sender", "mail domain not accepted ! sender"),
    *says("helo.bad", "helo not resolve", "helo name not resolve"),
    *says("ptr.missing", "network not resolve"),
)  # fmt: skip
