"""Linking a bank account.

/oauth/login sends the browser to the bank, the bank sends it to the callback
server on port 8182, and the callback server hands the code over to /oauth/code.
"""

import hmac
import secrets
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from pydantic import BaseModel

from .config import get_settings
from .sessions import current_session

STATE_SECONDS = 600  # how long somebody may take at the bank
router = APIRouter(prefix="/oauth", tags=["oauth"])


class Code(BaseModel):
    code: str
    state: str


@router.get("/login")
async def login(request: Request, key: str = Depends(current_session)) -> dict[str, str]:
    settings = get_settings()
    state = secrets.token_urlsafe(24)
    await request.app.state.redis.set(f"oauth:{state}", key, ex=STATE_SECONDS)
    query = urlencode(
        {
            "response_type": "code",
            "client_id": settings.oauth_client_id,
            "redirect_uri": settings.oauth_redirect_uri,
            "state": state,
        }
    )
    return {"authorize_url": f"{settings.oauth_authorize_url}?{query}", "state": state}


@router.post("/code", status_code=204)
async def receive_code(
    body: Code, request: Request, x_callback_token: str = Header(default="")
) -> None:
    """Called by the callback server, never by a browser."""
    expected = get_settings().callback_token
    if not hmac.compare_digest(x_callback_token.encode(), expected.encode()):
        raise HTTPException(403, "wrong callback token")
    # A state is good for one code only
    key = await request.app.state.redis.getdel(f"oauth:{body.state}")
    if key is None:
        raise HTTPException(400, "unknown or expired state")
    await request.app.state.redis.hset(key, "bank_code", body.code)


@router.get("/status")
async def status(request: Request, key: str = Depends(current_session)) -> dict[str, bool]:
    return {"linked": bool(await request.app.state.redis.hexists(key, "bank_code"))}
