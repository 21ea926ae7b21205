"""Paths below /api/v1/."""

from django.urls import path

from buying_center.api import (
    centre,
    connections,
    interfaces,
    people,
    people_map,
    personal_data,
    selling_center,
    standing,
    surveys,
)

urlpatterns = [
    path("accounts/<uuid:pk>/people/", centre.AccountPeopleApi.as_view(), name="account-people"),
    path("accounts/<uuid:pk>/people-map/", people_map.PeopleMapApi.as_view(), name="people-map"),
    path(
        "accounts/<uuid:pk>/people-map/findings/",
        people_map.PeopleMapFindingsApi.as_view(),
        name="people-map-findings",
    ),
    path(
        "accounts/<uuid:pk>/people-map/history/",
        people_map.PeopleMapHistoryApi.as_view(),
        name="people-map-history",
    ),
    path("contacts/", people.ContactListApi.as_view(), name="contact-list"),
    path("contacts/<uuid:pk>/", people.ContactDetailApi.as_view(), name="contact-detail"),
    path("contact-roles/", people.ContactRoleListApi.as_view(), name="contact-role-list"),
    path("contact-roles/<uuid:pk>/", people.ContactRoleDetailApi.as_view(), name="contact-role-detail"),
    path("connections/", connections.ConnectionListApi.as_view(), name="connection-list"),
    path("connections/<uuid:pk>/", connections.ConnectionDetailApi.as_view(), name="connection-detail"),
    path("engagements/", connections.EngagementListApi.as_view(), name="engagement-list"),
    path("engagements/<uuid:pk>/", connections.EngagementDetailApi.as_view(), name="engagement-detail"),
    path("activities/", connections.ActivityListApi.as_view(), name="activity-list"),
    path("activities/<uuid:pk>/", connections.ActivityDetailApi.as_view(), name="activity-detail"),
    path("influence-links/", people.InfluenceLinkListApi.as_view(), name="influence-link-list"),
    path("influence-links/<uuid:pk>/", people.InfluenceLinkDetailApi.as_view(), name="influence-link-detail"),
    path("people/<uuid:pk>/personal-data/", personal_data.PersonalDataApi.as_view(), name="personal-data"),
    path("employees/", selling_center.EmployeeListApi.as_view(), name="employee-list"),
    path("employees/<uuid:pk>/", selling_center.EmployeeDetailApi.as_view(), name="employee-detail"),
    path("selling-centre/", selling_center.SellingCentreListApi.as_view(), name="selling-centre-list"),
    path(
        "selling-centre/<uuid:pk>/",
        selling_center.SellingCentreDetailApi.as_view(),
        name="selling-centre-detail",
    ),
    path("accounts/<uuid:pk>/alignment/", standing.AlignmentApi.as_view(), name="account-alignment"),
    path("accounts/<uuid:pk>/standing/", standing.StandingApi.as_view(), name="account-standing"),
    path("accounts/<uuid:pk>/positioning/", standing.PositioningApi.as_view(), name="account-positioning"),
    path("interfaces/", interfaces.InterfaceListApi.as_view(), name="interface-list"),
    path("interfaces/<uuid:pk>/", interfaces.InterfaceDetailApi.as_view(), name="interface-detail"),
    path("surveys/", surveys.SurveyListApi.as_view(), name="survey-list"),
    path("surveys/<uuid:pk>/", surveys.SurveyDetailApi.as_view(), name="survey-detail"),
    path("surveys/<uuid:pk>/revoke/", surveys.SurveyRevokeApi.as_view(), name="survey-revoke"),
]
