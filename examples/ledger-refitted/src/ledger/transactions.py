"""Book, list and export transactions."""

import csv
import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .config import get_settings
from .database import Transaction, get_db
from .sessions import current_owner

router = APIRouter(prefix="/transactions", tags=["transactions"])

Owner = Annotated[str, Depends(current_owner)]
Database = Annotated[AsyncSession, Depends(get_db)]


class Booking(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    booked_on: date
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    category: str = Field("other", max_length=40)
    note: str = Field("", max_length=200)


async def _of(owner: str, db: AsyncSession) -> list[Transaction]:
    query = select(Transaction).where(Transaction.owner == owner).order_by(Transaction.booked_on)
    return list(await db.scalars(query))


@router.get("")
async def list_transactions(owner: Owner, db: Database) -> list[Booking]:
    return [Booking.model_validate(row) for row in await _of(owner, db)]


@router.post("", status_code=201)
async def book(booking: Booking, owner: Owner, db: Database) -> Booking:
    db.add(Transaction(owner=owner, **booking.model_dump()))
    await db.commit()
    return booking


@router.post("/export", status_code=201)
async def export(owner: Owner, db: Database) -> dict[str, str]:
    """Write the owner's transactions to a CSV file on the server."""
    folder = get_settings().export_dir
    folder.mkdir(parents=True, exist_ok=True)
    # The owner's name comes from outside: keep it from naming another folder
    file = folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', owner)}-{date.today()}.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["booked_on", "amount", "category", "note"])
        for row in await _of(owner, db):
            writer.writerow([row.booked_on, row.amount, row.category, row.note])
    return {"file": file.name}
