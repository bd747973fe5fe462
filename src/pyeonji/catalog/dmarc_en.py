"""English sentences about DMARC and its reports; the same keys as `dmarc_ko`."""

from pyeonji.catalog.dmarc_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "help.explain.dmarc": "does the author's domain stand behind this letter, or what does it want (asks the DNS)",
    "arg.dmarc_what": 'a letter ("-" reads standard input), or a domain name',
    "arg.dmarc_ip": "the address the letter came from; without it SPF is not looked at",
    "arg.dmarc_path": "the sender of the envelope (default: the Return-Path of the letter)",
    "dmarc.no_ip": "not looked at (--ip names the address it came from)",
    "dmarc.no_author": "Nobody can say who wrote this letter: {why}.",
    "dmarc.pass": "{domain} stands behind the letter: {aligned}.",
    "dmarc.fail": "Nothing shows that {domain} sent the letter: {why}.",
    "dmarc.none": "{domain} says nothing of forged letters: {why}.",
    "dmarc.temperror": "It cannot be known now: {why}.",
    "dmarc.permerror": "The owner of {domain} has to mend the record: {why}.",
    "dmarc.record": "The record of {domain}: {record}",
    "dmarc.wish.none": "Letters that only claim to come from {domain} are taken like any other.",
    "dmarc.wish.quarantine": "Letters that only claim to come from {domain} are suspicious: with junk.",
    "dmarc.wish.reject": "Letters that only claim to come from {domain} are to be refused.",
    "dmarc.testing": "Its owner is still testing (t=y): one step less is done.",
    "dmarc.organization": "{domain} belongs to {organization}: whatever passes for a name there counts.",
    "dmarc.mistake": "Not understood in it: {mistake}",
}
