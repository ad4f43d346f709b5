"""Which declared operation a recorded request is a call of, and with which arguments."""

import re
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET

from doubles.recordings import Exchange

from asyncsm import models
from asyncsm.operations import catalogue
from asyncsm.operations.facts import PLACEHOLDER, Operation, Parameter
from asyncsm.wire.base import XmlModel

SERVICES = (
    "ServiceManagementService",
    "ServiceBusManagementService",
    "SqlDatabaseManagementService",
    "WebsiteManagementService",
    "SchedulerManagementService",
)
"""Classes of the old SDK, whose calls were recorded."""

OPERATIONS = [one for one in catalogue() if one.service in SERVICES]


def configurations(sets: list[XmlModel]) -> dict[str, object]:
    """Return the two parameters that a machine's configuration sets are given by."""
    of_type = {one.configuration_set_type: one for one in sets}
    network = of_type.pop("NetworkConfiguration", None)
    system = next(iter(of_type.values()), None)
    return {"network_config": network} | ({"system_config": system} if system else {})


def elements(document: XmlModel, fields: dict[str, str]) -> dict[str, object]:
    """Return the arguments that `document` is made of: its elements, by the parameters that fill them."""
    arguments = {}
    for element in type(document).model_fields.keys() & document.model_fields_set:
        value = getattr(document, element)
        if isinstance(value, models.ExtendedProperties):
            value = value.to_dict()
        if element not in fields and element in MADE:
            arguments |= MADE[element](value)
        else:
            arguments[fields.get(element, element)] = value
    return arguments


MADE = {
    "operation_type": lambda _: {},
    "configuration_sets": configurations,
    "name": lambda name: {"deployment_name": name},
    "role_list": lambda roles: elements(roles[0], {}),
    "web_space_to_create": lambda space: {"geo_region": space.geo_region, "plan": space.plan},
    "intrinsic_settings": lambda settings: {"plan": settings.plan_name or settings.plan_in_small},
    "dns": lambda dns: {"dns_servers": list(dns.dns_servers)},
    "compute_image_attributes": lambda attributes: elements(attributes, {}),
}
"""Elements that functions make, and no field's parameter, with the arguments they are made of."""


def arguments_of(operation: Operation, exchange: Exchange) -> dict[str, object] | None:
    """Return what the method must be given to send this, or ``None`` if it is no call of it."""
    template = PLACEHOLDER.sub(r"(?P<\1>[^/]+)", operation.path)
    named = re.fullmatch(template, below_subscription(exchange))
    is_xml = operation.body is not None and issubclass(operation.body, XmlModel)
    root = operation.body.root_name() if is_xml else None
    if not named or exchange.method != operation.method or root != root_of(exchange.request_body):
        return None
    if bool(operation.body) is not bool(exchange.request_body):
        return None
    in_query = of_query(operation, dict(parse_qsl(exchange.query)))
    if in_query is None:
        return None
    in_path = {name: unquote(value) for name, value in named.groupdict().items()}
    arguments = of_body(operation, exchange.request_body) | in_path | in_query
    # Parameters without a default may be None, and have to be said to be.
    absent = {one.name: None for one in operation.parameters if one.required and one.optional}
    required = {one.name for one in operation.parameters if one.required}
    arguments = absent | arguments
    known = {one.name for one in operation.parameters}
    return arguments if required <= arguments.keys() <= known else None


def of_query(operation: Operation, query: dict[str, str]) -> dict[str, object] | None:
    """Return the arguments that make this query, or ``None`` if none do."""
    parameters = {f"{{{one.name}}}": one for one in operation.parameters}
    arguments = {}
    for name, template in operation.query.items():
        text = query.pop(name, None)
        parameter = parameters.get(template)
        if parameter is not None and parameter.type is bool:
            if text not in (switch := switches(parameter)):
                return None
            arguments[parameter.name] = switch[text]
        elif parameter is not None and text is not None:
            arguments[parameter.name] = text
        elif parameter is None and text != template:
            return None
    return None if query else arguments


def switches(parameter: Parameter) -> dict[object, bool]:
    """Return what is on and what is off, by the texts that stand for it in a query."""
    return {parameter.rule.check(parameter.name, value): value for value in (True, False)}


def of_body(operation: Operation, content: bytes) -> dict[str, object]:
    """Return the arguments that a document is made of."""
    if operation.body is None:
        return {}
    document = operation.body.from_body(content)
    if not isinstance(document, XmlModel):
        return {"job": document}
    whole = [one.name for one in operation.parameters if one.required and one.type is operation.body]
    return {whole[0]: document} if whole else elements(document, dict(operation.fields))


def call_of(exchange: Exchange) -> tuple[Operation | None, dict[str, object]]:
    """Return the operation that a recorded request is a call of, and its arguments."""
    for operation in OPERATIONS:
        arguments = arguments_of(operation, exchange)
        if arguments is not None:
            return operation, arguments
    return None, {}


def below_subscription(exchange: Exchange) -> str:
    # The old SDK sent some of its paths with a slash at the end, or with two in one place; to the service it is the same.
    return re.sub("/+", "/", exchange.path.strip("/").partition("/")[2])


def subscription_of(exchange: Exchange) -> str:
    return exchange.path.strip("/").partition("/")[0]


def root_of(body: bytes | str) -> str | None:
    """Return what a document is called; one in an Atom entry by its own name, JSON by none."""
    if not body or body[:1] in {"{", "[", b"{", b"["}:
        return None
    root = ET.fromstring(body)
    inside = root.find("{http://www.w3.org/2005/Atom}content/*")
    return (root if inside is None else inside).tag.rpartition("}")[2]
