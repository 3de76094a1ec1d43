"""What finds `module:app` for `evenflow run`: uvicorn's importer, which has the same roots."""

from uvicorn.importer import ImportFromStringError as ImportFromStringError
from uvicorn.importer import import_from_string as import_from_string
