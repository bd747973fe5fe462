"""What is whispered to somebody who types SMTP by hand."""

SENTENCES = {
    "lab.hint.next_hello": "Say hello first, for example: {example}",
    "lab.hint.next_mail": "Next comes who sends it, for example: {example}",
    "lab.hint.next_rcpt": "Next comes who gets it, for example: {example}",
    "lab.hint.next_data": "Name more recipients, or begin the letter: {example}",
    "lab.hint.next_header": "Write a header (such as {example}), one blank line, then the text.",
    "lab.hint.next_content": "Write the text. When it is done, send a line with a single dot: {example}",
    "lab.hint.next_done": "It was taken. MAIL FROM begins another letter, this ends the talk: {example}",
    "lab.hint.space_first": "Take away the space in front. A command begins at the first column.",
    "lab.hint.hello_spelling": "The greeting is HELO or EHLO, four letters with one L.",
    "lab.hint.hello_name": "Your own name follows the greeting, for example: EHLO mx.1ban.test",
    "lab.hint.mail_from": "Who sends it is written MAIL FROM:<address>.",
    "lab.hint.rcpt_to": "Who gets it is written RCPT TO:<address>.",
    "lab.hint.header_outside": (
        "From, To and Subject belong inside the letter, after DATA. The envelope is MAIL FROM and RCPT TO. "
    ),
    "lab.hint.colon": "A colon follows FROM and TO at once, for example: MAIL FROM:<chulsoo@1ban.test>",
    "lab.hint.colon_space": "There is no space around the colon. Many servers understand it all the same.",
    "lab.hint.brackets": "The address stands between < and >, for example: <chulsoo@1ban.test>",
    "lab.hint.bracket_open": "The > after the address is missing.",
    "lab.hint.dot_outside": "A dot means the end only inside a letter, and none is being written now.",
    "lab.hint.not_ascii": "Commands are written in Latin letters. Inside the letter any script is welcome.",
    "lab.hint.mail_twice": "An envelope has been begun. RSET starts a new one.",
    "lab.hint.order": "It is too early for {line}. This comes before it: {example}",
    "lab.hint.near": "There is no {line}. Was it {example}?",
    "lab.hint.unknown": "The server does not know that word. It knows: EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT",
    "lab.hint.empty": "An empty line was not sent. It has a meaning only inside a letter.",
    "lab.hint.not_here": "{line} is for programs and cannot be gone on with by hand. It was not sent.",
    "lab.hint.blank": "A blank line: the header is over, the text begins.",
    "lab.hint.no_blank": (
        "There was no blank line between header and text. The server takes it, but readers may not find the text."
    ),
    "lab.hint.no_header": "“{line}” does not look like a header line. If it is text, put a blank line before it.",
    "lab.hint.still_content": "{line} is a line of the letter now. A line with a single dot ends the letter first.",
    "lab.hint.hung_up": "The talk with the server is over.",
}
