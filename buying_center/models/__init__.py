from buying_center.models.selling_center import SellingCenterMember, SellingRole

__all__ = ["SellingCenterMember", "SellingRole"]
