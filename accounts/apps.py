from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Importing the package registers its kinds of files.
        import accounts.imports  # noqa: F401
        from accounts.shell import register

        register()
