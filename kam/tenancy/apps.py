from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "kam.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from kam.tenancy import checks, permissions  # noqa: F401
