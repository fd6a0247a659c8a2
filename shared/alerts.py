"""The six ranges of DOMAIN §5 as every user has them until he sets his own."""

DEFAULT_USER = "Default User"

_COLORS = (
    (5, 10, "#E5E7EB"),
    (10, 15, "#BFDBFE"),
    (15, 20, "#FEF3C7"),
    (20, 25, "#BBF7D0"),
    (25, 50, "#FECACA"),
    (50, None, "#F3E8FF"),
)

# Ranges are [min, max) in percentage points; the last has no end.
DEFAULT_INDICATORS: tuple[dict[str, int | str | bool | None], ...] = tuple(
    {
        "display_order": order,
        "indicator_type": "percentage_range",
        "percentage_range_min": low,
        "percentage_range_max": high,
        "color": color,
        "enabled": True,
        "is_default": True,
    }
    for order, (low, high, color) in enumerate(_COLORS, start=1)
)
