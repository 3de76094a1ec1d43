"""Where the suite looks for the public names too."""

from databases import Database as Database
from databases import DatabaseURL as DatabaseURL
