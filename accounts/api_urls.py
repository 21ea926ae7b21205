"""Paths below /api/v1/."""

from django.urls import path

from accounts.api import accounts, catalogue, imports, ledger, pnl, segments, success_factors

urlpatterns = [
    path("accounts/", accounts.AccountListApi.as_view(), name="accounts-list"),
    path("accounts/<uuid:pk>/", accounts.AccountDetailApi.as_view(), name="accounts-detail"),
    path("accounts/<uuid:pk>/history/", accounts.AccountHistoryApi.as_view(), name="accounts-history"),
    path("segments/", segments.SegmentListApi.as_view(), name="segments-list"),
    path("segments/<uuid:pk>/", segments.SegmentDetailApi.as_view(), name="segments-detail"),
    path("success-factors/", success_factors.SuccessFactorListApi.as_view(), name="success-factors-list"),
    path(
        "success-factors/<uuid:pk>/",
        success_factors.SuccessFactorDetailApi.as_view(),
        name="success-factors-detail",
    ),
    path(
        "success-factors/<uuid:pk>/history/",
        success_factors.SuccessFactorHistoryApi.as_view(),
        name="success-factors-history",
    ),
    path("business-units/", catalogue.BusinessUnitListApi.as_view(), name="business-units-list"),
    path(
        "business-units/<uuid:pk>/", catalogue.BusinessUnitDetailApi.as_view(), name="business-units-detail"
    ),
    path("product-lines/", catalogue.ProductLineListApi.as_view(), name="product-lines-list"),
    path("product-lines/<uuid:pk>/", catalogue.ProductLineDetailApi.as_view(), name="product-lines-detail"),
    path("products/", catalogue.ProductListApi.as_view(), name="products-list"),
    path("products/<uuid:pk>/", catalogue.ProductDetailApi.as_view(), name="products-detail"),
    path("exchange-rates/", catalogue.ExchangeRateListApi.as_view(), name="exchange-rates-list"),
    path(
        "exchange-rates/<uuid:pk>/", catalogue.ExchangeRateDetailApi.as_view(), name="exchange-rates-detail"
    ),
    path("sales-lines/", ledger.SalesLineListApi.as_view(), name="sales-lines-list"),
    path("sales-lines/<uuid:pk>/", ledger.SalesLineDetailApi.as_view(), name="sales-lines-detail"),
    path("cost-entries/", ledger.CostEntryListApi.as_view(), name="cost-entries-list"),
    path("cost-entries/<uuid:pk>/", ledger.CostEntryDetailApi.as_view(), name="cost-entries-detail"),
    path("accounts/<uuid:pk>/pnl/", pnl.AccountPnlApi.as_view(), name="accounts-pnl"),
    path("imports/", imports.ImportListApi.as_view(), name="imports-list"),
    path("imports/<uuid:pk>/", imports.ImportDetailApi.as_view(), name="imports-detail"),
    path("imports/<uuid:pk>/errors.csv", imports.ImportErrorsApi.as_view(), name="imports-errors"),
]
