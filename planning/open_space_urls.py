"""Pages of Open Space, below accounts/{id}/open-space/."""

from django.urls import URLPattern, URLResolver, path

from planning.views import open_space, open_space_cell, open_space_export, open_space_table

urlpatterns: list[URLPattern | URLResolver] = [
    path("", open_space.open_space, name="open_space"),
    path("export/<slug:file_type>/", open_space_export.open_space_export, name="open_space_export"),
    path("table/", open_space_table.open_space_table, name="open_space_table"),
    path("idea/", open_space.open_space_idea, name="open_space_idea"),
    path("segment/", open_space.open_space_segment, name="open_space_segment"),
    path("<uuid:line_id>/", open_space_cell.open_space_cell, name="open_space_cell"),
    path("<uuid:line_id>/push/", open_space_cell.open_space_cell_push, name="open_space_cell_push"),
    path("<uuid:line_id>/history/", open_space_cell.open_space_cell_history, name="open_space_cell_history"),
]
