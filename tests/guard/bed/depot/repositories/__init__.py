"""Where things are kept; each under its own name here."""

from .customers import CustomerRepository
from .ledger import Ledger, LedgerRepository
from .parcels import ParcelRepository, count_parcels

__all__ = ["CustomerRepository", "Ledger", "LedgerRepository", "ParcelRepository", "count_parcels"]
