from .authority import CertificateAuthority as CertificateAuthority, ServerCertificate as ServerCertificate
from .certificate import (
    CertificateSource as CertificateSource,
    ManagementCertificate as ManagementCertificate,
)
from .making import (
    CreatedCertificate as CreatedCertificate,
    create_management_certificate as create_management_certificate,
    generate_management_certificate as generate_management_certificate,
)
from .publishsettings import (
    PublishSettings as PublishSettings,
    PublishSettingsSubscription as PublishSettingsSubscription,
    get_certificate_from_publish_settings as get_certificate_from_publish_settings,
    read_publishsettings as read_publishsettings,
    write_publishsettings as write_publishsettings,
)
from .service_certificates import (
    ServiceCertificate as ServiceCertificate,
    service_certificate as service_certificate,
    service_certificate_for_ssh_key as service_certificate_for_ssh_key,
    service_certificate_from_pem as service_certificate_from_pem,
    service_certificate_from_pfx as service_certificate_from_pfx,
)
from .subscription_ids import UncheckedSubscriptionId as UncheckedSubscriptionId
