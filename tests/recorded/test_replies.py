"""Whatever the service was recorded to say, and was told, is modelled completely."""

import re
from xml.etree import ElementTree as ET

from doubles.exceptions import DIFFERENCES, NOT_MODELLED
from doubles.recordings import exchanges

from asyncsm import models

REPLIES = {
    model.root_name(): model
    for model in (
        models.AffinityGroup,
        models.AffinityGroups,
        models.AvailabilityResponse,
        models.Certificate,
        models.Certificates,
        models.Deployment,
        models.Error,
        models.HostedService,
        models.HostedServices,
        models.Images,
        models.Locations,
        models.OSImage,
        models.OSImageDetails,
        models.OperatingSystemFamilies,
        models.OperatingSystems,
        models.Operation,
        models.PersistentVMRole,
        models.ReservedIP,
        models.ReservedIPs,
        models.ResourceExtensions,
        models.RoleSizes,
        models.StorageService,
        models.StorageServices,
        models.Subscription,
        models.SubscriptionCertificate,
        models.SubscriptionCertificates,
        models.VMImages,
    )
}

REQUESTS = {
    model.root_name(): model
    for model in (
        models.CaptureRoleAsVMImage,
        models.CaptureRoleOperation,
        models.CertificateFile,
        models.ChangeConfiguration,
        models.CreateAffinityGroup,
        models.CreateDeployment,
        models.CreateHostedService,
        models.CreateStorageServiceInput,
        models.DnsServer,
        models.OSImage,
        models.PersistentVMRole,
        models.RegenerateKeys,
        models.ReplicationInput,
        models.ReservedIP,
        models.ReservedIPAssociation,
        models.RestartRoleOperation,
        models.ShutdownRoleOperation,
        models.ShutdownRolesOperation,
        models.StartRoleOperation,
        models.StartRolesOperation,
        models.SubscriptionCertificate,
        models.UpdateAffinityGroup,
        models.UpdateDeploymentStatus,
        models.UpdateHostedService,
        models.UpdateStorageServiceInput,
        models.VMImage,
        models.VirtualMachineDeployment,
    )
}


def canonical(document: bytes) -> str:
    """A form in which equal documents are equal texts."""
    text = ET.canonicalize(document.decode("utf-8-sig"), strip_text=True)
    for pattern, replacement in DIFFERENCES.values():
        text = re.sub(pattern, replacement, text)
    return text


def root_of(document: bytes) -> str:
    return ET.fromstring(document.decode("utf-8-sig")).tag.rpartition("}")[2]


def test_every_reply_is_read_completely_and_written_back_as_it_was(recording):
    """A reply has no element its model does not know, and loses nothing by being read."""
    for exchange in exchanges(recording):
        if not exchange.response_body or root_of(exchange.response_body) in NOT_MODELLED:
            continue
        model = REPLIES[root_of(exchange.response_body)]
        document = model.from_xml(exchange.response_body, strict=True)
        assert canonical(document.to_xml()) == canonical(exchange.response_body), str(exchange)


def test_every_request_is_read_completely_and_written_as_it_was_sent(recording):
    """What the old SDK sent can be said with our models, element for element."""
    for exchange in exchanges(recording):
        if not exchange.request_body:
            continue
        model = REQUESTS[root_of(exchange.request_body)]
        document = model.from_xml(exchange.request_body, strict=True)
        assert canonical(document.to_xml()) == canonical(exchange.request_body), str(exchange)


def test_every_configuration_in_a_deployment_is_a_service_configuration(recording):
    """The file inside a deployment, which claims to be UTF-16, is read and written back."""
    for exchange in exchanges(recording):
        if not exchange.response_body or root_of(exchange.response_body) != "Deployment":
            continue
        written = models.Deployment.from_xml(exchange.response_body).configuration
        assert written is not None
        configuration = models.ServiceConfiguration.from_xml(written)
        assert all(extra.name.startswith("@xmlns:") for extra in configuration.extra_elements)
        assert canonical(configuration.to_xml()) == canonical(written.encode())
