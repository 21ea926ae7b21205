"""The Open Space of an account as files to download (K6). Formulas in names and notes are neutralised."""

from datetime import date

from django.http import HttpResponse
from django.utils.text import slugify

from accounts.models import Account
from kam.common.exports import csv_response, xlsx_sheets_response
from planning.selectors.open_space import open_space_grid
from planning.selectors.open_space_export import open_space_tables, potentials_table


def potentials_csv(account: Account) -> HttpResponse:
    """Every entered potential of an account."""
    grid = open_space_grid(account=account)
    table = potentials_table(account, grid)
    return csv_response(name=_name(account, grid["reference_date"]), header=table.header, rows=table.rows)


def open_space_workbook(account: Account) -> HttpResponse:
    """The whole grid: potentials, all cells with notes, and three matrices with totals."""
    grid = open_space_grid(account=account)
    sheets = open_space_tables(account, grid)
    return xlsx_sheets_response(name=_name(account, grid["reference_date"]), sheets=sheets)


def _name(account: Account, day: date) -> str:
    return f"open-space-{slugify(account.name)[:60] or 'account'}-{day}"
