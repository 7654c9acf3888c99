"""The tables, and a database session for each request."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

from fastapi import Request
from sqlalchemy import Numeric, String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Transaction(Base):
    __tablename__ = "transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(80), index=True)
    booked_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))  # negative: money spent
    category: Mapped[str] = mapped_column(String(40), server_default="other")
    note: Mapped[str] = mapped_column(String(200), server_default="")


async def get_db(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.new_db_session() as db:
        yield db
