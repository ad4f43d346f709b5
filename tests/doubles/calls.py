"""Which method of the client a recorded request is a call of, and with which arguments."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from doubles.recordings import Exchange

from asyncsm import models
from asyncsm.wire.base import XmlModel


def fields(body: XmlModel) -> dict[str, object]:
    """Arguments that have the names of the document's elements."""
    given = {name: getattr(body, name) for name in type(body).model_fields if name in body.model_fields_set}
    if isinstance(properties := given.get("extended_properties"), models.ExtendedProperties):
        given["extended_properties"] = properties.to_dict()
    return given


def machine(role: models.Role) -> dict[str, object]:
    """Arguments that describe a virtual machine."""
    given = fields(role)
    of_type = {each.configuration_set_type: each for each in given.pop("configuration_sets", ())}
    network = of_type.pop("NetworkConfiguration", None)
    system = next(iter(of_type.values()), None)
    return given | {"network_config": network} | ({"system_config": system} if system else {})


def first_machine(body: models.VirtualMachineDeployment) -> dict[str, object]:
    """Arguments of a deployment with its first machine, which take ``None`` where there is nothing."""
    (role,) = body.role_list
    given = {"system_config": None, "os_virtual_hard_disk": None} | machine(role)
    for name in ("deployment_slot", "label", "virtual_network_name", "reserved_ip_name"):
        given[name] = getattr(body, name)
    given["dns_servers"] = list(body.dns.dns_servers) if body.dns else None
    return given | {"deployment_name": body.name}


def new_machine(body: models.PersistentVMRole) -> dict[str, object]:
    """Arguments of a further machine."""
    return {"system_config": None, "os_virtual_hard_disk": None} | machine(body)


def whole(parameter: str) -> Callable[[XmlModel], dict[str, object]]:
    """The document itself is the argument."""
    return lambda body: {parameter: body}


def renamed(**parameters: str) -> Callable[[XmlModel], dict[str, object]]:
    """Like `fields`, with some parameters named otherwise than their elements."""
    return lambda body: {parameters.get(name, name): value for name, value in fields(body).items()}


def without_type(body: XmlModel) -> dict[str, object]:
    """Like `fields`, without what the method itself says."""
    given = fields(body)
    del given["operation_type"]
    return {"role_names" if name == "roles" else name: given[name] for name in given}


@dataclass(frozen=True)
class Call:
    """A method, and the requests that are calls of it.

    `path` names parameters in braces; `query` gives the values of parameters by query
    strings; `arguments` those in a body of the class `body`, which `elements` may narrow.
    """

    name: str
    method: str
    path: str
    query: dict[str, dict[str, object]] | None = None
    body: type[XmlModel] | None = None
    arguments: Callable[[XmlModel], dict[str, object]] = fields
    elements: frozenset[str] | None = None

    def arguments_of(self, exchange: Exchange) -> dict[str, object] | None:
        """What the method must be given to send this, if it is a call of it."""
        queries = self.query or {"": {}}
        named = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), below_subscription(exchange))
        root = self.body.root_name() if self.body else None
        if not named or exchange.method != self.method or exchange.query not in queries:
            return None
        if root != root_of(exchange.request_body):
            return None
        body = self.body.from_xml(exchange.request_body) if self.body else None
        if self.elements is not None and fields(body).keys() != self.elements:
            return None
        in_path = {name: unquote(value) for name, value in named.groupdict().items()}
        return {**(self.arguments(body) if body else {}), **in_path, **queries[exchange.query]}


def below_subscription(exchange):
    # The old SDK sent two of its paths with a slash at the end; to the service it is the same.
    return exchange.path.strip("/").partition("/")[2].rstrip("/")


def subscription_of(exchange):
    return exchange.path.strip("/").partition("/")[0]


def root_of(body):
    return ET.fromstring(body).tag.rpartition("}")[2] if body else None


SERVICE = "services/hostedservices/{service_name}"
DEPLOYMENT = SERVICE + "/deployments/{deployment_name}"
INSTANCE_OPERATIONS = DEPLOYMENT + "/roleinstances/{role_name}/Operations"
CERTIFICATE = SERVICE + "/certificates/{thumbalgorithm}-{thumbprint}"
ACCOUNT = "services/storageservices/{service_name}"
IMAGE = "services/images/{image_name}"
VM_IMAGE = "services/vmimages/{vm_image_name}"
RESERVED_IP = "services/networking/reservedips/{name}"
DETAILS = {"embed-detail=false": {"embed_detail": False}, "embed-detail=true": {"embed_detail": True}}
WITH_VHD = {"": {}, "comp=media": {"delete_vhd": True}}
COMPLETE = {"": {}, "comp=media": {"complete": True}}

CALLS = (
    Call("get_subscription", "GET", ""),
    Call("list_locations", "GET", "locations"),
    Call("list_role_sizes", "GET", "rolesizes"),
    Call("list_operating_systems", "GET", "operatingsystems"),
    Call("list_operating_system_families", "GET", "operatingsystemfamilies"),
    Call("get_operation_status", "GET", "operations/{request_id}"),
    Call("list_management_certificates", "GET", "certificates"),
    Call("get_management_certificate", "GET", "certificates/{thumbprint}"),
    Call(
        "add_management_certificate",
        "POST",
        "certificates",
        body=models.SubscriptionCertificate,
        arguments=renamed(
            subscription_certificate_public_key="public_key",
            subscription_certificate_thumbprint="thumbprint",
            subscription_certificate_data="data",
        ),
    ),
    Call("delete_management_certificate", "DELETE", "certificates/{thumbprint}"),
    Call("list_affinity_groups", "GET", "affinitygroups"),
    Call("get_affinity_group_properties", "GET", "affinitygroups/{affinity_group_name}"),
    Call("create_affinity_group", "POST", "affinitygroups", body=models.CreateAffinityGroup),
    Call(
        "update_affinity_group",
        "PUT",
        "affinitygroups/{affinity_group_name}",
        body=models.UpdateAffinityGroup,
    ),
    Call("delete_affinity_group", "DELETE", "affinitygroups/{affinity_group_name}"),
    Call("list_hosted_services", "GET", "services/hostedservices"),
    Call("get_hosted_service_properties", "GET", SERVICE, DETAILS),
    Call(
        "check_hosted_service_name_availability",
        "GET",
        "services/hostedservices/operations/isavailable/{service_name}",
    ),
    Call("create_hosted_service", "POST", "services/hostedservices", body=models.CreateHostedService),
    Call("update_hosted_service", "PUT", SERVICE, body=models.UpdateHostedService),
    Call("delete_hosted_service", "DELETE", SERVICE, COMPLETE),
    Call("list_service_certificates", "GET", SERVICE + "/certificates"),
    Call("get_service_certificate", "GET", CERTIFICATE),
    Call("add_service_certificate", "POST", SERVICE + "/certificates", body=models.CertificateFile),
    Call("delete_service_certificate", "DELETE", CERTIFICATE),
    Call("get_deployment_by_slot", "GET", SERVICE + "/deploymentslots/{deployment_slot}"),
    Call("get_deployment_by_name", "GET", DEPLOYMENT),
    Call(
        "create_deployment",
        "POST",
        SERVICE + "/deploymentslots/{deployment_slot}",
        body=models.CreateDeployment,
    ),
    Call("delete_deployment", "DELETE", DEPLOYMENT, WITH_VHD),
    Call(
        "change_deployment_configuration",
        "POST",
        DEPLOYMENT,
        {"comp=config": {}},
        models.ChangeConfiguration,
    ),
    Call(
        "update_deployment_status",
        "POST",
        DEPLOYMENT,
        {"comp=status": {}},
        models.UpdateDeploymentStatus,
    ),
    Call("get_role", "GET", DEPLOYMENT + "/roles/{role_name}"),
    Call(
        "create_virtual_machine_deployment",
        "POST",
        SERVICE + "/deployments",
        body=models.VirtualMachineDeployment,
        arguments=first_machine,
    ),
    Call("add_role", "POST", DEPLOYMENT + "/roles", body=models.PersistentVMRole, arguments=new_machine),
    Call(
        "update_role",
        "PUT",
        DEPLOYMENT + "/roles/{role_name}",
        body=models.PersistentVMRole,
        arguments=machine,
    ),
    Call("delete_role", "DELETE", DEPLOYMENT + "/roles/{role_name}", COMPLETE),
    *(
        Call(name, "POST", INSTANCE_OPERATIONS, body=body, arguments=without_type)
        for name, body in (
            ("start_role", models.StartRoleOperation),
            ("restart_role", models.RestartRoleOperation),
            ("shutdown_role", models.ShutdownRoleOperation),
            ("capture_role", models.CaptureRoleOperation),
        )
    ),
    *(
        Call(name, "POST", DEPLOYMENT + "/roles/Operations", body=body, arguments=without_type)
        for name, body in (
            ("start_roles", models.StartRolesOperation),
            ("shutdown_roles", models.ShutdownRolesOperation),
        )
    ),
    Call(
        "capture_vm_image",
        "POST",
        INSTANCE_OPERATIONS,
        body=models.CaptureRoleAsVMImage,
        arguments=whole("options"),
    ),
    Call(
        "add_dns_server",
        "POST",
        DEPLOYMENT + "/dnsservers",
        body=models.DnsServer,
        arguments=renamed(name="dns_server_name"),
    ),
    Call(
        "update_dns_server",
        "PUT",
        DEPLOYMENT + "/dnsservers/{dns_server_name}",
        body=models.DnsServer,
        arguments=renamed(name="dns_server_name"),
    ),
    Call("delete_dns_server", "DELETE", DEPLOYMENT + "/dnsservers/{dns_server_name}"),
    Call("list_reserved_ip_addresses", "GET", "services/networking/reservedips"),
    Call("get_reserved_ip_address", "GET", RESERVED_IP),
    Call(
        "create_reserved_ip_address",
        "POST",
        "services/networking/reservedips",
        body=models.ReservedIP,
    ),
    Call("delete_reserved_ip_address", "DELETE", RESERVED_IP),
    *(
        Call(
            f"{verb}_reserved_ip_address",
            "POST",
            f"{RESERVED_IP}/operations/{verb}",
            body=models.ReservedIPAssociation,
        )
        for verb in ("associate", "disassociate")
    ),
    Call("list_resource_extensions", "GET", "services/resourceextensions"),
    Call(
        "list_resource_extension_versions",
        "GET",
        "services/resourceextensions/{publisher_name}/{extension_name}",
    ),
    Call("list_os_images", "GET", "services/images"),
    Call("get_os_image", "GET", IMAGE),
    Call("get_os_image_details", "GET", IMAGE + "/details"),
    Call("add_os_image", "POST", "services/images", body=models.OSImage),
    Call(
        "update_os_image",
        "PUT",
        IMAGE,
        body=models.OSImage,
        elements=frozenset({"label", "media_link", "name", "os"}),
    ),
    Call(
        "update_os_image_from_image_reference",
        "PUT",
        IMAGE,
        body=models.OSImage,
        arguments=whole("os_image"),
    ),
    Call("delete_os_image", "DELETE", IMAGE, WITH_VHD),
    Call(
        "list_vm_images",
        "GET",
        "services/vmimages",
        {
            "": {},
            "location=West%20US": {"location": "West US"},
            "publisher=Cloudera": {"publisher": "Cloudera"},
            "category=Public": {"category": "Public"},
            "publisher=Cloudera&category=Public": {"publisher": "Cloudera", "category": "Public"},
        },
    ),
    Call(
        "create_vm_image",
        "POST",
        "services/vmimages",
        body=models.VMImage,
        arguments=whole("vm_image"),
    ),
    Call("update_vm_image", "PUT", VM_IMAGE, body=models.VMImage, arguments=whole("vm_image")),
    Call("delete_vm_image", "DELETE", VM_IMAGE, WITH_VHD),
    Call(
        "replicate_vm_image",
        "PUT",
        "services/images/{vm_image_name}/replicate",
        body=models.ReplicationInput,
        arguments=lambda body: {"regions": body.target_locations} | fields(body.compute_image_attributes),
    ),
    Call("list_storage_accounts", "GET", "services/storageservices"),
    Call("get_storage_account_properties", "GET", ACCOUNT),
    Call("get_storage_account_keys", "GET", ACCOUNT + "/keys"),
    Call(
        "regenerate_storage_account_keys",
        "POST",
        ACCOUNT + "/keys",
        {"action=regenerate": {}},
        models.RegenerateKeys,
    ),
    Call(
        "check_storage_account_name_availability",
        "GET",
        "services/storageservices/operations/isavailable/{service_name}",
    ),
    Call(
        "create_storage_account",
        "POST",
        "services/storageservices",
        body=models.CreateStorageServiceInput,
        arguments=lambda body: {"description": None} | fields(body),
    ),
    Call("update_storage_account", "PUT", ACCOUNT, body=models.UpdateStorageServiceInput),
    Call("delete_storage_account", "DELETE", ACCOUNT),
)


def call_of(exchange):
    """The `Call` that a recorded request is, and its arguments."""
    for call in CALLS:
        arguments = call.arguments_of(exchange)
        if arguments is not None:
            return call, arguments
    return None, {}
