from kam.tenancy.forms.people import (
    AcceptForm,
    IntegrationForm,
    InviteForm,
    MemberForm,
    ProfileForm,
    TokenForm,
)
from kam.tenancy.forms.settings import SettingsForm

__all__ = [
    "AcceptForm",
    "IntegrationForm",
    "InviteForm",
    "MemberForm",
    "ProfileForm",
    "SettingsForm",
    "TokenForm",
]
