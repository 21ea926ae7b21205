"""A set of routes without any."""

urlpatterns: list[object] = []
