from accounts.models.catalogue import BusinessUnit, ExchangeRate, Product, ProductLine
from accounts.models.customers import Account, Ladder, ManagedAs, SavedView, Segment, Tier
from accounts.models.imports import ImportJob, ImportProblem
from accounts.models.ledger import AccountMonth, CellMonth, CostCategory, CostEntry, SalesLine
from accounts.models.strategy import Horizon, SuccessFactor

__all__ = [
    "Account",
    "AccountMonth",
    "BusinessUnit",
    "CellMonth",
    "CostCategory",
    "CostEntry",
    "ExchangeRate",
    "Horizon",
    "ImportJob",
    "ImportProblem",
    "Ladder",
    "ManagedAs",
    "Product",
    "ProductLine",
    "SalesLine",
    "SavedView",
    "Segment",
    "SuccessFactor",
    "Tier",
]
