"""Sessions live in Redis; the cookie carries the session's id and a signature."""

import hashlib
import hmac
import secrets

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from .config import get_settings

COOKIE = "ledger_session"
router = APIRouter(prefix="/session", tags=["session"])


class SignIn(BaseModel):
    owner: str = Field(min_length=1, max_length=80)


def sign(session_id: str) -> str:
    key = get_settings().session_secret.encode()
    return hmac.new(key, session_id.encode(), hashlib.sha256).hexdigest()


async def current_session(request: Request) -> str:
    """The Redis key of the caller's session; 401 when there is none."""
    session_id, _, signature = request.cookies.get(COOKIE, "").partition(".")
    key = f"session:{session_id}"
    genuine = hmac.compare_digest(signature.encode(), sign(session_id).encode())
    if not genuine or not await request.app.state.redis.exists(key):
        raise HTTPException(401, "sign in first: POST /session")
    return key


async def current_owner(request: Request, key: str = Depends(current_session)) -> str:
    return await request.app.state.redis.hget(key, "owner")


@router.post("", status_code=201)
async def sign_in(body: SignIn, request: Request, response: Response) -> dict[str, str]:
    # By name only: ledger is meant for a household, behind its own front door
    session_id = secrets.token_urlsafe(24)
    lifetime = get_settings().session_hours * 3600
    redis = request.app.state.redis
    await redis.hset(f"session:{session_id}", "owner", body.owner)
    await redis.expire(f"session:{session_id}", lifetime)
    response.set_cookie(
        COOKIE, f"{session_id}.{sign(session_id)}", max_age=lifetime, httponly=True, secure=True
    )
    return {"owner": body.owner}


@router.delete("", status_code=204)
async def sign_out(request: Request, key: str = Depends(current_session)) -> None:
    await request.app.state.redis.delete(key)
