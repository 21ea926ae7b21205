from kam.tenancy.models.base import TenantEvent, TenantModel, VersionedModel, tenant_reference, tracked
from kam.tenancy.models.idempotency import IdempotencyRecord
from kam.tenancy.models.notifications import Notification
from kam.tenancy.models.people import ApiToken, Invitation, Membership, Role, User
from kam.tenancy.models.tenants import Tenant, TenantSettings

__all__ = [
    "ApiToken",
    "IdempotencyRecord",
    "Invitation",
    "Membership",
    "Notification",
    "Role",
    "Tenant",
    "TenantEvent",
    "TenantModel",
    "TenantSettings",
    "User",
    "VersionedModel",
    "tenant_reference",
    "tracked",
]
