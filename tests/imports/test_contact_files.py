"""Contacts from files: persons, their places, roles and managers (INTERFACE §3, K13)."""

import pytest

from buying_center.models import Contact, ContactRole, Person
from buying_center.signals import buying_center_changed
from tests.factories import AccountFactory, ContactFactory, ContactRoleFactory, PersonFactory
from tests.imports.conftest import Import, counts, faults

HEADER = "external_id,account_external_id,name,title,department,email,phone,roles,reports_to_external_id\n"
FILE = HEADER + (
    "C2,A1,Ragna Tveitdal,Finance chief,Finance,Ragna@Fjellvik.example,+47 1,decider; Influencer,C1\n"
    "C1,A1,Sindre Aaslund,Chief executive,Board,,,decider,\n"
    "C3,A1,Matteo Lanzer,Head of rental,Rental,,,facilitator;user,C2\n"
)


@pytest.fixture(autouse=True)
def account(in_tenant):
    return AccountFactory(external_id="A1")


def roles(name: str) -> list[str]:
    rows = ContactRole.objects.filter(contact__person__name=name)
    return sorted(rows.values_list("role", flat=True))


def test_people_come_with_their_roles_and_managers_wherever_they_stand_in_the_file(load: Import) -> None:
    job = load("contacts", FILE)
    assert counts(job) == (3, 0, 0, 0)
    ragna = Contact.objects.select_related("person", "reports_to__person").get(person__external_id="C2")
    assert (ragna.title, ragna.department, ragna.person.email) == (
        "Finance chief",
        "Finance",
        "ragna@fjellvik.example",
    )
    assert ragna.reports_to is not None and ragna.reports_to.person.name == "Sindre Aaslund"
    assert roles("Ragna Tveitdal") == ["decider", "influencer"]
    assert ragna.attitude is None and ragna.version == 1


def test_the_same_file_again_changes_nothing(load: Import) -> None:
    load("contacts", FILE)
    versions = list(Contact.objects.order_by("id").values_list("version", flat=True))
    assert counts(load("contacts", FILE)) == (0, 0, 3, 0)
    assert list(Contact.objects.order_by("id").values_list("version", flat=True)) == versions
    assert Person.objects.count() == 3


def test_a_change_of_person_place_or_roles_is_one_update_each(load: Import) -> None:
    load("contacts", FILE)
    told = []
    buying_center_changed.connect(lambda **sent: told.append(sent), weak=False, dispatch_uid="t")
    try:
        changed = (
            FILE.replace("Sindre Aaslund", "Sindre Aaslund Moe")
            .replace("Head of rental,Rental", "Head of fleet,Rental")
            .replace("decider; Influencer", "decider")
        )
        assert counts(load("contacts", changed, dry_run=True)) == (0, 3, 0, 0)
        assert counts(load("contacts", changed)) == (0, 3, 0, 0)
    finally:
        buying_center_changed.disconnect(dispatch_uid="t")
    assert len(told) == 1
    assert roles("Ragna Tveitdal") == ["decider"]
    assert Contact.objects.get(person__external_id="C3").title == "Head of fleet"


def test_columns_that_the_file_does_not_have_stay_as_they_are(load: Import, account) -> None:
    contact = ContactFactory(
        account=account,
        person=PersonFactory(external_id="C1", name="Old", phone="+47 5"),
        title="Buyer",
        power=7,
    )
    ContactRoleFactory(contact=contact, role="buyer")
    assert counts(load("contacts", "external_id,account_external_id,name\nC1,A1,New\n")) == (0, 1, 0, 0)
    contact.refresh_from_db()
    assert (contact.title, contact.power, contact.person.name, contact.person.phone) == (
        "Buyer",
        7,
        "New",
        "+47 5",
    )
    assert roles("New") == ["buyer"]


def test_one_person_may_work_for_two_accounts(load: Import) -> None:
    AccountFactory(external_id="A2")
    text = "external_id,account_external_id,name,title\nC1,A1,Eva,Board member\nC1,A2,Eva,Director\n"
    assert counts(load("contacts", text)) == (2, 0, 0, 0)
    person = Person.objects.get()
    assert sorted(person.contacts.values_list("title", flat=True)) == ["Board member", "Director"]
    twice = load("contacts", text + "C1,A2,Eva,Director\nC1,A1,Ewa,X\n", on_error="skip")
    assert faults(twice) == [(4, "external_id", "duplicate"), (5, "external_id", "duplicate")]
    other = load(
        "contacts",
        "external_id,account_external_id,name\nC9,A1,Eva\nC9,A2,Ewa\n",
        on_error="skip",
    )
    assert faults(other) == [(3, "name", "conflicting_person")]


def test_rings_of_managers_are_refused_with_row_and_column(load: Import) -> None:
    load("contacts", FILE)
    text = (
        "external_id,account_external_id,name,reports_to_external_id\n"
        "C1,A1,Sindre Aaslund,C3\nX1,A1,Anna,X2\nX2,A1,Bo,X1\nX3,A1,Self,X3\nX4,A1,Fine,C1\n"
    )
    job = load("contacts", text, on_error="skip")
    assert faults(job) == [
        (2, "reports_to_external_id", "reports_to_cycle"),
        (3, "reports_to_external_id", "reports_to_cycle"),
        (4, "reports_to_external_id", "reports_to_cycle"),
        (5, "reports_to_external_id", "reports_to_cycle"),
    ]
    assert "X1 → X2 → X1" in job.problems.get(row=3).message
    assert counts(job) == (1, 0, 0, 4)


def test_a_manager_of_another_account_is_no_manager_here(load: Import) -> None:
    AccountFactory(external_id="A2")
    load("contacts", FILE)
    text = "external_id,account_external_id,name,reports_to_external_id\nZ1,A2,Anna,C1\nZ2,A2,Bo,Z1\n"
    job = load("contacts", text, on_error="skip")
    assert faults(job) == [
        (2, "reports_to_external_id", "unknown_manager"),
        (3, "reports_to_external_id", "unknown_manager"),
    ]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("C1,NOWHERE,Anna,,,,,,", "account_external_id", "unknown_account"),
        ("C1,A1,,,,,,,", "name", "required"),
        ("C1,A1,Anna,,,,,boss,", "roles", "unknown_role"),
        (f"C1,A1,Anna,{'x' * 201},,,,,", "title", "too_long"),
        ("C1,A1,Anna,,,,,,C404", "reports_to_external_id", "unknown_manager"),
    ],
)
def test_bad_cells_name_row_and_column(load: Import, row: str, field: str, code: str) -> None:
    job = load("contacts", HEADER + row + "\n")
    assert faults(job) == [(2, field, code)]
    assert not Person.objects.exists()


def test_every_door_knows_the_kind(api, browser_client, in_tenant) -> None:
    client = api("admin")
    import io

    upload = io.BytesIO(FILE.encode())
    upload.name = "contacts.csv"
    answer = client.post("/api/v1/imports/", {"kind": "contacts", "file": upload}, format="multipart")
    assert answer.status_code == 202, answer.json()
    page = browser_client("admin").get("/imports/new/?kind=contacts")
    assert "The people of your customers" in page.content.decode()
