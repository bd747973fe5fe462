"""The next server, as a tape recorder: it says yes and keeps every octet it hears."""

import re
import socketserver
import threading

# What the laxest servers known have taken as the end of a letter.
LAX_END = re.compile(rb"(?:\r\n|\n|\r)\.(?:\r+\n|\n|\r)")


class Sink(socketserver.ThreadingTCPServer):
    """`letters`: content as it crossed the wire, with its dots; `refused`: RCPT of these gets a 550."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, keywords=(), refused=()):
        self.keywords, self.refused = keywords, refused
        self.letters, self.commands = [], []
        super().__init__(("127.0.0.1", 0), Conversation)
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        sink = self.server
        self.say(b"220 sink.test ESMTP")
        while line := self.rfile.readline():
            sink.commands.append(line)
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say(b"\r\n".join([b"250-sink.test", *(b"250-" + word for word in sink.keywords), b"250 HELP"]))
            elif verb == b"DATA":
                self.say(b"354 go")
                content = b""
                while not (content.endswith(b"\r\n.\r\n") or content == b".\r\n"):
                    octets = self.rfile.read(1)
                    if not octets:
                        return
                    content += octets
                sink.letters.append(content)
                self.say(b"250 2.0.0 taken")
            elif verb == b"BDAT":
                self.chunk(line.split())
            elif verb == b"QUIT":
                self.say(b"221 bye")
                return
            elif verb == b"RCPT" and any(address in line for address in sink.refused):
                self.say(b"550 5.1.1 nobody")
            else:
                self.say(b"250 2.0.0 ok")

    def chunk(self, words):
        self.chunks = getattr(self, "chunks", b"") + self.rfile.read(int(words[1]))
        if words[2:] == [b"LAST"]:
            self.server.letters.append(self.chunks)
            self.chunks = b""
        self.say(b"250 2.0.0 ok")

    def say(self, octets):
        self.wfile.write(octets + b"\r\n")
