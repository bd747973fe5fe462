"""News for the writer: bounces, notices of delay, notices of handing over (queue/letters)."""

SENTENCES = {
    "bounce.author": "Mail delivery",
    "bounce.subject": "Not delivered: {rcpt} (“{subject}”)",
    "bounce.subject.many": "Not delivered to {n} recipients (“{subject}”)",
    "bounce.opening": "Your message to {rcpt} could not be delivered.",
    "bounce.what": "What happened  {what}",
    "bounce.todo": "What to do     {what}",
    "bounce.words": "Their words    {reply}",
    "bounce.again": "Sent again?    No. It will not be tried any more.",
    "bounce.receipt": "Receipt number {number}",
    "delay.subject": "Not delivered yet: {rcpt} (“{subject}”)",
    "delay.subject.many": "Not delivered yet to {n} recipients (“{subject}”)",
    "delay.opening": "Your message to {rcpt} has not arrived yet. There is no need to send it again.",
    "delay.again": "Sent again?    Yes, automatically: next at {when}, at the latest until {last}.",
    "delivered.subject": "Delivered: {rcpt} (“{subject}”)",
    "delivered.subject.many": "Delivered to {n} recipients (“{subject}”)",
    "delivered.opening": "Your message to {rcpt} is in the mailbox. Whether it was read is not known.",
    "delivered.list": "{rcpt} is a list. Your message was given to its members; nothing more will be told of them.",
    "relayed.subject": "Handed over: {rcpt} (“{subject}”)",
    "relayed.subject.many": "Handed over for {n} recipients (“{subject}”)",
    "relayed.opening": "Your message to {rcpt} was taken by {host}. That server will not tell what becomes of it.",
}
