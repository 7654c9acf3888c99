"""The tests talk to a real PostgreSQL (DATABASE_URL) and a real Redis (REDIS_URL)."""

import os
import uuid
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient

# Made up, so that the tests also run where nobody has set any
os.environ.setdefault("SESSION_SECRET", "made-up-for-tests-not-a-secret")
os.environ.setdefault("CALLBACK_TOKEN", "made-up-for-tests-not-a-token")


@pytest.fixture(scope="session", autouse=True)
def migrated() -> None:
    command.upgrade(Config("alembic.ini"), "head")


@pytest.fixture
def client(tmp_path, monkeypatch) -> Iterator[TestClient]:
    from ledger.config import get_settings
    from ledger.main import app

    monkeypatch.setattr(get_settings(), "log_dir", tmp_path / "logs")
    monkeypatch.setattr(get_settings(), "export_dir", tmp_path / "exports")
    # https, because the session's cookie is only sent over TLS
    with TestClient(app, base_url="https://testserver") as client:
        yield client


@pytest.fixture
def owner(client: TestClient) -> str:
    """Somebody new who is signed in: the tests leave everybody else's data alone."""
    name = f"test-{uuid.uuid4()}"
    assert client.post("/session", json={"owner": name}).status_code == 201
    return name
