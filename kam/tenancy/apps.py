from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "kam.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from kam.common.api.idempotency import register_answer_store
        from kam.tenancy import checks, permissions  # noqa: F401
        from kam.tenancy.idempotency import TenantAnswerStore

        register_answer_store(TenantAnswerStore())
