"""Requests about network security groups, as bare XML, and the places in `contents` that can have one."""

from doubles.bare_client import document
from doubles.compute import tag

from asyncsm.wire.endpoints import IPConfiguration, NetworkInterface, NetworkInterfaces

GROUPS = "services/networking/networksecuritygroups"
WEB = f"{GROUPS}/web"
SSH = f"{WEB}/rules/ssh"
HAS = "networksecuritygroups"
NETWORK = "services/networking/virtualnetwork/inside"
ROLE = "services/hostedservices/shop/deployments/production/roles/vm"


def add_interface(emulator):
    """Give the machine of `contents` a second interface, in its subnet."""
    service = emulator.state.subscriptions[emulator.subscription_id].hosted_services["shop"]
    role = service.deployments["production"].roles["vm"]
    second = NetworkInterface(name="second", ip_configurations=[IPConfiguration(subnet_name="web")])
    interfaces = NetworkInterfaces(network_interfaces=[second])
    role.network = role.network.model_copy(update={"network_interfaces": interfaces})


def group(name, location="West US", label="of the web"):
    return document("NetworkSecurityGroup", tag("Name", name), tag("Label", label), tag("Location", location))


def rule(**members):
    ends = {end + what: "*" for end in ("Source", "Destination") for what in ("AddressPrefix", "PortRange")}
    given = {"Type": "Inbound", "Priority": 100, "Action": "Allow", **ends, "Protocol": "TCP"} | members
    return document("Rule", *(tag(name, text) for name, text in given.items()))
