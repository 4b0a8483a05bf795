"""Who calls whom in the shop, and which knobs does each service have?"""

ENTRY = "frontend"
SERVICES = ("frontend", "catalogue", "cart", "checkout", "payment", "inventory", "store")
EDGES = (
    ("frontend", "catalogue"),
    ("frontend", "cart"),
    ("frontend", "checkout"),
    ("checkout", "payment"),
    ("checkout", "inventory"),
    ("catalogue", "store"),
    ("cart", "store"),
    ("inventory", "store"),
)
STORE_CLIENTS = tuple(caller for caller, callee in EDGES if callee == "store")

FLAGS: dict[str, tuple[str, ...]] = {
    "payment": ("slow-antifraud",),
    "catalogue": ("live-prices",),
    "store": ("strict-quota",),
}
"""What can be switched without a deployment. All are off in a healthy shop."""

POOL_SIZE = 8
"""Connections to the store that each of its clients may hold."""
