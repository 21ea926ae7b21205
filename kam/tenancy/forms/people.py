"""Forms about people and tokens."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from kam.tenancy.models import Role, User
from kam.tenancy.permissions import SCOPES
from kam.tenancy.services import TOKEN_DAYS

PERSON_ROLES = [(role.value, role.label) for role in Role if role != Role.INTEGRATION]
ROLE_HELP = (
    "Administrators change everything. Executives read everything, run imports and decide. Key account managers "
    "work on their own accounts. Contributors work where they are in the selling centre."
)
LOCALES = [
    ("en_GB", "English, United Kingdom – 1,234.50 – 30 Nov 2026"),
    ("en_US", "English, United States – 1,234.50 – Nov 30, 2026"),
    ("en_IE", "English, Ireland – 1,234.50 – 30 Nov 2026"),
    ("da_DK", "Danish – 1.234,50"),
    ("de_DE", "German, Germany – 1.234,50"),
    ("de_AT", "German, Austria – 1 234,50"),
    ("de_CH", "German, Switzerland – 1’234.50"),
    ("es_ES", "Spanish – 1.234,50"),
    ("fi_FI", "Finnish – 1 234,50"),
    ("fr_FR", "French – 1 234,50"),
    ("it_IT", "Italian – 1.234,50"),
    ("nb_NO", "Norwegian – 1 234,50"),
    ("nl_NL", "Dutch – 1.234,50"),
    ("pl_PL", "Polish – 1 234,50"),
    ("pt_PT", "Portuguese – 1 234,50"),
    ("sv_SE", "Swedish – 1 234,50"),
]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(label="Name", max_length=150, required=False)
    role = forms.ChoiceField(label="Role", choices=PERSON_ROLES, initial=Role.KAM, help_text=ROLE_HELP)


class MemberForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=PERSON_ROLES, help_text=ROLE_HELP)


class AcceptForm(forms.Form):
    """A new person says who they are and sets a password."""

    name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Choose a password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters, and not what everybody uses. Three or four words make a good one.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "password" in values:
            user = User(email=self.email, name=values.get("name", ""))
            try:
                validate_password(values["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return values


class ProfileForm(forms.Form):
    name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    locale = forms.ChoiceField(
        label="Numbers and dates", choices=LOCALES, help_text="The language stays English."
    )
    reminders_by_mail = forms.BooleanField(
        label="Send me reminders by e-mail too",
        required=False,
        help_text="Reviews that fall due and answers of customers. They always stand behind the bell.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.initial.get("locale")
        choices: Any = self.fields["locale"]
        if present and present not in dict(LOCALES):
            choices.choices = [*LOCALES, (present, present)]


class TokenForm(forms.Form):
    """`for_integration` adds the scopes; a person's tokens do what the person may."""

    name = forms.CharField(
        label="What uses it",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Nightly ERP export"}),
    )
    days = forms.TypedChoiceField(
        label="Works for",
        choices=[(days, "a year" if days == 365 else f"{days} days") for days in TOKEN_DAYS],
        coerce=int,
        initial=90,
    )
    scopes = forms.MultipleChoiceField(
        label="It may", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, for_integration: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not for_integration:
            del self.fields["scopes"]


class IntegrationForm(TokenForm):
    """A new integration with its first token."""

    title = forms.CharField(
        label="Name of the integration", max_length=150, widget=forms.TextInput(attrs={"placeholder": "ERP"})
    )
    field_order = ["title", "name", "days", "scopes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, for_integration=True, **kwargs)
