"""Creating and editing an account."""

import uuid
from decimal import Decimal
from typing import Any

from babel import Locale
from django import forms

from accounts.forms.compare import compared
from accounts.forms.fields import DayField, FigureField, PercentField, take_errors
from accounts.models import Account, Ladder, ManagedAs, Tier
from accounts.selectors.pickers import account_by_words, account_words
from kam.common import formatting
from kam.common.errors import ApplicationError
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, TenantSettings

ZERO = Decimal(0)
MOST_MONEY = Decimal("999999999999999")
OVERRIDES = ("clv_retention", "clv_discount_rate", "clv_growth", "clv_horizon_years")
SECTIONS = (
    (
        "Who it is",
        ("name", "external_id", "industry", "country", "region", "currency", "parent", "customer_since"),
    ),
    (
        "Who manages it",
        ("owner", "is_key_account", "key_since", "tier", "ladder_ours", "managed_as", "managed_as_evidence"),
    ),
    ("What it needs and spends", ("category_spend", "industry_volume", "volume_unit", "acquisition_cost")),
    ("Inputs of its lifetime value", OVERRIDES),
)


def country_choices() -> list[tuple[str, str]]:
    """ISO 3166 countries by name."""
    names = Locale("en").territories
    found = [
        (code, name)
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_A_COUNTRY
    ]
    return [("", "Not known"), *sorted(found, key=lambda item: item[1])]


_NOT_A_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"})


class AccountForm(forms.Form):
    """The account as people edit it; `values()` is what the services take.

    The lifetime-value inputs left empty take the tenant's defaults, which their placeholders show.
    """

    name = forms.CharField(label="Name", max_length=200)
    external_id = forms.CharField(
        label="External id", max_length=100, required=False, help_text="What imports call this account."
    )
    industry = forms.CharField(label="Industry", max_length=120, required=False)
    country = forms.ChoiceField(label="Country", required=False)
    region = forms.CharField(label="Place or region", max_length=120, required=False)
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label="Currency",
        required=False,
        error_messages={"invalid": "Currency: expected a code of three capitals, such as EUR."},
    )
    parent = forms.CharField(
        label="Belongs to",
        required=False,
        max_length=320,
        help_text="Type a part of the name and choose the account above this one.",
    )
    customer_since = DayField(label="Customer since", required=False)
    owner = forms.ChoiceField(label="Account manager", required=False)
    is_key_account = forms.BooleanField(label="Key account", required=False)
    key_since = DayField(label="Key account since", required=False)
    tier = forms.ChoiceField(label="Tier", required=False, choices=[("", "Not said"), *Tier.choices])
    ladder_ours = forms.ChoiceField(
        label="Relationship, our view", required=False, choices=[("", "Not said"), *Ladder.choices]
    )
    managed_as = forms.ChoiceField(
        label="How it wants to be managed", required=False, choices=[("", "Not said"), *ManagedAs.choices]
    )
    managed_as_evidence = forms.CharField(
        label="Evidence for that", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    category_spend = FigureField(
        label="Spend on the category per year",
        required=False,
        example="1200000",
        least=ZERO,
        most=MOST_MONEY,
        help_text="With all suppliers, in the account’s currency: it tells our share of wallet.",
    )
    industry_volume = FigureField(
        label="Own volume",
        required=False,
        example="40000",
        least=ZERO,
        most=MOST_MONEY,
        help_text="How large the customer is in its industry’s unit.",
    )
    volume_unit = forms.CharField(label="Unit of that volume", required=False, max_length=60)
    acquisition_cost = FigureField(
        label="Acquisition cost",
        required=False,
        example="25000",
        least=ZERO,
        most=MOST_MONEY,
        help_text="What winning it cost; the part not yet earned back lowers its lifetime value.",
    )
    clv_retention = PercentField(label="Retention, % a year", required=False, least=ZERO, most=Decimal(100))
    clv_discount_rate = PercentField(
        label="Discount rate, % a year", required=False, least=ZERO, most=Decimal(500), example="10"
    )
    clv_growth = PercentField(
        label="Growth, % a year", required=False, least=Decimal(-99), most=Decimal(500), example="2"
    )
    clv_horizon_years = FigureField(
        label="Horizon, years", required=False, least=Decimal(1), most=Decimal(50), decimals=0, example="5"
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        principal: Principal,
        settings: TenantSettings,
        members: list[Membership],
        industries: list[str],
        **options: Any,
    ) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.principal = principal
        self.fields["country"].choices = country_choices()  # type: ignore[attr-defined]
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", "Nobody"),
            *(
                (str(member.user_id), f"{member.user}, {member.get_role_display().lower()}")
                for member in members
            ),
        ]
        if not principal.can("accounts.assign"):
            del self.fields["owner"]
        self.fields["industry"].widget.attrs["list"] = "industries"
        self.fields["parent"].widget.attrs |= {"list": "parents", "autocomplete": "off"}
        self.fields["currency"].widget.attrs |= {"placeholder": settings.base_currency, "maxlength": 3}
        self.industries = industries
        placeholders = {
            "clv_retention": formatting.percent(settings.clv_retention, decimals=1),
            "clv_discount_rate": formatting.percent(settings.clv_discount_rate, decimals=1),
            "clv_growth": formatting.percent(settings.clv_growth, decimals=1),
            "clv_horizon_years": str(settings.clv_horizon_years or "for ever"),
        }
        for name, default in placeholders.items():
            self.fields[name].widget.attrs["placeholder"] = f"default {default}"

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in the groups that the page shows."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in SECTIONS]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"] or "")

    def clean_parent(self) -> uuid.UUID | None:
        """The account that the words name; an error says what was found."""
        words = self.cleaned_data["parent"].strip()
        if not words:
            return None
        found = account_by_words(self.principal, words)
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(
                f"Belongs to: no account is called “{words}”. Choose one from the list."
            )
        raise forms.ValidationError(
            f"Belongs to: {len(found)} accounts are called “{words}”. Choose one with its external id."
        )

    def clean_clv_horizon_years(self) -> int | None:
        value = self.cleaned_data["clv_horizon_years"]
        return None if value is None else int(value)

    def values(self) -> dict[str, Any]:
        """The cleaned values as `account_create` and `account_update` take them."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        values["external_id"] = values["external_id"] or None
        if "owner" in values:
            values["owner"] = uuid.UUID(values["owner"]) if values["owner"] else None
        if not values["is_key_account"]:
            values["key_since"] = None
        elif values["key_since"] is None:
            del values["key_since"]
        return values

    def take(self, error: ApplicationError) -> None:
        """Put a service's refusal beside the fields that it names."""
        take_errors(self, error)


def initial_of(account: Account) -> dict[str, Any]:
    """The form's values for an account as it is stored."""
    initial: dict[str, Any] = {
        name: getattr(account, name)
        for _, names in SECTIONS
        for name in names
        if name not in ("owner", "parent")
    }
    for name in ("category_spend", "industry_volume", "acquisition_cost"):
        value = initial[name]
        initial[name] = None if value is None else f"{value.normalize():f}"
    initial["owner"] = str(account.owner.user_id) if account.owner else ""
    initial["parent"] = account_words(account.parent) if account.parent else ""
    initial["version"] = account.version
    return initial


def differences(form: AccountForm, account: Account) -> list[tuple[str, str, str]]:
    """Label, mine and theirs for each field where what was typed differs from what is stored now."""
    return compared(form, initial_of(account), [name for _, names in SECTIONS for name in names])
