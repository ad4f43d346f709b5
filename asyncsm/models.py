"""Every model class of the wire, under the old SDK's name where it had one."""

# ruff: noqa: F403 - the families list their models by defining them
from enum import Enum

from asyncsm.wire.affinity_groups import *
from asyncsm.wire.application_gateways import *
from asyncsm.wire.atom import AtomDescription
from asyncsm.wire.autoscale import *
from asyncsm.wire.base import XmlModel
from asyncsm.wire.certificates import *
from asyncsm.wire.configuration_sets import *
from asyncsm.wire.cscfg import *
from asyncsm.wire.deployments import *
from asyncsm.wire.disks import *
from asyncsm.wire.document import Document
from asyncsm.wire.element_order import FreelyOrdered
from asyncsm.wire.endpoints import *
from asyncsm.wire.express_route import *
from asyncsm.wire.extensions import *
from asyncsm.wire.hdinsight import *
from asyncsm.wire.hosted_services import *
from asyncsm.wire.hybrid_connections import *
from asyncsm.wire.images import *
from asyncsm.wire.jobs import *
from asyncsm.wire.json_model import JsonModel
from asyncsm.wire.migration import *
from asyncsm.wire.monitoring import *
from asyncsm.wire.network_configuration import *
from asyncsm.wire.network_security_groups import *
from asyncsm.wire.networks import *
from asyncsm.wire.operations import *
from asyncsm.wire.properties import *
from asyncsm.wire.roles import *
from asyncsm.wire.route_tables import *
from asyncsm.wire.scheduler import *
from asyncsm.wire.service_bus import *
from asyncsm.wire.service_bus_metrics import *
from asyncsm.wire.service_extensions import *
from asyncsm.wire.site_configuration import *
from asyncsm.wire.sql_backups import *
from asyncsm.wire.sql_databases import *
from asyncsm.wire.storage import *
from asyncsm.wire.store import *
from asyncsm.wire.subscription import *
from asyncsm.wire.traffic_manager import *
from asyncsm.wire.types import OpenEnum
from asyncsm.wire.virtual_network_gateways import *
from asyncsm.wire.vm_images import *
from asyncsm.wire.vpn_gateways import *
from asyncsm.wire.website_backups import *
from asyncsm.wire.website_metrics import *
from asyncsm.wire.websites import *

__all__ = sorted(  # noqa: PLE0605 # pyright: ignore[reportUnsupportedDunderAll]
    name
    for name, value in globals().items()
    if isinstance(value, type) and issubclass(value, Document | Enum)
    if value.__module__
    not in {
        "enum",
        *(
            one.__module__
            for one in (Document, XmlModel, FreelyOrdered, JsonModel, AtomDescription, OpenEnum)
        ),
    }
)
for _name in [name for name in globals() if not name.startswith("_") and name not in __all__]:
    del globals()[_name]  # what the families import to define their models
