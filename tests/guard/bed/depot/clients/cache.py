"""Sessions in Redis."""

import redis
from depot.settings import settings


class Cache:
    def __init__(self, port: int = settings.redis_port) -> None:
        self._redis = redis.Redis(host="127.0.0.1", port=port)

    def close(self) -> None:
        self._redis.close()

    def session_of(self, token: str, patience: float) -> str:
        # bed: m/dependency-redis kind=waits depth=1 call=redis.Redis.blpop needs=redis server=redis
        found = self._redis.blpop([f"depot:{token}"], timeout=patience)
        return str(found or token)
