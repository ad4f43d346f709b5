# ruff: noqa: INP001, T201 - a script beside the pages it is for
"""Count the lines that families of networks cost, for the table in docs/design.md.

All lines of a file count, and of a file that others share those of the entities that are named behind it.
Kernels (`emulator/collections.py`, `places.py`, `wire/rules.py`) and what tests share do not: all families have them.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FAMILIES: Final = {
    "security groups": (
        ("operations/network_security_groups",),
        ("wire/network_security_groups",),
        ("emulator/routes/network_security_groups", "emulator/networking:NetworkSecurityGroup"),
        ("test_network_security_groups",),
    ),
    "route tables": (
        ("operations/route_tables",),
        ("wire/route_tables",),
        ("emulator/routes/route_tables", "emulator/networking:RouteTable"),
        ("test_route_tables",),
    ),
    "gateways": (
        ("operations/gateways", "operations/virtual_network_gateways", "operations/local_network_gateways"),
        ("wire/vpn_gateways", "wire/virtual_network_gateways"),
        (
            "emulator/routes/gateways",
            "emulator/routes/virtual_network_gateways",
            "emulator/rules/gateways",
            "emulator/rules/vpn_devices",
            "emulator/gateways",
        ),
        ("test_gateways",),
    ),
    "ExpressRoute": (
        ("operations/dedicated_circuits", "operations/bgp_peerings", "operations/dedicated_circuit_links"),
        ("wire/express_route",),
        (
            "emulator/routes/dedicated_circuits",
            "emulator/routes/dedicated_circuit_links",
            "emulator/rules/circuits",
            "emulator/circuits",
        ),
        ("test_express_route",),
    ),
    "application gateways": (
        ("operations/application_gateways",),
        ("wire/application_gateways",),
        ("emulator/routes/application_gateways", "emulator/traffic:ApplicationGateway"),
        ("test_application_gateways",),
    ),
    "Traffic Manager": (
        ("operations/traffic_manager", "services/traffic_manager"),
        ("wire/traffic_manager",),
        ("emulator/routes/traffic_manager", "emulator/traffic:TrafficProfile"),
        ("test_traffic_manager",),
    ),
}


def text_of(module: str) -> str:
    """Return the text of a module, or of a test of the emulator."""
    folder = "tests/emulator" if module.startswith("test_") else "asyncsm"
    return (ROOT / folder / f"{module}.py").read_text("utf-8")


def lines_of(name: str) -> int:
    """Return the lines of a module, or of a class in it."""
    module, _, entity = name.partition(":")
    text = text_of(module)
    for one in ast.parse(text).body if entity else ():
        if isinstance(one, ast.ClassDef) and one.name == entity:
            return (one.end_lineno or 0) - one.decorator_list[0].lineno + 1
    return len(text.splitlines())


def main() -> None:
    """Print a row for each family: operations, lines by kind, and what that is for an operation."""
    for family, parts in FAMILIES.items():
        operations = sum(text_of(module).count("\n    @family.") for module in parts[0])
        counts = [sum(map(lines_of, names)) for names in parts]
        told = " | ".join(f"{count:,}" for count in (operations, *counts))
        print(f"| {family} | {told} | **{sum(counts) / operations:.1f}** |")


if __name__ == "__main__":
    main()
