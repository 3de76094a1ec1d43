"""What is outside of the program, from its environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from depot.amounts import Size, seconds


def _from_environment(name: str, otherwise: str) -> str:
    return os.environ.get(f"DEPOT_{name}", otherwise)


@dataclass(frozen=True)
class Settings:
    folder: Path = field(default_factory=lambda: Path(_from_environment("FOLDER", "/tmp/depot")))
    upstream: str = field(default_factory=lambda: _from_environment("UPSTREAM", "http://127.0.0.1:9"))
    smtp_port: int = field(default_factory=lambda: int(_from_environment("SMTP", "9")))
    scale_port: int = field(default_factory=lambda: int(_from_environment("SCALE", "9")))
    postgres: str = field(
        default_factory=lambda: _from_environment("POSTGRES", "postgresql://postgres@127.0.0.1/postgres")
    )
    mysql_port: int = field(default_factory=lambda: int(_from_environment("MYSQL_PORT", "3306")))
    redis_port: int = field(default_factory=lambda: int(_from_environment("REDIS_PORT", "6379")))

    def slow(self, size: Size) -> str:
        """An address that takes its time to answer."""
        return f"{self.upstream}/rates?seconds={seconds(size)}"

    def file(self, name: str, size: Size, ending: str) -> Path:
        return self.folder / f"{name}-{size}.{ending}"


settings = Settings()
