from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "planning"

    def ready(self) -> None:
        from planning import open_space_shell, shell

        shell.register()
        open_space_shell.register()
