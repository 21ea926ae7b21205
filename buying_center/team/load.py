"""How many key accounts each KAM carries, across the company (K10)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from buying_center.models import SellingRole
from buying_center.team.model import LedAccount, some
from buying_center.team.rules import rivals_of
from kam.common import formatting

IDEAL = 1
# What a key account must have, in the words of the page.
REQUIRED = (
    (SellingRole.KAM, "lead KAM"),
    (SellingRole.SPONSOR, "sponsor"),
    (SellingRole.EXECUTIVE, "executive"),
)


@dataclass(frozen=True)
class Manager:
    """Somebody who leads key accounts, or could."""

    person: Any
    name: str
    has_login: bool = True


@dataclass(frozen=True)
class Load:
    """What one manager carries. `rivals`: pairs of their accounts that compete."""

    manager: Manager
    accounts: Sequence[LedAccount]
    rivals: Sequence[tuple[LedAccount, LedAccount]]
    limit: int

    @property
    def count(self) -> int:
        return len(self.accounts)

    @property
    def over(self) -> int:
        """How many above the limit."""
        return max(0, self.count - self.limit)

    @property
    def room(self) -> int:
        """How many more the limit allows."""
        return max(0, self.limit - self.count)

    @property
    def rival_ids(self) -> set[Any]:
        return {account.id for pair in self.rivals for account in pair}

    @property
    def verdict(self) -> str:
        """`over`, `ideal`, `free` or `within`."""
        if self.over:
            return "over"
        return "free" if not self.count else "ideal" if self.count <= IDEAL else "within"


@dataclass(frozen=True)
class Vacancy:
    """A key account that lacks somebody: words of what is missing, the lead first."""

    account: LedAccount
    missing: Sequence[str]
    roles: Sequence[str]

    @property
    def lacks_lead(self) -> bool:
        return SellingRole.KAM in self.roles


@dataclass(frozen=True)
class Workload:
    """The load of everybody, the heaviest first, and the key accounts where somebody is missing."""

    loads: Sequence[Load]
    vacancies: Sequence[Vacancy]
    key_accounts: int
    limit: int

    @property
    def over(self) -> list[Load]:
        return [load for load in self.loads if load.over]

    @property
    def competing(self) -> list[Load]:
        return [load for load in self.loads if load.rivals]

    @property
    def leaderless(self) -> list[Vacancy]:
        return [vacancy for vacancy in self.vacancies if vacancy.lacks_lead]

    @property
    def room(self) -> int:
        """How many more key accounts the managers may take (K7: the program's capacity)."""
        return sum(load.room for load in self.loads)

    @property
    def scale(self) -> int:
        """The longest bar."""
        return max([self.limit, *(load.count for load in self.loads)])


def workload(
    *,
    accounts: Sequence[LedAccount],
    leads: Mapping[Any, Manager],
    held: Mapping[Any, set[str]],
    managers: Sequence[Manager],
    limit: int,
) -> Workload:
    """Put it together. `leads`: account id → who leads today; `held`: account id → other roles held today;
    `managers`: everybody whose work it is to lead, so that free ones are seen too."""
    carried: dict[Any, list[LedAccount]] = defaultdict(list)
    known = {manager.person: manager for manager in managers}
    vacancies = []
    for account in accounts:
        lead = leads.get(account.id)
        if lead is not None:
            known.setdefault(lead.person, lead)
            carried[lead.person].append(account)
        there = held.get(account.id, set()) | ({SellingRole.KAM.value} if lead is not None else set())
        lacking = [(role.value, word) for role, word in REQUIRED if role.value not in there]
        if lacking:
            vacancies.append(Vacancy(account, [word for _, word in lacking], [role for role, _ in lacking]))
    loads = [_load(manager, carried[person], limit) for person, manager in known.items()]
    loads.sort(key=lambda load: (-load.count, load.manager.name.casefold()))
    vacancies.sort(
        key=lambda vacancy: (
            not vacancy.lacks_lead,
            -len(vacancy.missing),
            vacancy.account.name.casefold(),
        )
    )
    return Workload(loads, vacancies, len(accounts), limit)


def _load(manager: Manager, accounts: Sequence[LedAccount], limit: int) -> Load:
    rivals = []
    for number, account in enumerate(accounts):
        rivals += [(account, other) for other in rivals_of(account, accounts[number + 1 :])]
    return Load(manager, accounts, rivals, limit)


def load_finding(work: Workload) -> str:
    """The page's heading: overload first, then accounts that nobody leads, then rivals in one hand."""
    if not work.key_accounts:
        return "No account is a key account yet."
    if work.over:
        first = work.over[0]
        others = len(work.over) - 1
        who = first.manager.name
        if others:
            who = f"{who} and {formatting.plural(others, 'other')}"
            return f"{who} lead more key accounts than the {work.limit} that one person can treat as such."
        led = formatting.plural(first.count, "key account")
        return f"{who} leads {led}, {first.over} more than the limit."
    leaderless = len(work.leaderless)
    if leaderless == 1:
        return f"Nobody leads {work.leaderless[0].account.name}."
    if leaderless:
        return f"Nobody leads {formatting.plural(leaderless, 'key account')}."
    if work.competing:
        first = work.competing[0]
        one, other = first.rivals[0]
        return f"{first.manager.name} leads both {one.name} and {other.name}, which compete."
    vacant = len(work.vacancies)
    if vacant == 1:
        return f"{work.vacancies[0].account.name} has no {work.vacancies[0].missing[0]}."
    if vacant:
        return f"{formatting.plural(vacant, 'key account')} lack a sponsor or an executive."
    return "Every key account is led, sponsored, and within its manager’s limit."


def load_lede(work: Workload) -> str:
    """What is left to give out."""
    leading = sum(1 for load in work.loads if load.count)
    if not work.key_accounts or not work.loads:
        return ""
    who = formatting.plural(leading, "manager leads", "managers lead")
    led = work.key_accounts - len(work.leaderless)
    text = f"{who} {formatting.plural(led, 'key account')}; one each is ideal, {work.limit} the limit."
    free = some([load.manager.name for load in work.loads if load.verdict == "free"])
    if work.room:
        text += f" There is room for {work.room} more{f', first with {free}' if free else ''}."
    else:
        text += " Nobody has room for another."
    return text


def bars_title(work: Workload) -> str:
    """The heading above the bars: who carries most."""
    if not work.loads or not work.loads[0].count:
        return "Nobody leads a key account yet"
    first = work.loads[0]
    same = sum(1 for load in work.loads if load.count == first.count)
    accounts = formatting.plural(work.key_accounts, "key account")
    if same > 1:
        return f"{formatting.plural(same, 'manager')} lead {first.count} of {accounts} each"
    return f"{first.manager.name} leads {first.count} of {accounts}"
