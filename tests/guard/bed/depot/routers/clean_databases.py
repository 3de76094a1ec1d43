"""Databases as they are meant to be used in a loop."""

from typing import Any

import aiosqlite
import sqlalchemy as sa
from depot.settings import settings
from fastapi import APIRouter

from evenflow import Database

router = APIRouter(prefix="/c", tags=["clean"])
database = Database(f"sqlite:///{settings.folder}/clean.db")
COUNT = sa.text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT count(*) FROM n"
)


@router.get("/evenflow-database")
async def evenflow_database() -> Any:
    return await database.fetch_val(COUNT)


@router.get("/aiosqlite")  # needs=aiosqlite
async def with_aiosqlite() -> Any:
    async with aiosqlite.connect(settings.folder / "clean.db") as connection:
        cursor = await connection.execute(str(COUNT))
        return await cursor.fetchone()
