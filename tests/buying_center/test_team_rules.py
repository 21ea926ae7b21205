"""The rules of K10 on hand-worked teams: what is kept, what is broken, what to do."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from buying_center.checks import score
from buying_center.team.load import Manager, bars_title, load_finding, load_lede, workload
from buying_center.team.model import LedAccount, OpenLine, Place, Scope, Team, Ties
from buying_center.team.rules import checks_title, team_checks, team_finding

TODAY = datetime.date(2026, 11, 29)
FJELLVIK = LedAccount("f", "Fjellvik", "Bicycles", "f")


class Doors:
    """Doors that can be read."""

    def add(self, role, scope=""):
        return f"add {role} {scope}".strip()

    def edit(self, place):
        return f"edit {place.name}"

    def leave(self, place):
        return f"leave {place.name}"

    def load(self):
        return "load"


def place(name, role, **more):
    return Place(id=name + role, person=name, name=name, role=role, **more)


NORA = place("Nora", "kam", is_lead=True)
FULL = [place("Astrid", "sponsor"), place("Henrik", "executive"), NORA]


def team(*places, is_key=True, **more):
    return Team(today=TODAY, account=FJELLVIK, is_key=is_key, places=places, **more)


def checks(found):
    return {check.key: check for check in team_checks(found, Doors())}


def broken(found):
    return [check.key for check in team_checks(found, Doors()) if check.passed is False]


class TestMustHave:
    def test_a_key_account_without_anybody_lacks_all_three_the_lead_first(self):
        found = team()
        assert broken(found) == ["lead", "sponsor", "executive"]
        assert checks(found)["sponsor"].act == "Name a sponsor"
        assert checks(found)["sponsor"].url == "add sponsor"
        assert team_finding(found, team_checks(found, Doors())) == (
            "Fjellvik is a key account, and nobody of ours is named for it."
        )

    def test_a_full_team_keeps_every_rule(self):
        found = team(*FULL)
        listed = team_checks(found, Doors())
        assert broken(found) == []
        assert score(listed) == 1.0
        assert checks_title(listed) == "Every check is passed"
        assert team_finding(found, listed) == "Nora leads a team of 3, and no check is open."

    def test_another_account_needs_nobody(self):
        found = team(place("Bo", "contributor"), is_key=False)
        assert [checks(found)[key].passed for key in ("lead", "sponsor", "executive", "limit")] == [None] * 4
        assert team_finding(found, team_checks(found, Doors())) == "1\u00a0person of ours serves Fjellvik."

    def test_a_lead_whose_time_is_over_leads_no_longer(self):
        gone = replace(NORA, valid_to=TODAY - datetime.timedelta(days=1))
        check = checks(team(*FULL[:2], gone))["lead"]
        assert (check.passed, check.words) == (
            False,
            "Nobody leads the account: Nora’s time ended on 28 Nov 2026.",
        )
        assert check.url == "leave Nora"

    def test_a_lead_who_begins_later_is_named_with_the_day(self):
        later = replace(NORA, valid_from=TODAY + datetime.timedelta(days=2))
        check = checks(team(*FULL[:2], later))["lead"]
        assert check.words == "Nobody leads the account: Nora begins on 1 Dec 2026."
        assert (check.act, check.url) == ("Change the start", "edit Nora")

    def test_somebody_who_has_left_us_counts_for_nothing(self):
        found = team(place("Astrid", "sponsor", is_gone=True), *FULL[1:])
        assert broken(found) == ["sponsor", "gone"]
        assert checks(found)["gone"].words == "Astrid has left us and still holds a place."
        assert checks(found)["gone"].act == "Take out"

    def test_managers_without_a_lead_are_asked_who_leads(self):
        check = checks(team(*FULL[:2], replace(NORA, is_lead=False)))["lead"]
        assert (check.words, check.url) == ("Nora manages the account, and nobody leads.", "edit Nora")
        two = team(*FULL[:2], replace(NORA, is_lead=False), place("Ines", "kam"))
        assert checks(two)["lead"].words == "2\u00a0account managers, and none of them leads."

    def test_the_first_and_the_last_day_count(self):
        today = replace(NORA, valid_from=TODAY, valid_to=TODAY)
        assert checks(team(today))["lead"].passed is True


class TestTemporary:
    SPECIALIST = place(
        "Jonas", "contributor", is_temporary=True, reason="Concern: cleaning times",
        valid_to=TODAY + datetime.timedelta(days=19),
    )  # fmt: skip

    def test_an_end_within_thirty_days_is_told_with_what_waits(self):
        jonas = replace(self.SPECIALIST, ties=Ties(contacts=2, connections=1))
        check = checks(team(*FULL, jonas))["ending"]
        assert check.words == "Jonas’s time ends in 19\u00a0days."
        assert check.reason == (
            "Came for: Concern: cleaning times. Who takes over 2\u00a0contacts and 1\u00a0connection?"
        )

    @pytest.mark.parametrize(("days", "passed"), [(0, False), (30, False), (31, True)])
    def test_thirty_days_are_the_border(self, days, passed):
        jonas = replace(self.SPECIALIST, valid_to=TODAY + datetime.timedelta(days=days))
        assert checks(team(*FULL, jonas))["ending"].passed is passed

    def test_one_that_ended_by_itself_asks_whether_it_is_settled(self):
        jonas = replace(
            self.SPECIALIST,
            valid_to=TODAY - datetime.timedelta(days=3),
            touched_on=TODAY - datetime.timedelta(days=60),
        )
        check = checks(team(*FULL, jonas))["ended"]
        assert (check.passed, check.act) == (False, "Extend or take out")
        assert check.words == "Jonas’s time ended on 26 Nov 2026."

    def test_one_that_somebody_ended_is_left_alone_unless_something_hangs_on_it(self):
        day = TODAY - datetime.timedelta(days=3)
        by_hand = replace(self.SPECIALIST, valid_to=day, touched_on=day)
        assert checks(team(*FULL, by_hand))["ended"].passed is True
        tied = replace(by_hand, ties=Ties(contacts=1))
        check = checks(team(*FULL, tied))["ended"]
        assert (check.passed, check.reason) == (False, "1\u00a0contact still hangs on Jonas.")

    def test_what_ended_long_ago_is_history(self):
        old = replace(
            self.SPECIALIST,
            valid_to=TODAY - datetime.timedelta(days=31),
            touched_on=datetime.date(2026, 1, 1),
        )
        assert checks(team(*FULL, old))["ended"].passed is True
        assert team(*FULL, old).people == 3


class TestScope:
    def test_a_leader_for_a_subject_or_a_place_says_which(self):
        elin = place("Elin", "subject_matter_leader")
        check = checks(team(*FULL, elin))["scope"]
        assert (check.words, check.url) == ("Elin leads, and nobody knows what.", "edit Elin")
        told = replace(elin, scopes=(Scope("line", "drives", "Drives"),))
        assert checks(team(*FULL, told))["scope"].passed is True
        # The other leaders answer for the whole account.
        assert checks(team(*FULL, place("Bo", "supply_chain_leader")))["scope"].passed is None

    def test_potential_without_anybody_is_summed_and_the_greatest_named_first(self):
        lines = [
            OpenLine("vision", "Vision", Decimal(400_000)),
            OpenLine("drives", "Drives", Decimal(900_000)),
            OpenLine("parts", "Parts", Decimal(100_000)),
        ]
        elin = place("Elin", "subject_matter_leader", scopes=(Scope("line", "vision", "Vision"),))
        check = checks(team(*FULL, elin, open_lines=lines, currency="EUR"))["lines"]
        assert check.words == "Drives and Parts have nobody who answers for them."
        assert check.reason == "€1.00M a year of potential is entered there."
        assert check.url == "add subject_matter_leader line:drives"
        one = checks(team(*FULL, elin, open_lines=lines[:2]))["lines"]
        assert one.words == "Drives has nobody who answers for it."
        assert checks(team(*FULL, open_lines=()))["lines"].passed is None


class TestLoad:
    OTHERS = [
        LedAccount("a", "Aasen Cycles", "bicycles ", "a"),
        LedAccount("b", "Berg Paper", "Paper", "b"),
        LedAccount("c", "Fjellvik Rental", "Bicycles", "f"),
    ]

    @pytest.mark.parametrize(("others", "passed"), [(0, True), (4, True), (5, False)])
    def test_five_key_accounts_are_the_limit(self, others, passed):
        led = [LedAccount(n, f"Account {n}", "", n) for n in range(others)]
        check = checks(team(*FULL, led=led))["limit"]
        assert check.passed is passed
        if not passed:
            assert check.words == "Nora leads 6\u00a0key accounts; 5 is the limit."
            assert check.url == "load"

    def test_a_rival_is_another_client_of_the_same_industry(self):
        check = checks(team(*FULL, led=self.OTHERS))["compete"]
        assert (check.passed, check.words) == (False, "Nora also leads Aasen Cycles.")
        # A subsidiary is the same client; an unknown industry competes with nobody.
        assert checks(team(*FULL, led=self.OTHERS[1:]))["compete"].passed is True
        nameless = replace(team(*FULL, led=self.OTHERS), account=LedAccount("f", "Fjellvik", "", "f"))
        assert checks(nameless)["compete"].passed is True

    def test_a_rival_whom_the_reader_may_not_see_is_not_named(self):
        hidden = replace(self.OTHERS[0], is_visible=False)
        check = checks(team(*FULL, led=[hidden]))["compete"]
        assert check.words == "Nora also leads a rival that you do not see."

    def test_open_checks_come_first_and_are_counted(self):
        found = team(NORA, led=self.OTHERS[:1])
        listed = team_checks(found, Doors())
        assert [check.passed for check in listed][:3] == [False, False, False]
        assert listed[0].key == "sponsor"
        assert checks_title(listed) == "3 of 6\u00a0checks are open"
        assert team_finding(found, listed) == "Nobody is sponsor. 2\u00a0more checks are open."


class TestWorkload:
    ACCOUNTS = [
        LedAccount(1, "Anker", "Paper", 1),
        LedAccount(2, "Berg", "Paper", 2),
        LedAccount(3, "Cobalt", "Energy", 3),
        LedAccount(4, "Dahl", "Food", 4),
    ]
    NORA, INES = Manager("n", "Nora"), Manager("i", "Ines")

    def work(self, leads, held=None, limit=2, accounts=None):
        return workload(
            accounts=self.ACCOUNTS if accounts is None else accounts,
            leads=leads,
            held=held or {},
            managers=[self.NORA, self.INES],
            limit=limit,
        )

    def test_who_carries_too_much_stands_on_top(self):
        work = self.work({1: self.NORA, 2: self.NORA, 3: self.NORA})
        assert [(row.manager.name, row.count, row.over, row.room, row.verdict) for row in work.loads] == [
            ("Nora", 3, 1, 0, "over"),
            ("Ines", 0, 0, 2, "free"),
        ]
        assert load_finding(work) == "Nora leads 3\u00a0key accounts, 1 more than the limit."
        assert load_lede(work) == (
            "1\u00a0manager leads 3\u00a0key accounts; one each is ideal, 2 the limit. "
            "There is room for 2 more, first with Ines."
        )
        assert bars_title(work) == "Nora leads 3 of 4\u00a0key accounts"

    def test_two_of_one_industry_in_one_hand_compete(self):
        work = self.work({1: self.NORA, 2: self.NORA, 3: self.INES, 4: self.INES})
        assert [row.manager.name for row in work.competing] == ["Nora"]
        assert [row.rival_ids for row in work.loads] == [set(), {1, 2}]
        assert load_finding(work) == "Nora leads both Anker and Berg, which compete."

    def test_who_is_missing_is_listed_the_leaderless_first(self):
        full = {"sponsor", "executive"}
        work = self.work({2: self.NORA, 3: self.INES, 4: self.INES}, {1: full, 2: full, 3: {"sponsor"}})
        assert [(row.account.name, list(row.missing)) for row in work.vacancies] == [
            ("Anker", ["lead KAM"]),
            ("Dahl", ["sponsor", "executive"]),
            ("Cobalt", ["executive"]),
        ]
        assert load_finding(work) == "Nobody leads Anker."

    def test_when_nothing_is_wrong_it_says_so(self):
        full = {"sponsor", "executive"}
        leads = {1: self.NORA, 2: self.INES, 3: self.NORA, 4: self.INES}
        work = self.work(leads, dict.fromkeys(leads, full))
        assert load_finding(work) == "Every key account is led, sponsored, and within its manager’s limit."
        assert load_lede(work).endswith("Nobody has room for another.")
        assert load_finding(self.work({}, accounts=[])) == "No account is a key account yet."

    def test_a_lead_without_a_login_carries_accounts_too(self):
        work = self.work({1: Manager("e", "Tor", has_login=False)})
        assert [(row.manager.name, row.count) for row in work.loads] == [("Tor", 1), ("Ines", 0), ("Nora", 0)]
