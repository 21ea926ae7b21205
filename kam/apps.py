from django.apps import AppConfig


class KamConfig(AppConfig):
    """The composition root: makes our Celery application the current one in every process.

    Without it a web process would send its tasks through Celery's default application: to another queue, with
    other settings.
    """

    name = "kam"
    label = "kam"

    def ready(self) -> None:
        import kam.celery  # noqa: F401
