"""What reads octets of strangers on floor 0: one line for each grammar."""

from functools import partial as the

from fuzz import drivers
from fuzz import words as w
from fuzz.drivers import raw, shown
from fuzz.engine import Target
from pyeonji.address import NotADomain, NotAnAddress, parse_address, parse_domain
from pyeonji.address.srs import NotOurs
from pyeonji.journey.explain import explain
from pyeonji.journey.receipt import parse_receipt
from pyeonji.message import addresses, author, codecs, date, facts, html_text, parameters, report
from pyeonji.message.feedback import parse_feedback
from pyeonji.message.folded import fold
from pyeonji.message.header import header_end
from pyeonji.message.packed import packed_reports
from pyeonji.message.subject import base_subject
from pyeonji.message.words import decode_words
from pyeonji.msgauth.dkim.key import Unusable, key_in
from pyeonji.msgauth.dkim.tags import NotATagList, tags_of
from pyeonji.msgauth.dmarc.record import parse_record as dmarc_record
from pyeonji.msgauth.dmarc.report import NotAReport, parse_aggregate
from pyeonji.msgauth.results import NotResults, parse_results
from pyeonji.msgauth.spf.macro import NotAMacro, domain_spec
from pyeonji.msgauth.spf.record import NotARecord, parse_record
from pyeonji.proto import sasl
from pyeonji.proto.imap import dates, flags, names, numbers, rights, url
from pyeonji.proto.imap.client import NotImap
from pyeonji.proto.imap.command.list import matches
from pyeonji.proto.imap.digest import digest
from pyeonji.proto.imap.wire import BadCommandText
from pyeonji.proto.jose import BadToken, parse_token, read_keys
from pyeonji.proto.milter.answers import MilterError
from pyeonji.proto.proxy import NotProxied, read_header
from pyeonji.proto.sasl.scram import Verifier
from pyeonji.proto.smtp.grammar import Violation
from pyeonji.proto.smtp.xclient import parse_xclient

MESSAGE = [
    Target("header", drivers.header_of, w.HEADER),
    Target("header_end", lambda o: header_end(o), w.HEADER),
    Target("addresses", lambda o: addresses.parse_addresses(o), (*w.HEADER, *w.ADDRESS)),
    Target("authors", drivers.authors_of, w.HEADER, errors=(author.NotOneAuthor,)),
    Target("encoded_words", decode_words, w.HEADER),
    Target("words_written", drivers.words_written, w.ADDRESS),
    Target("parameters", parameters.parse_parameters, w.PARAMETERS),
    Target("filename", lambda o: parameters.filename_of(parameters.parse_parameters(o), None), w.PARAMETERS),
    Target("date", date.parse_date, w.DATES),
    Target("charset", drivers.in_some_charset, w.MIME),
    Target("base64", codecs.decode_base64, w.MIME),
    Target("quoted_printable", the(codecs.decode, encoding="quoted-printable"), w.MIME),
    Target("uuencode", the(codecs.decode, encoding="x-uuencode"), w.MIME),
    Target("html", lambda o: html_text.html_to_text(shown(o)), w.HTML),
    Target("mime", drivers.read_mime, w.MIME, w.LETTERS),
    Target("digest", lambda o: facts.unpack(facts.pack(digest(o).facts)), w.MIME, w.LETTERS),
    Target("mime_in_pieces", drivers.scanned_in_pieces, w.MIME, w.LETTERS),
    Target("base64_in_pieces", the(drivers.undone_in_pieces, encoding="base64"), w.ENCODED),
    Target("quoted_printable_in_pieces", the(drivers.undone_in_pieces, encoding="quoted-printable"), w.ENCODED),
    Target("uuencode_in_pieces", the(drivers.undone_in_pieces, encoding="x-uuencode"), w.ENCODED),
    Target("surrogate", drivers.written_in_ascii, (*w.HEADER, *w.ADDRESS)),
    Target("sections", drivers.read_sections, w.MIME, w.LETTERS),
    Target("seven_bits", drivers.to_seven_bits, w.MIME, w.LETTERS),
    Target("claims", drivers.claims_of, w.HEADER),
    Target("folding", drivers.folded_field, w.HEADER),
    Target("trace", drivers.trace_of, w.HEADER),
    Target("subject", lambda o: base_subject(shown(o)), w.HEADER),
    Target("folded", lambda o: fold(shown(o)), w.HEADER),
    Target("report", report.parse_report, w.MIME, w.LETTERS),
    Target("feedback", parse_feedback, w.MIME, w.LETTERS),
    Target("packed", lambda o: list(packed_reports(o)), w.MIME, w.LETTERS),
    Target("reply_in_a_report", lambda o: report.sanitised_reply(shown(o)), w.REPLIES),
]
ENVELOPE = [
    Target("domain", lambda o: parse_domain(raw(o)), w.ADDRESS, errors=(NotADomain,)),
    Target("address", lambda o: parse_address(raw(o)), w.ADDRESS, errors=(NotAnAddress,)),
    Target("proxy", lambda o: read_header(o), w.PROXY, w.PROXIED, (NotProxied,)),
    Target("milter", drivers.answered_by_a_filter, w.MILTER, errors=(MilterError,)),
    Target("srs", drivers.sent_back, w.SRS, w.SRS_MADE, (NotOurs, NotAnAddress)),
    Target("xclient", lambda o: parse_xclient(raw(o)), w.XCLIENT, (b"ADDR=192.0.2.1 PORT=1",), (Violation,)),
    Target("token", lambda o: parse_token(raw(o)), w.TOKENS, (drivers.TOKEN,), (BadToken,)),
    Target("token_keys", read_keys, w.TOKENS, (drivers.JWKS,), (BadToken,)),
    Target("mail_command", lambda o: drivers.mail_of(raw(o)), w.SMTP, w.MAIL, (Violation,)),
    Target("rcpt_command", lambda o: drivers.rcpt_of(raw(o)), w.SMTP, w.RCPT, (Violation,)),
    Target("smtp", drivers.spoken, w.SMTP),
    Target("lmtp", the(drivers.spoken, lmtp=True), w.SMTP),
    Target("smtp_replies", drivers.answered, w.REPLIES),
    Target("explain", lambda o: explain(shown(o)).sentence("ko"), w.REPLIES),
    Target("receipt", lambda o: parse_receipt(raw(o)), w.RECEIPTS, errors=(ValueError,)),
    Target("pop3_outside", the(drivers.read_by_pop3, inside=False), w.POP3),
    Target("pop3_inside", the(drivers.read_by_pop3, inside=True), w.POP3),
    Target("scram_verifier", lambda o: Verifier.parse(raw(o)), w.VERIFIERS, drivers.VERIFIERS, (ValueError,)),
    *(
        Target(f"sasl_{name.lower()}", the(drivers.exchanged, mechanism=name), w.SASL)
        for name in sasl.offered(drivers.BINDINGS, tokens=True)
    ),
]
ACCESS = [
    *(
        Target(f"imap_{name.lower().replace(' ', '_')}", drivers.arguments_of(name), w.IMAP, seeds, (BadCommandText,))
        for name, seeds in drivers.with_arguments()
    ),
    *(Target(f"imap_{state}", the(drivers.read_by_imap, state=state), w.IMAP) for state in drivers.STATES),
    Target("imap_names", drivers.named, w.IMAP, errors=(names.NotAName,)),
    Target("imap_numbers", drivers.numbered, w.NUMBERS, errors=(numbers.NotASet,)),
    Target("imap_date", lambda o: dates.parse_date(raw(o)), w.IMAP_DATES, (b"1-Jan-2026",), (dates.NotADate,)),
    Target("imap_date_time", drivers.dated, w.IMAP_DATES, (b"01-Jan-2026 00:00:00 +0000",), (dates.NotADate,)),
    Target("imap_flags", lambda o: flags.gathered(raw(o).split(" ")), w.IMAP, (b"$a",), (flags.NotAFlag,)),
    Target("imap_rights", lambda o: rights.settable(rights.parsed(raw(o))), w.RIGHTS, errors=(rights.NotRights,)),
    Target("imap_url", lambda o: url.parse_url(shown(o)), w.IMAP, drivers.URLS, (url.NotAMessageUrl,)),
    Target("imap_pattern", lambda o: matches(raw(o[: len(o) // 2]), raw(o[len(o) // 2 :])), w.PATTERNS),
    Target("imap_client", drivers.heard_by_a_client, w.RESPONSES, errors=(NotImap,)),
    Target("imap_strings", drivers.written_and_read, w.IMAP),
]
ORIGIN = [
    Target("tags", tags_of, w.DKIM, errors=(NotATagList,)),
    Target("key_record", lambda o: key_in((shown(o),), "ed25519-sha256"), w.DKIM, drivers.KEYS, (Unusable,)),
    Target("dkim", drivers.verified_by_dkim, w.DKIM, drivers.SIGNED),
    Target("arc", drivers.chained, w.DKIM, drivers.CHAINS),
    Target("canonical", drivers.in_canonical_forms, w.DKIM),
    Target("dmarc_record", lambda o: dmarc_record(shown(o)), w.DMARC, (b"v=DMARC1; p=none",)),
    Target("results", lambda o: parse_results(o), w.RESULTS, errors=(NotResults,)),
    Target("aggregate", lambda o: parse_aggregate(o), w.AGGREGATE, w.AGGREGATES, (NotAReport,)),
    Target("spf", drivers.checked_by_spf, w.SPF, drivers.RECORDS),
    Target("spf_record", lambda o: parse_record(f"v=spf1 {shown(o)}"), w.SPF, drivers.RECORDS, (NotARecord,)),
    Target("spf_name", lambda o: domain_spec(shown(o)), w.SPF, errors=(NotAMacro,)),
    Target("spf_explanation", drivers.explained_by_spf, w.SPF, errors=(NotAMacro,)),
]
TARGETS = {target.name: target for target in (*MESSAGE, *ENVELOPE, *ACCESS, *ORIGIN)}
