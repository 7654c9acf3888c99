from ledger.sessions import COOKIE


def test_nothing_without_a_session(client):
    assert client.get("/transactions").status_code == 401


def test_forged_cookie_is_refused(client, owner):
    session_id = client.cookies[COOKIE].split(".")[0]
    client.cookies.clear()
    client.cookies.set(COOKIE, f"{session_id}.0000")
    assert client.get("/transactions").status_code == 401


def test_signing_out_ends_the_session(client, owner):
    assert client.get("/transactions").status_code == 200
    assert client.delete("/session").status_code == 204
    assert client.get("/transactions").status_code == 401
