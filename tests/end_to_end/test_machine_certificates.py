"""A certificate's whole way: made here, added to a hosted service, named by a machine, read back."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from doubles.certificates import rsa_key
from doubles.samples import blob, image_name

from asyncsm import (
    BadRequest,
    Conflict,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    WindowsConfigurationSet,
    linux_ssh,
    service_certificate,
    service_certificate_for_ssh_key,
    stored_certificate,
    winrm_https,
)
from asyncsm.models import StoredCertificateSettings

PASSWORD = "correct horse battery"


@pytest.fixture
def ssh_certificate():
    """What a Linux user's own key becomes."""
    key = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return service_certificate_for_ssh_key(key)


async def create(sms, account, os, config):
    disk = OSVirtualHardDisk(image_name(await sms.list_os_images(), os), blob(account, f"vhds/{os}.vhd"))
    return await sms.create_virtual_machine_deployment(
        "shop", "shop", "production", "shop", "web", config, disk, role_size="Small"
    )


@pytest.fixture
async def shop(sms):
    await sms.create_hosted_service("shop", label="shop", location="West US")
    return "shop"


async def test_ssh(sms, shop, account, ssh_certificate):
    """A Linux machine is made with an SSH key that only its public part was sent of."""
    await (await sms.add_service_certificate(shop, ssh_certificate.cer, "cer"))
    config = LinuxConfigurationSet("web", "ada", ssh=linux_ssh("ada", ssh_certificate))
    await (await create(sms, account, "Linux", config))
    await sms.wait_for_deployment(shop, "shop", until="ReadyRole", deadline=30)
    (found,) = await sms.list_service_certificates(shop)
    assert (found.thumbprint, found.thumbprint_algorithm) == (ssh_certificate.thumbprint, "sha1")
    assert base64.b64decode(found.data) == ssh_certificate.cer
    with pytest.raises(Conflict):
        await (await sms.delete_service_certificate(shop, "sha1", ssh_certificate.thumbprint))


async def test_winrm(sms, shop, account):
    """A Windows machine is made that listens for WinRM with a certificate whose key came as a PFX."""
    certificate = service_certificate("shop.cloudapp.net", hosts=["shop.cloudapp.net"])
    await (await sms.add_service_certificate(shop, certificate.pfx(PASSWORD), "pfx", PASSWORD))
    stored = StoredCertificateSettings(stored_certificate_settings=[stored_certificate(certificate)])
    config = WindowsConfigurationSet(
        "web",
        "Pa55!word",
        admin_username="ada",
        win_rm=winrm_https(certificate),
        stored_certificate_settings=stored,
    )
    await (await create(sms, account, "Windows", config))
    with pytest.raises(Conflict, match="used in a deployment"):
        await (await sms.delete_service_certificate(shop, "sha1", certificate.thumbprint))


async def test_the_certificate_comes_first(sms, shop, account, ssh_certificate):
    """A machine with a certificate that its service does not have is refused."""
    config = LinuxConfigurationSet("web", "ada", ssh=linux_ssh("ada", ssh_certificate))
    with pytest.raises(BadRequest, match=ssh_certificate.thumbprint):
        await (await create(sms, account, "Linux", config))


async def test_wrong_password(sms, shop):
    """A PFX under another password is refused, and the password is not shown."""
    certificate = service_certificate("web")
    with pytest.raises(BadRequest) as caught:
        await (await sms.add_service_certificate(shop, certificate.pfx(PASSWORD), "pfx", "wrong"))
    assert PASSWORD not in str(caught.value)
