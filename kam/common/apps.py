from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "kam.common"
    label = "common"
