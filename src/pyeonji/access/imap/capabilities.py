"""What we offer, in the words of the standards.  A word stands here only when its whole RFC is met (docs/rfc.tsv)."""

from pyeonji.proto.imap.event import MAX_MESSAGE

ALWAYS = (
    "IMAP4rev1",  # RFC 3501
    "IMAP4rev2",  # RFC 9051, for who enables it
    # RFC 7888.  Not LITERAL-: a literal that may not come is read and thrown away, up to the size APPENDLIMIT says,
    # so nobody is hung up on and whoever keeps to 4,096 octets (LITERAL-, IMAP4rev2) is understood as well.
    "LITERAL+",
    "ID",  # RFC 2971
    "SASL-IR",  # RFC 4959
)
INSIDE = (  # only once somebody has logged in
    "ENABLE",  # RFC 5161
    "ESEARCH",  # RFC 4731
    "MULTISEARCH",  # RFC 7377
    "SEARCHRES",  # RFC 5182
    "PARTIAL",  # RFC 9394
    "WITHIN",  # RFC 5032
    "SEARCH=FUZZY",  # RFC 6203
    "SORT",  # RFC 5256
    "SORT=DISPLAY",  # RFC 5957
    "ESORT",  # RFC 5267
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "THREAD=REFERENCES",  # RFC 5256
    "THREAD=REFS",  # draft-ietf-morg-inthread
    "THREAD=ORDEREDSUBJECT",  # RFC 5256
    "I18NLEVEL=1",  # RFC 5255: comparisons are those of i;unicode-casemap (RFC 5051)
    "IDLE",  # RFC 2177
    "NAMESPACE",  # RFC 2342
    "CHILDREN",  # RFC 3348
    "UNSELECT",  # RFC 3691
    "UIDPLUS",  # RFC 4315
    "CONDSTORE",  # RFC 7162
    "QRESYNC",
    "OBJECTID",  # RFC 8474
    "SAVEDATE",  # RFC 8514
    "MOVE",  # RFC 6851
    "SPECIAL-USE",  # RFC 6154
    "LIST-EXTENDED",  # RFC 5258
    "LIST-STATUS",  # RFC 5819
    "LIST-MYRIGHTS",  # RFC 8440
    "LIST-METADATA",  # RFC 9590
    "METADATA",  # RFC 5464
    "QUOTA",  # RFC 9208
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "QUOTA=RES-MAILBOX",
    "STATUS=SIZE",  # RFC 8438
    "CREATE-SPECIAL-USE",  # RFC 6154
    "ACL",  # RFC 4314
    "RIGHTS=texk",
    "BINARY",  # RFC 3516
    "MULTIAPPEND",  # RFC 3502
    "CATENATE",  # RFC 4469
    "REPLACE",  # RFC 8508
    "COMPRESS=DEFLATE",  # RFC 4978
    "UNAUTHENTICATE",  # RFC 8437
    "UTF8=ACCEPT",  # RFC 9755
    "UIDONLY",  # RFC 9586
    "NOTIFY",  # RFC 5465
    "INPROGRESS",  # RFC 9585
    "PREVIEW",  # RFC 8970
    f"APPENDLIMIT={MAX_MESSAGE}",  # RFC 7889
)
