r"""Who we are to the service: certificates from any file they come in, and new ones.

`ManagementCertificate.load` takes a PEM, PFX or publishsettings file, a Windows store
location such as ``CURRENT_USER\my\Name``, or the content itself, and its
`ssl_context` is what a connection is made with. `create_management_certificate` makes a
new certificate with its ``.pem`` and ``.cer``. `ServiceCertificate` is what machines hold:
`service_certificate_for_ssh_key` and its siblings make one.
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

__all__ = [
    "CertificateAuthority",
    "CertificateSource",
    "CreatedCertificate",
    "ManagementCertificate",
    "PublishSettings",
    "PublishSettingsSubscription",
    "ServerCertificate",
    "ServiceCertificate",
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
