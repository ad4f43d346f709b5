r"""Certificates of clients and machines: loaded from files, or made anew.

`ManagementCertificate.load` takes a PEM, PFX or publishsettings file, a Windows store
location such as ``CURRENT_USER\my\Name``, or the content itself; its `ssl_context` is
for connections to the service. `create_management_certificate` makes a new certificate
with its ``.pem`` and ``.cer``. Machines hold a `ServiceCertificate`, which
`service_certificate_for_ssh_key` and its siblings make.
"""

from asyncsm.credentials.authority import CertificateAuthority, ServerCertificate
from asyncsm.credentials.certificate import CertificateSource, ManagementCertificate
from asyncsm.credentials.making import (
    CreatedCertificate,
    create_management_certificate,
    generate_management_certificate,
)
from asyncsm.credentials.publishsettings import (
    PublishSettings,
    PublishSettingsSubscription,
    get_certificate_from_publish_settings,
    read_publishsettings,
    write_publishsettings,
)
from asyncsm.credentials.service_certificates import (
    ServiceCertificate,
    service_certificate,
    service_certificate_for_ssh_key,
    service_certificate_from_pem,
    service_certificate_from_pfx,
)
from asyncsm.credentials.subscription_ids import UncheckedSubscriptionId

__all__ = [
    "CertificateAuthority",
    "CertificateSource",
    "CreatedCertificate",
    "ManagementCertificate",
    "PublishSettings",
    "PublishSettingsSubscription",
    "ServerCertificate",
    "ServiceCertificate",
    "UncheckedSubscriptionId",
    "create_management_certificate",
    "generate_management_certificate",
    "get_certificate_from_publish_settings",
    "read_publishsettings",
    "service_certificate",
    "service_certificate_for_ssh_key",
    "service_certificate_from_pem",
    "service_certificate_from_pfx",
    "write_publishsettings",
]
