"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from depot import lookalikes
from depot.middleware import Footprints, throttle
from depot.routers import accounts, clean, clean_databases, invoices, labels, parcels, reports, thieves, tracking
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await lookalikes.warm_up()
    async with clean_databases.database:
        yield
    await lookalikes.close()


app = FastAPI(lifespan=lifespan)
app.add_middleware(Footprints)
app.middleware("http")(throttle)
app.include_router(parcels.router)
app.include_router(labels.router, prefix="/m")
app.include_router(invoices.router)
app.include_router(tracking.router)
app.include_router(reports.router)
app.include_router(accounts.router)
app.include_router(thieves.router)
app.include_router(clean.router)
app.include_router(clean_databases.router)
