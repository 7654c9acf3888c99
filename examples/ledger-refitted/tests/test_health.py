from redis.asyncio import Redis


def test_healthy_when_both_answer(client):
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "postgres": "ok", "redis": "ok"}


def test_says_that_redis_is_down(client, monkeypatch):
    from ledger.main import app

    # Port 1 answers nowhere
    monkeypatch.setattr(app.state, "redis", Redis(host="127.0.0.1", port=1))
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json() == {"status": "down", "postgres": "ok", "redis": "down"}
