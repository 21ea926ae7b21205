from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "planning"

    def ready(self) -> None:
        # Importing the module registers its kind of files.
        import planning.imports  # noqa: F401
        from planning import open_space_shell, plan_shell, shell

        shell.register()
        open_space_shell.register()
        plan_shell.register()
