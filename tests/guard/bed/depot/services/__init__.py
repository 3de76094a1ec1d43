"""What the depot does for its customers."""

from depot.services.archive import Archive as ColdStorage
from depot.services.labels import LabelService, printed
from depot.services.reports import ReportService

__all__ = ["ColdStorage", "LabelService", "ReportService", "printed"]
