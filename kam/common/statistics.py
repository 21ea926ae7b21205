"""What the query planner knows of tables that were just filled."""

from django.db import connection
from psycopg2 import sql

# From here on a load changes what a plan should be. Fewer rows are left to the database's own housekeeping.
BULK_ROWS = 1_000


def statistics_refresh(*tables: str, rows: int) -> bool:
    """Analyse tables into which `rows` rows were just committed; False when they are too few to matter.

    A planner that has never seen a tenant thinks it has one row and joins its thousands by nested loops:
    9 seconds instead of 30 milliseconds, until the database analyses by itself a minute or two later
    (RELIABILITY 9). Call it outside of the transaction that wrote. A table that somebody else analyses at
    this moment is left to them, and one that the role may not analyse is left out by the database.
    """
    if rows < BULK_ROWS or not tables:
        return False
    names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE (SKIP_LOCKED) {}").format(names))
    return True
