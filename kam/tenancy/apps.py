from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "kam.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from kam.common.api.idempotency import register_answer_store
        from kam.tenancy import checks, permissions  # noqa: F401
        from kam.tenancy.forms.settings import LABELS
        from kam.tenancy.history import register_history
        from kam.tenancy.idempotency import TenantAnswerStore
        from kam.tenancy.models import TenantSettings

        register_answer_store(TenantAnswerStore())
        register_history(
            TenantSettings,
            permission="settings.view",
            rows=lambda principal: TenantSettings.objects.filter(tenant=principal.tenant),
            labels=LABELS,
        )
