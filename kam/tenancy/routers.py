"""`owner` is the same database under another role: reads and writes go to `default`, migrations to `owner`."""

from typing import Any


class OneDatabaseRouter:
    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return None

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True
