"""The words of the lab and of its pages: the picture of notes passed in class lives only here."""

SENTENCES = {
    # ── opening the lab ──
    "lab.open": ("The mail lab is open: a small Internet that exists only inside this computer. No letter leaves it."),
    "lab.web": "Pages",
    "lab.smtp_note": "connect the programs you have; no login is needed",
    "lab.caught_note": "every letter is caught, whatever its address; any name and password may log in",
    "lab.caught": "Caught letters: {url}   (by IMAP and POP3: {login}, password {password})",
    "caught.title": "Caught letters",
    "caught.none": "Nothing was caught yet. Send a letter to port 1025, to any address.",
    "caught.envelope": "Envelope",
    "caught.source": "The octets (.eml)",
    "lab.password": "The password of every account is {password}",
    "lab.trouble": "makes trouble on purpose",
    "lab.board": "password reset example",
    "lab.port_note": "In the lab a high port takes the place of port 25, because it needs no administrator.",
    "lab.first": "New here?  {command} send          Chulsoo writes to Younghee, line by line.",
    "lab.stop": "Stop: Ctrl+C   (letters stay.  Start afresh: {command} --reset)",
    "lab.stopped": "The lab is closed. Its letters stay in {data}.",
    "lab.port_taken": (
        "Another program uses {what}.\nStop that program, or open the lab on other ports:  pyeonji lab "
        "--port-offset 10000"
    ),
    "lab.bad_offset": "Ports can be moved by 0 to {most}. Use a smaller --port-offset.",
    "lab.no_such_host": "The lab has no server called {host}. It has: {known}",
    "lab.no_such_fault": "Nothing breaks in the way {how}. Choose from: {known}",
    "lab.no_such_writer": "The lab has no account {address}. Those who can write: {known}",
    "lab.no_such_scene": "There is no scene {name}. There is: {known}",
    "lab.no_such_ending": "There is no ending {name}. There is: {known}",
    "lab.broken": "{host} is broken now ({how}). Mend it: pyeonji lab heal",
    "lab.healed": "Everything is mended. Waiting letters go when they are due, or now: pyeonji lab warp 30m",
    "lab.warped": "The lab's clock was pushed {seconds} seconds ahead. It shows {now} (UTC)",
    "lab.bad_seconds": "The clock only goes forward, at most {most} seconds at a time.",
    # ── the opening scene ──
    "scene.submit": "The program of {author} talks to its server ({host}:{port}). → is said, ← is heard.",
    "scene.dns": "The sending server asks the DNS: who takes mail for {domain}?",
    "scene.dns_answer": "The server with the smallest number is visited first.",
    "scene.relay": "The sending server visits {host} and talks to it.",
    "scene.content": "The header and the text are read out. A line with a single dot means the end.",
    "scene.content_line": "(the letter: {lines} lines, {octets} octets)",
    "scene.delivered": "{host} is responsible for the letter now.",
    "scene.read": "John opens his mailbox.",
    "scene.imap": "Looked in by IMAP: “{subject}”, a text of {octets} octets",
    "scene.pop3": "Fetched by POP3: “{subject}”, a text of {octets} octets",
    "scene.same": "What was read is what was written, to the last octet.",
    "scene.story": "The journey of this letter: {url}",
    "scene.good": "All that was shown came true.",
    "scene.bad": "The scene did not come to its end.",
    "scene.not_taken": "{host} did not take the letter: {reply}",
    "scene.no_number": "The reply has no receipt number: {reply}",
    "scene.not_delivered": "It was not delivered within {seconds} seconds. State now: {state}",
    "scene.no_story": "The journeys of {domain} do not tell how letter {number} ended.",
    "scene.not_found": "{how}: the letter is not in the mailbox.",
    "scene.unreachable": "{what}: {why}",
    # ── pages ──
    "web.skip": "Skip to the content",
    "web.title": "Journeys of letters",
    "web.find_button": "Find",
    "web.latest": "Latest letters",
    "web.found": "Letters found",
    "web.none": "There are no letters yet.",
    "web.not_found": "No such letter was found",
    "web.not_found_help": (
        "Check the characters of the receipt number. If no letter was handed in at that time, the "
        "sending program never called us."
    ),
    "web.refused_letters": "Connections that were refused",
    "web.letter": "Letter",
    "web.no_subject": "(no subject)",
    "web.from_nobody": "(nowhere to return it to)",
    "web.recipients": "Recipients",
    "web.journey": "Journey",
    "web.raw": "The lines as they were said",
    "web.what_happened": "What happened",
    "web.who_acts": "Who must act",
    "web.what_to_do": "What to do",
    "web.next": "Next",
    "web.their_words": "Their words",
    "web.session": "Connection",
    "web.here": "us",
    "web.as": "This is what {address} may see. Hidden recipients are not shown to others.",
    "web.all_views": "Whose view?",
    "web.everybody": "the lab (all)",
    "web.json": "JSON",
    "web.lab_note": "This is the lab. No letter leaves this computer.",
    "web.back": "Start page",
    "web.reply_of": "This letter was written because of:",
    "web.no_body": "What the letter says is not kept here.",
    # ── the board ──
    "board.title": "Password reset",
    "board.lead": "Write the e-mail address you signed up with. A letter to set a new password will be sent.",
    "board.email": "E-mail address",
    "board.button": "Send the letter",
    "board.neutral": (
        "If that address has an account, a letter will arrive soon. If not, tell us the number {number}."
    ),
    "board.code": "Support code",
    "board.lab": "Shown because this is the lab: where that letter is now",
    "board.no_letter": "No letter was made: the address has no account, so the board handed nothing in.",
    "board.not_called": "The board could not hand in the letter: {why}",
    "board.by_php": "PHP's mail() handed it to sendmail.",
    "board.by_sendmail": "There is no PHP here, so the board handed it to sendmail itself.",
    "board.bad_address": "Check what stands before and after the @, and spaces.",
    "board.refresh": "Look again",
    "board.journey": "See the journey",
    "board.try": "Try one of these",
    "board.again": "Try another address",
    "board.nine": (
        "Nine steps: ① the address is written ② the board writes a letter ③ mail() ④ sendmail ⑤ our "
        "server takes it ⑥ the receiving server is looked up ⑦ they talk ⑧ it is put into the mailbox ⑨ "
        "a person reads it"
    ),
    "board.subject": "Password reset",
    "board.text": (
        "To set a new password for the board, open the address below. It works once, for 15 "
        "minutes.\n\nhttp://board.test/reset/{token}\n\nIf you did not ask for this, you need not do "
        "anything.\n"
    ),
}
