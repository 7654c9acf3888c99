"""The service: uvicorn ledger.main:app"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging.handlers import RotatingFileHandler

from fastapi import FastAPI, Response
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from . import oauth, sessions, transactions
from .config import Settings, get_settings

log = logging.getLogger("ledger")


def log_to_file(settings: Settings) -> None:
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    log.handlers = [RotatingFileHandler(settings.log_dir / "ledger.log", maxBytes=1_000_000)]
    log.setLevel(settings.log_level.upper())


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    log_to_file(settings)
    engine = create_async_engine(settings.database_url, echo=settings.debug, pool_pre_ping=True)
    app.state.new_db_session = async_sessionmaker(engine, expire_on_commit=False)
    app.state.redis = Redis.from_url(settings.redis_url, decode_responses=True)
    log.info("started in %s", settings.app_env)
    yield
    await app.state.redis.aclose()
    await engine.dispose()


app = FastAPI(title="Ledger", lifespan=lifespan)
app.include_router(sessions.router)
app.include_router(transactions.router)
app.include_router(oauth.router)


@app.get("/health")
async def health(response: Response) -> dict[str, str]:
    """200 when PostgreSQL and Redis both answer, else 503 with the one that does not."""
    checks = {"postgres": "ok", "redis": "ok"}
    try:
        async with app.state.new_db_session() as db:
            await db.execute(text("SELECT 1"))
    except Exception:
        log.exception("health: PostgreSQL does not answer")
        checks["postgres"] = "down"
    try:
        await app.state.redis.ping()
    except Exception:
        log.exception("health: Redis does not answer")
        checks["redis"] = "down"
    healthy = all(state == "ok" for state in checks.values())
    response.status_code = 200 if healthy else 503
    return {"status": "ok" if healthy else "down", **checks}
