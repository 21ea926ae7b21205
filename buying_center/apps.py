from django.apps import AppConfig


class BuyingCenterConfig(AppConfig):
    name = "buying_center"

    def ready(self) -> None:
        # Importing the module registers its kind of file.
        import buying_center.imports  # noqa: F401
        from buying_center.selectors.centre import register_ties
        from buying_center.selectors.connections import connection_ties
        from buying_center.selectors.selling_center import team_account_ids
        from kam.tenancy.access import register_team_provider

        register_team_provider(team_account_ids)
        register_ties(connection_ties)

        from buying_center.shell import register

        register()
