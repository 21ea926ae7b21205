"""Page routes of the buying centre."""

from django.urls import path

from buying_center.views import (
    activities,
    alignment,
    alignment_saving,
    analysis,
    contact,
    contact_edit,
    links,
    load,
    matrix,
    people,
    people_map,
    personal_data,
    pulse,
    structure,
    surveys,
    team,
    team_edit,
    team_undo,
)

app_name = "buying_center"
CENTRE = "accounts/<uuid:account_id>/people/"
TEAM = "accounts/<uuid:account_id>/team/"
CONTACT = f"{CENTRE}<uuid:contact_id>/"
LOG = "accounts/<uuid:account_id>/activities/"
ALIGNMENT = "accounts/<uuid:account_id>/alignment/"

urlpatterns = [
    path(CENTRE, people.people, name="people"),
    path(f"{CENTRE}map/", people_map.people_map, name="people_map"),
    path(f"{CENTRE}add/", contact_edit.add, name="contact_add"),
    path(f"{CENTRE}roll-up/", analysis.roll_up, name="roll_up"),
    path(f"{CENTRE}matrix/", matrix.matrix, name="matrix"),
    path(f"{CENTRE}structure/", structure.structure, name="structure"),
    path(f"{CONTACT}places/<uuid:place_id>/", matrix.cell, name="matrix_cell"),
    path(f"{CONTACT}links/", links.contact_links, name="contact_links"),
    path(f"{CONTACT}engagements/", links.engagement_create, name="engagement_add"),
    path(f"{CONTACT}engagements/<uuid:engagement_id>/", links.engagement_edit, name="engagement_edit"),
    path(
        f"{CONTACT}engagements/<uuid:engagement_id>/delete/",
        links.engagement_delete,
        name="engagement_delete",
    ),
    path("activities/add/", activities.choose_account, name="activity_add"),
    path(LOG, activities.log, name="activities"),
    path(f"{LOG}<uuid:activity_id>/", activities.edit, name="activity_edit"),
    path(f"{LOG}<uuid:activity_id>/delete/", activities.delete, name="activity_delete"),
    path(CONTACT, contact.detail, name="contact_detail"),
    path(f"{CONTACT}edit/", contact_edit.edit, name="contact_edit"),
    path(f"{CONTACT}left/", contact_edit.leave, name="contact_leave"),
    path(f"{CONTACT}back/", contact_edit.back, name="contact_back"),
    path(f"{CONTACT}undo/", contact_edit.undo, name="contact_undo"),
    path(f"{CONTACT}delete/", contact_edit.delete, name="contact_delete"),
    path(f"{CONTACT}assessment/", analysis.assessment, name="contact_assessment"),
    path(f"{CONTACT}lines/", analysis.line_add, name="line_add"),
    path(f"{CONTACT}lines/<uuid:link_id>/delete/", analysis.line_delete, name="line_delete"),
    path(f"{CONTACT}analysis/<slug:kind>/", analysis.row_add, name="row_add"),
    path(f"{CONTACT}analysis/<slug:kind>/<uuid:row_id>/", analysis.row_change, name="row_change"),
    path(TEAM, team.team, name="team"),
    path(f"{TEAM}add/", team_edit.add, name="team_add"),
    path(f"{TEAM}people/", team_edit.people, name="team_people"),
    path(f"{TEAM}restore/", team_undo.restore, name="team_restore"),
    path(f"{TEAM}<uuid:place_id>/edit/", team_edit.edit, name="place_edit"),
    path(f"{TEAM}<uuid:place_id>/leave/", team_edit.leave, name="place_leave"),
    path(f"{TEAM}<uuid:place_id>/undo/", team_undo.undo, name="place_undo"),
    path("portfolio/load/", load.load, name="load"),
    path("people/<uuid:person_id>/data/", personal_data.person_data, name="person_data"),
    path("people/<uuid:person_id>/data.json", personal_data.person_json, name="person_json"),
    path("people/<uuid:person_id>/erase/", personal_data.person_erase_page, name="person_erase"),
    path(ALIGNMENT, alignment.alignment, name="alignment"),
    path(f"{ALIGNMENT}panel/", alignment.alignment_panel, name="alignment_panel"),
    path(f"{ALIGNMENT}data/", alignment.alignment_data, name="alignment_data"),
    path(f"{ALIGNMENT}interfaces/", alignment_saving.interface_save, name="interface_save"),
    path(f"{ALIGNMENT}interfaces/own/", alignment_saving.interface_own, name="interface_own"),
    path(
        f"{ALIGNMENT}interfaces/<uuid:pk>/forget/",
        alignment_saving.interface_forget,
        name="interface_forget",
    ),
    path(f"{ALIGNMENT}standing/", alignment_saving.standing_save, name="standing_save"),
    path(f"{ALIGNMENT}relationship/", alignment_saving.relationship_save, name="relationship_save"),
    path(f"{ALIGNMENT}positioning/", alignment_saving.positioning_save, name="positioning_save"),
    path(f"{ALIGNMENT}surveys/ask/", surveys.survey_new, name="survey_ask"),
    path(f"{ALIGNMENT}surveys/<uuid:pk>/revoke/", surveys.survey_take_back, name="survey_revoke"),
    path("pulse/<str:token>/", pulse.pulse, name="pulse"),
]
