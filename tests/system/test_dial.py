"""`pyeonji dial` with a real server: TLS, and a certificate that nobody vouches for."""

import json

import pytest

from kit.server import HOST, KIM, Server

pytestmark = pytest.mark.system


def test_a_certificate_nobody_vouches_for_ends_the_talk_unless_told_otherwise(tmp_path):
    with Server(tmp_path / "data", (KIM,)) as server:
        place = f"{HOST}:{server.port('smtp')}"
        strict = server.run("dial", place, "--json", "--to", KIM)
        assert strict.returncode == 1
        assert "any-certificate" in json.loads(strict.stdout)["trouble"]
        free = server.run("dial", place, "--json", "--to", KIM, "--any-certificate")
        assert free.returncode == 0, free.stdout
        lines = json.loads(free.stdout)["lines"]
        assert [line["encrypted"] for line in lines if line["text"].startswith("RCPT")] == [True]
        nobody = server.run("dial", place, "--any-certificate", "--to", "nobody@here.test", "--lang", "ko")
        assert nobody.returncode == 1
        assert "550" in nobody.stdout.decode()
