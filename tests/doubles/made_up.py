"""Made-up arguments for any declared operation, from the types and rules of its parameters.

A text is its parameter's name where the rule allows that, so that two arguments differ and one
in the wrong place shows; else it is the rule's example.
"""

from typing import Union, get_args, get_origin

from asyncsm import InvalidArgument, models
from asyncsm.operations.facts import ExactlyOne, Operation, Parameter

BLOB = "https://account.blob.core.windows.net/container/blob.vhd"

DOCUMENTS = {
    "BgpSettings": models.BgpSettings(asn=65010),
    "DnsServer": models.DnsServer(name="server", address="10.0.0.4"),
    "ExtensionImage": models.ExtensionImage(provider_name_space="namespace", type="type", version="1.0.0.0"),
    "LoadBalancer": models.LoadBalancer(name="inner"),
    "LinuxConfigurationSet": models.LinuxConfigurationSet("host", "user", "Passw0rd!", False),
    "OSImage": models.OSImage(label="label", name="name", media_link=BLOB, os="Linux"),
    "TrafficEndpoint": models.TrafficEndpoint(domain_name="www.example.com", type="Any", location="West US"),
    "VMImage": models.VMImage(
        name="name",
        label="label",
        os_disk_configuration=models.OSDiskConfiguration(
            os_state=models.OSState.GENERALIZED, os="Linux", media_link=BLOB
        ),
    ),
    "WebSiteHostNameSslState": models.WebSiteHostNameSslState(name="www.example.com", ssl_state="SniEnabled"),
    "OSVirtualHardDisk": models.OSVirtualHardDisk("image", BLOB),
    "CaptureRoleAsVMImage": models.CaptureRoleAsVMImage("Generalized", "name", "label"),
}
"""Models that the service would refuse without these fields; of others an empty one will do."""

ONE_OF_TWO_WAYS = {"role": "update_role", "vm_image_name": "add_role create_virtual_machine_deployment"}
"""Parameters that methods refuse together with others, which are given."""


def arguments_for(operation: Operation, *, all_of_them: bool = False) -> dict[str, object]:
    """Return arguments by name that `operation` accepts: the required ones, or all that go together."""
    left_out = {name for name, methods in ONE_OF_TWO_WAYS.items() if operation.name in methods.split()}
    needed = {rule.names[0] for rule in operation.needs}
    for rule in operation.needs:
        left_out |= set(rule.names[1:]) if isinstance(rule, ExactlyOne) else set()
    return {
        one.name: argument_for(one)
        for one in operation.parameters
        if one.required or one.name in needed or (all_of_them and one.name not in left_out)
    }


def argument_for(parameter: Parameter) -> object:
    """Return a value that the parameter's rule allows."""
    if parameter.type is str:
        text = parameter.name.replace("_", "")
        return text if _allows(parameter, text) else parameter.rule.example
    if parameter.rule is not None and parameter.rule.example is not None:
        return parameter.rule.example
    return _of_type(parameter.type)


def _allows(parameter: Parameter, text: str) -> bool:
    try:
        return parameter.rule is None or parameter.rule.check(parameter.name, text) == text
    except InvalidArgument:
        return False


def _of_type(kind: object) -> object:
    plain = {str: "text", int: 1, bool: True, bytes: b"content"}
    if kind in plain:
        return plain[kind]
    if get_origin(kind) is not None or get_args(kind):
        first = _of_type(get_args(kind)[0])
        return first if get_origin(kind) in {Union, type(int | str)} else [first]
    return DOCUMENTS.get(kind.__name__) or kind()
