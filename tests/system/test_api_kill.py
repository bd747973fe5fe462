"""Letters handed in by the API to a server that is killed (kill -9 of everything): none is lost, none is sent twice.

Each letter has an Idempotency-Key; who heard nothing asks again, as applications do.  Slow because servers are started.
"""

import http.client
import json
import random
import threading
import time

import pytest

from kit.patience import PATIENCE_S
from kit.server import KIM, Server
from kit.stored import NOW
from pyeonji.directory.app_keys import new_key
from pyeonji.store import apps, directory
from pyeonji.store.home import open_home

pytestmark = pytest.mark.system
CLIENTS, EACH, KILLS = 4, 10, 2
AGAIN_S = 0.05  # seconds between two tries of a client


def key_of(data):
    key = new_key()
    home = open_home(data, create=False)

    def made(tx):
        account = directory.account(tx, KIM)
        apps.add_key(tx, apps.add(tx, "board", account.id, NOW), key.digest, key.hint, NOW)

    home.engine.write_now(made)
    home.close()
    return key.text


def asked(port, key, method, path, body=None, headers=None):
    """(status, JSON, fields), or None when nobody answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    fields = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"} | (headers or {})
    try:
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body else None, fields)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def test_each_letter_is_taken_once_whenever_the_server_is_killed(tmp_path):
    server = Server(tmp_path / "data", (KIM,))
    key, ids, lost = key_of(server.data), {}, []

    def client(which):
        for at in range(EACH):
            name, until = f"{which}/{at}", time.monotonic() + PATIENCE_S
            letter = {"from": KIM, "to": KIM, "subject": name, "text": "하이", "ref": name}
            while time.monotonic() < until:
                found = asked(server.port("http"), key, "POST", "/messages", letter, {"Idempotency-Key": name})
                if found is not None and found[0] == 202:
                    ids[name] = found[1]["id"]
                    break
                time.sleep(AGAIN_S)
            else:
                lost.append(name)

    with server:
        clients = [threading.Thread(target=client, args=(which,)) for which in range(CLIENTS)]
        for one in clients:
            one.start()
        for kill in range(1, KILLS + 1):
            while len(ids) < kill * CLIENTS * EACH // (KILLS + 2) and any(one.is_alive() for one in clients):
                time.sleep(random.uniform(0, 0.02))
            server.kill()
            server.start()
        for one in clients:
            one.join(PATIENCE_S)
        assert lost == [] and len(set(ids.values())) == len(ids) == CLIENTS * EACH
        found, cursor = {}, ""
        while cursor is not None:
            page = asked(server.port("http"), key, "GET", f"/messages?limit=50&after={cursor}")[1]
            for one in page["data"]:
                found.setdefault(one["ref"], []).append(one["id"])
            cursor = page["next"]
        assert found == {name: [number] for name, number in ids.items()}
        for name in random.sample(sorted(ids), 5):
            letter = {"from": KIM, "to": KIM, "subject": name, "text": "하이", "ref": name}
            again = asked(server.port("http"), key, "POST", "/messages", letter, {"Idempotency-Key": name})
            assert (again[1]["id"], again[2]["Idempotent-Replayed"]) == (ids[name], "true")


def test_whoever_waits_at_one_worker_hears_what_another_one_did(tmp_path):
    """Two workers: a wait that begins anywhere ends within two seconds of the decision."""
    with Server(tmp_path / "data", (KIM,), config="workers = 2\n") as server:
        key = key_of(server.data)
        for turn in range(6):
            letter = {"from": KIM, "to": "overfull@simulator.test", "subject": str(turn), "text": "하이"}
            number = asked(server.port("http"), key, "POST", "/messages", letter)[1]["id"]
            heard = []

            def wait(number=number, heard=heard):
                answer = asked(server.port("http"), key, "GET", f"/messages/{number}?wait=final&timeout=60")
                heard.append((time.monotonic(), answer[1]["status"]))

            waiting = threading.Thread(target=wait)
            waiting.start()
            until = time.monotonic() + PATIENCE_S
            while asked(server.port("http"), key, "GET", f"/messages/{number}")[1]["recipients"][0]["status"] in (
                "queued",
                "sending",
            ):
                assert time.monotonic() < until
            decided = time.monotonic()
            cancelled = asked(server.port("http"), key, "DELETE", f"/messages/{number}")
            assert cancelled[0] == 200, cancelled
            waiting.join(PATIENCE_S)
            assert heard[0][1] == "final" and heard[0][0] - decided < 2, (turn, heard, decided)
