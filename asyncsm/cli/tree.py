"""The tree of all commands, of which only the part is made that a command line names.

``commands.json`` has the names, first sentences and parameters of all of them; modules are imported, and
commands made, when they are run or their own help is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

import typer

from asyncsm.cli.commands import Commands, Group, command_of

if TYPE_CHECKING:
    from asyncsm.cli.descriptions import Command

TABLE: Final = Path(__file__).with_name("commands.json")

FUNCTIONS: Final[Mapping[str, str]] = {
    "demo": "asyncsm.cli.demo_command",
    "doctor": "asyncsm.cli.doctor",
    "migrate": "asyncsm.cli.migrate",
    "worker": "asyncsm.cli.worker",
}
"""Commands without a group, and the modules that have a function of their name."""

MODULES: Final[Mapping[str, str]] = {
    "account": "asyncsm.cli.account",
    "account certificate": "asyncsm.cli.certificates:account",
    "certificate": "asyncsm.cli.certificate",
    "deployment": "asyncsm.cli.deployments",
    "emulator": "asyncsm.cli.emulator",
    "leftovers": "asyncsm.cli.leftovers",
    "migration": "asyncsm.cli.migration",
    "network vnet": "asyncsm.cli.networks",
    "operation": "asyncsm.cli.operation",
    "plan": "asyncsm.cli.plan",
    "service": "asyncsm.cli.deployments:service",
    "service certificate": "asyncsm.cli.certificates",
    "vm": "asyncsm.cli.machines",
    "vm disk": "asyncsm.cli.machine_parts:disk",
    "vm endpoint": "asyncsm.cli.machine_parts:endpoint",
}
"""Groups with commands that are written by hand, and the module whose `app`, or what is named, has them."""

ALONE: Final = frozenset({"leftovers"})
"""Those of them that also do something without a command."""

GROUPS: Final[Mapping[str, str]] = {
    "account": "Profiles, and what belongs to a subscription.",
    "account affinity-group": "Affinity groups, which keep things near each other.",
    "account certificate": "Management certificates of the subscription.",
    "account provider": "Resource providers of the subscription.",
    "account subscription": "Subscriptions of the management certificate.",
    "certificate": "Files with management certificates.",
    "circuit": "Dedicated circuits, which do not pass through the Internet.",
    "circuit authorization": "Authorizations of others to link their networks to a circuit.",
    "circuit authorized": "Circuits of others that networks may be linked to.",
    "circuit cross-connection": "The provider's ends of circuits.",
    "circuit link": "Virtual networks that are linked to a circuit.",
    "circuit peering": "Peerings of circuits, by which routes are told.",
    "circuit provider": "Providers of circuits.",
    "circuit traffic": "What has passed through circuits.",
    "deployment": "Deployments of web and worker roles.",
    "deployment event": "Restarts of role instances.",
    "deployment instance": "Role instances.",
    "deployment os": "Versions of the guest operating system.",
    "deployment os-family": "Families of the guest operating system.",
    "deployment package": "Packages of deployments.",
    "deployment upgrade-domain": "Parts of a deployment that are updated one after another.",
    "disk": "Disks, attached or not.",
    "emulator": "A local emulator of the service.",
    "hdinsight": "HDInsight clusters.",
    "hdinsight cluster": "HDInsight clusters.",
    "image": "Images of operating system disks.",
    "location": "Data centre locations.",
    "migration": "The way of a whole subscription to Resource Manager; programs are converted by migrate.",
    "monitoring": "Metrics of resources, rules that raise alarms, and scaling by metrics.",
    "monitoring alert-incident": "Times in which alert rules raised an alarm.",
    "monitoring alert-rule": "Rules that raise an alarm while a metric is beyond a threshold.",
    "monitoring autoscale-setting": "How many instances resources have, by metrics and times.",
    "monitoring incidents-of-alert-rule": "Alarms that one rule has raised.",
    "monitoring metric-definition": "Metrics that resources have.",
    "monitoring metric-setting": "Endpoints that are watched from outside.",
    "monitoring metric-value": "What was measured.",
    "network": "Networks, addresses and security groups.",
    "network application-gateway": "Application gateways, which spread web requests over machines.",
    "network application-gateway certificate": "Certificates of application gateways.",
    "network application-gateway configuration": "Configurations of application gateways.",
    "network configuration": "The network configuration as a whole.",
    "network dns-server": "DNS servers of deployments.",
    "network endpoint-set": "Load-balanced sets of endpoints.",
    "network gateway": "Gateways of virtual networks, as their first generation has them.",
    "network gateway capture": "Captures of a gateway's traffic.",
    "network gateway client-package": "Packages that set up VPN clients.",
    "network gateway connection": "Connections of a gateway to local network sites.",
    "network gateway default-site": "The site that gets what no other does.",
    "network gateway device": "VPN devices that can be at the other end.",
    "network gateway device-script": "Scripts that set up VPN devices.",
    "network gateway ipsec": "How connections are encrypted.",
    "network gateway key": "Keys that a gateway shares with local network sites.",
    "network gateway root-certificate": "Root certificates of VPN clients.",
    "network gateway-connection": "Connections of virtual network gateways.",
    "network gateway-connection ipsec": "How connections are encrypted.",
    "network gateway-connection key": "Keys that both ends of a connection share.",
    "network ip-forwarding": "Whether machines pass on what is not for them.",
    "network load-balancer": "Internal load balancers.",
    "network local-gateway": "Local network gateways: the other ends of connections.",
    "network nsg": "Network security groups.",
    "network nsg rule": "Rules of network security groups.",
    "network reserved-ip": "Reserved IP addresses.",
    "network route-table": "Route tables.",
    "network route-table effective": "Routes that hold for a machine in the end.",
    "network route-table route": "Routes of route tables.",
    "network static-ip": "Addresses in virtual networks.",
    "network traffic-manager": "Traffic Manager: names that lead to one of several endpoints.",
    "network traffic-manager definition": "Definitions, which say where the names of profiles lead.",
    "network traffic-manager profile": "Profiles, which have the names.",
    "network virtual-ip": "Further virtual IP addresses of deployments.",
    "network vnet": "Virtual networks.",
    "network vnet-gateway": "Virtual network gateways, of the second generation.",
    "network vnet-gateway capture": "Captures of a gateway's traffic.",
    "operation": "Operations the service has accepted.",
    "plan": "Many resources from one file: check, show, apply, destroy.",
    "sb": "Service Bus namespaces, and what is in them.",
    "sb authorization-rule": "Pairs of keys of a namespace, and what they allow.",
    "sb namespace": "Namespaces, which have queues, topics, hubs and relays.",
    "sb notification-hub": "Notification hubs, which send messages to telephones.",
    "sb queue": "Queues.",
    "sb region": "Regions that can have namespaces.",
    "sb relay": "Relays, by which callers reach a service behind a firewall.",
    "sb topic": "Topics, which give a message to all who have subscribed.",
    "scheduler": "The scheduler's job collections and jobs.",
    "scheduler cloud-service": "Cloud services that hold job collections, clusters and add-ons; hosted services are others.",
    "scheduler job": "Jobs: what is done, and when.",
    "scheduler job-collection": "Job collections, which have a plan and a quota.",
    "service": "Hosted services (cloud services).",
    "service certificate": "Certificates that a hosted service holds for its machines.",
    "service extension": "Extensions of hosted services.",
    "service extension image": "Extensions that this subscription publishes.",
    "site": "Web sites and web hosting plans.",
    "site backup": "Backups of web sites.",
    "site backup configuration": "When backups are made by themselves.",
    "site configuration": "Settings of sites.",
    "site dns-suffix": "The domain that names of sites end with.",
    "site geo-region": "Regions that can have sites.",
    "site historical-usage-metric": "What sites have used, by time.",
    "site hybrid-connection": "Ways of sites to computers behind a firewall.",
    "site instance-id": "Instances that a site runs on.",
    "site metric-definition": "Metrics that sites have.",
    "site plan": "Web hosting plans.",
    "site publish-profile": "How sites are published, with passwords.",
    "site publishing-user": "Users who may publish all sites.",
    "site repository": "Git repositories of sites.",
    "site slot-configuration": "Settings that stay with their slot, and those of the slot that is swapped with.",
    "site usage-metric": "What sites have used of their quotas.",
    "site webspace": "Web spaces, one for each region with sites.",
    "sql": "SQL Database servers and databases.",
    "sql database": "Databases of servers.",
    "sql database copy": "Copies of databases, made once or kept up to date.",
    "sql database operation": "Changes of databases, and how far they are.",
    "sql firewall-rule": "Addresses that can connect to a server.",
    "sql import-export-status": "How far imports and exports are.",
    "sql quota": "Quotas of servers.",
    "sql server": "Servers, which have databases.",
    "sql service-level-objective": "How much performance a database may have.",
    "storage": "Storage accounts and their keys.",
    "storage account": "Storage accounts.",
    "storage account keys": "Keys of storage accounts.",
    "store": "Add-ons of other companies.",
    "store add-on": "Add-ons that were bought.",
    "store resource": "Resources of other companies that the subscription may have.",
    "vm": "Virtual machines.",
    "vm disk": "Data disks of virtual machines.",
    "vm endpoint": "Endpoints of virtual machines.",
    "vm extension": "Extensions that virtual machines can have.",
    "vm image": "Images of machines with all their disks.",
    "vm size": "Sizes of machines.",
}
"""Purposes of groups."""


class Table(TypedDict):
    """The content of the table.

    Attributes:
        operations: commands that are made from declarations, by their words.
        written: first sentences of those that are written by hand, by their words.
    """

    operations: dict[str, Command]
    written: dict[str, str]


@cache
def table() -> Table:
    """Read the table of commands."""
    read: Table = json.loads(TABLE.read_text(encoding="utf-8"))
    return read


def summary(words: str) -> str:
    """Return what a command does, or a group is for, in a line."""
    known = table()
    if words in known["written"]:
        return known["written"][words]
    if words in known["operations"]:
        return known["operations"][words]["help"].partition("\n")[0]
    return GROUPS[words]


def all_words() -> set[str]:
    """Return the words of all commands."""
    return {*table()["operations"], *table()["written"]}


def below(words: str) -> list[str]:
    """Return the names of the commands and groups in a group, in the order of the alphabet."""
    before = f"{words} " if words else ""
    return sorted({one[len(before) :].partition(" ")[0] for one in all_words() if one.startswith(before)})


def made(words: str) -> Any:
    """Make the command, or the group of commands, of these words."""
    if words in FUNCTIONS:
        return command_of(getattr(import_module(FUNCTIONS[words]), words), words)
    if words in ALONE:
        return typer.main.get_group(import_module(MODULES[words]).app)
    if words in table()["written"]:
        home, _, name = words.rpartition(" ")
        return _written_in(home).commands[name]
    name = words.rpartition(" ")[2]
    if words in table()["operations"]:
        from asyncsm.cli.generated import function_of

        return command_of(function_of(table()["operations"][words], words), name)
    group = typer.main.get_group(Commands(name, help=summary(words), cls=Branch))
    group.grow(words)  # type: ignore[attr-defined]
    return group


def _written_in(group: str) -> Any:
    module, _, name = MODULES[group].partition(":")
    return typer.main.get_group(getattr(import_module(module), name or "app"))


def written_by_hand() -> Iterator[tuple[str, str]]:
    """Yield the words and first sentences of the commands that are written by hand; imports all of them."""
    for words, module in FUNCTIONS.items():
        function = getattr(import_module(module), words)
        yield words, command_of(function, words).help.partition("\n")[0]
    for words in MODULES:
        group = _written_in(words)
        if words in ALONE:
            yield words, (group.help or "").partition("\n")[0]
        for name, command in group.commands.items():
            yield f"{words} {name}", (command.help or "").partition("\n")[0]


class _Growing(Mapping[str, Any]):
    """Commands by their names, each made when it is asked for."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._names = below(words)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = made(f"{self._words} {name}".lstrip())
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


class Branch(Group):
    """A group whose commands are made when they are asked for."""

    words: str

    def grow(self, words: str) -> None:
        """Have the commands below these words."""
        self.words = words
        self.commands: Any = _Growing(words)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature of all groups
        """Return the names of its commands."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write names and first sentences of its commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(name)) for name in self.commands], col_max=36)

    def _summary(self, name: str) -> str:
        return summary(f"{self.words} {name}".lstrip())

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Return the names of its commands that begin so, or its options."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        # Without what they do, which typer would render with rich, and that takes as long as all the rest.
        return [_completion_item()(name) for name in self.commands if name.startswith(incomplete)]


def _completion_item() -> Any:
    # Depending on its version, typer brings its own copy of click or uses the installed one.
    click = next(
        kind.__module__.rpartition(".")[0] for kind in Group.__mro__ if kind.__module__.endswith("click.core")
    )
    return import_module(f"{click}.shell_completion").CompletionItem
