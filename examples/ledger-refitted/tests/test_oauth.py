import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

import pytest

from ledger import callback
from ledger.config import get_settings


@pytest.fixture
def callback_url(client, monkeypatch):
    """A callback server (plain HTTP here) that hands over to the app under test."""

    def to_test_client(code, state):
        token = {"X-Callback-Token": get_settings().callback_token}
        answer = client.post("/oauth/code", json={"code": code, "state": state}, headers=token)
        if answer.status_code != 204:
            raise urllib.error.HTTPError("/oauth/code", answer.status_code, "", None, None)

    monkeypatch.setattr(callback, "hand_over", to_test_client)
    server = ThreadingHTTPServer(("127.0.0.1", 0), callback.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/callback"
    server.shutdown()
    server.server_close()


def test_code_reaches_the_session(client, owner, callback_url):
    state = client.get("/oauth/login").json()["state"]
    assert client.get("/oauth/status").json() == {"linked": False}
    with urllib.request.urlopen(f"{callback_url}?code=abc&state={state}") as page:
        assert b"linked" in page.read()
    assert client.get("/oauth/status").json() == {"linked": True}


def test_state_of_nobody_is_refused(client, owner, callback_url):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{callback_url}?code=abc&state=guessed")
    assert refused.value.code == 400
    assert client.get("/oauth/status").json() == {"linked": False}


def test_only_the_callback_server_may_hand_over(client, owner):
    state = client.get("/oauth/login").json()["state"]
    answer = client.post("/oauth/code", json={"code": "abc", "state": state})
    assert answer.status_code == 403
