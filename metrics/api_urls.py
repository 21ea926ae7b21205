"""Paths below /api/v1/."""

from django.urls import path

from metrics.api import accounts, open_space, portfolio, recomputations, simulations

urlpatterns = [
    path("accounts/<uuid:pk>/metrics/", accounts.AccountMetricsApi.as_view(), name="account-metrics-detail"),
    path(
        "accounts/<uuid:pk>/metrics/history/",
        accounts.AccountMetricsHistoryApi.as_view(),
        name="account-metrics-history",
    ),
    path(
        "accounts/<uuid:pk>/open-space/worth/",
        open_space.OpenSpaceWorthApi.as_view(),
        name="open-space-worth",
    ),
    path(
        "accounts/<uuid:pk>/open-space/preview/",
        open_space.OpenSpacePreviewApi.as_view(),
        name="open-space-preview",
    ),
    path(
        "accounts/<uuid:pk>/open-space/cell/", open_space.OpenSpaceCellApi.as_view(), name="open-space-cell"
    ),
    path("recomputations/", recomputations.RecomputationListApi.as_view(), name="recomputations-list"),
    path(
        "recomputations/<uuid:pk>/",
        recomputations.RecomputationDetailApi.as_view(),
        name="recomputations-detail",
    ),
    path("portfolio/summary/", portfolio.PortfolioSummaryApi.as_view(), name="portfolio-summary"),
    path("portfolio/pareto/", portfolio.PortfolioParetoApi.as_view(), name="portfolio-pareto"),
    path("portfolio/matrix/", portfolio.PortfolioMatrixApi.as_view(), name="portfolio-matrix"),
    path(
        "portfolio/control-group/",
        portfolio.PortfolioControlGroupApi.as_view(),
        name="portfolio-control-group",
    ),
    path("simulations/clv/", simulations.ClvSimulationApi.as_view(), name="simulations-clv"),
]
