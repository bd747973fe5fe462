"""Messages: read, mended and written; pure, linear, over the original octets.

Read from here down; each module needs only those above it.

    header         parse_header(octets) -> Header (fields as offsets); header_end(octets) -> offset of the body
    folding        unfold(value); fold(name, value) -> field with CRLF
    decoders       decoder(encoding) -> Decoder: transfer encodings undone piece by piece
    codecs         transfer encodings: decode(octets, encoding), encode_base64, encode_quoted_printable, needs_8bit
    charset        decode(octets, declared) -> Decoded: text whatever the label says
    words          decode_words(value) -> str; encode_words(text) -> str (RFC 2047)
    parameters     parse_parameters(value) -> Parameters; filename_of; format_parameters (RFC 2231)
    date           parse_date(value) -> datetime | None; format_date(datetime or seconds)
    addresses      parse_addresses, parse_mailboxes (display), author (strict), format_mailbox
    part           Part: where a part is and what its header says
    mime           scan(octets) -> Part, the tree as offsets; Scanner: the same from pieces
    html_text      html_to_text(html): what is read of a page
    text           readable(octets), decoded_text, decoded_header, header_text, attachments: what people read
    edit           prepend_fields, remove_fields, without_private, with_crlf, to_7bit
    folded         fold(text): the form in which texts are compared
    subject        base_subject(text): without "Re:" and its like (RFC 5256)
    facts          facts(part): what sorting and threading compare; pack, unpack
    wording        wording(part): the folded text by sections, which searching compares
    surrogate      surrogate(octets): a header for who reads nothing but ASCII (RFC 6855)
    binary         without_nul(read, size): parts that hold NUL in base64 (RFC 3516)
    preview        preview(part): the first words
    kept_fields    kept(header), chosen(octets, names): the fields that lists of letters show
    trace_fields   received_field, from_clause, return_path_field, received_count, delivered_to
    compose        compose(...) and its pieces: text_part, part, multipart
    report         build_report(Report), parse_report(octets) (RFC 3464, RFC 6522, RFC 6533)

Nothing is imported here: the sendmail command takes `header`, `edit` and `addresses` alone, and chardet is loaded only
for text that nothing else explains.  No octets raise; what cannot be read is left out, shown raw, or U+FFFD.
"""
