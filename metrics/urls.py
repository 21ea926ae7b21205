"""Pages of this app."""

from django.urls import URLPattern, URLResolver, path

from metrics.views import (
    account,
    account_data,
    account_decide,
    account_explain,
    account_list,
    decisions,
    home,
    portfolio,
    portfolio_data,
    portfolio_explain,
    portfolio_list,
    portfolio_parts,
    positioning,
    recompute,
)

app_name = "metrics"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("accounts/", account_list.account_list, name="account_list"),
    path("accounts/export/<slug:file_type>/", account_list.account_export, name="account_export"),
    path("accounts/<uuid:account_id>/", account.account_detail, name="account_detail"),
    path("accounts/<uuid:account_id>/header/", account.account_header, name="account_header"),
    path("accounts/<uuid:account_id>/economics/", account.account_economics, name="account_economics"),
    path("accounts/<uuid:account_id>/history/", account.account_history_page, name="account_history"),
    path("accounts/<uuid:account_id>/decide/", account_decide.account_decide, name="account_decide"),
    path("accounts/<uuid:account_id>/recompute/", recompute.account_recompute, name="account_recompute"),
    path(
        "accounts/<uuid:account_id>/explain/<slug:figure>/",
        account_explain.account_explanation,
        name="account_explanation",
    ),
    path("accounts/<uuid:account_id>/data/months/", account_data.months_data, name="account_months_data"),
    path("accounts/<uuid:account_id>/data/lines/", account_data.lines_data, name="account_lines_data"),
    path(
        "accounts/<uuid:account_id>/data/quarters/", account_data.quarters_data, name="account_quarters_data"
    ),
    path("recompute/", recompute.recompute_all, name="recompute"),
    path("recompute/date/", recompute.pin_date, name="pin_date"),
    path("recompute/<uuid:run_id>/", recompute.progress, name="recompute_progress"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/data/<slug:chart>/", portfolio_data.portfolio_data, name="portfolio_data"),
    path(
        "portfolio/explain/<slug:figure>/", portfolio_explain.portfolio_explanation, name="portfolio_explain"
    ),
    path("portfolio/positioning/", positioning.positioning, name="positioning"),
    path("portfolio/positioning/data/", positioning.positioning_data, name="positioning_data"),
    path(
        "accounts/<uuid:account_id>/positioning/",
        positioning.account_positioning,
        name="account_positioning",
    ),
    path("portfolio/list/", portfolio_list.portfolio_list, name="portfolio_list"),
    path("portfolio/export/<slug:file_type>/", portfolio_list.portfolio_export, name="portfolio_export"),
    path("portfolio/key-accounts/", portfolio_parts.portfolio_key, name="portfolio_key"),
    path("portfolio/progress/<uuid:run_id>/", portfolio_parts.portfolio_progress, name="portfolio_progress"),
    path("portfolio/decisions/", decisions.decision_list, name="decision_list"),
    path("portfolio/decisions/<uuid:account_id>/", decisions.decide, name="decide"),
    path("portfolio/decisions/<uuid:account_id>/row/", decisions.decision_row, name="decision_row"),
    path("portfolio/decisions/<uuid:decision_id>/undo/", decisions.decision_undone, name="decision_undo"),
]
