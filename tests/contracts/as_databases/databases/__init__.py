"""Evenflow under the name `databases`, for the test-suite of encode/databases."""

from typing import Any

import evenflow
from evenflow import DatabaseURL

__all__ = ["Database", "DatabaseURL"]


class Database(evenflow.Database):
    """Evenflow's, with one second of patience: a test holds the writer while another transaction reads."""

    def __init__(self, url: str | DatabaseURL, **options: Any) -> None:
        super().__init__(url, **{"pool_timeout": 1.0, **options})
