"""Settings: environment variables first, then the .env file of the working directory."""

from functools import lru_cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    # In a container .env is the mounted file of that environment (env/.env.dev, ...)
    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    app_env: str = "dev"
    debug: bool = False
    log_level: str = "info"

    # What the service writes
    log_dir: Path = Path("logs")
    export_dir: Path = Path("data/exports")

    # No defaults for these: better not to start than to start with a known secret
    database_url: str
    session_secret: str
    callback_token: str

    redis_url: str = "redis://localhost:6379/0"
    session_hours: int = 12

    # The bank that accounts are linked with
    oauth_client_id: str = "ledger-local"
    oauth_authorize_url: str = "https://bank.example/oauth/authorize"
    oauth_redirect_uri: str = "https://localhost:8182/callback"


@lru_cache
def get_settings() -> Settings:
    return Settings()
