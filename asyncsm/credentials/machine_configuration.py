"""The parts of a machine's configuration that name service certificates.

Add the certificate to the hosted service first; a machine that names one its service does
not have is refused.
"""

from __future__ import annotations

import re
from typing import Final

from asyncsm.credentials import ServiceCertificate
from asyncsm.errors import InvalidArgument
from asyncsm.wire import configuration_sets as wire

_USER: Final = re.compile(r"(?!\.\.?$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}")


def linux_ssh(user: str, certificate: ServiceCertificate, *, key_pair: bool = False) -> wire.SSH:
    """Let whoever has the certificate's key log in to a Linux machine, for `LinuxConfigurationSet`.

    Args:
        user: the user that the machine is made with, its ``user_name``; the public key goes to
            ``/home/{user}/.ssh/authorized_keys``.
        certificate: often `service_certificate_for_ssh_key`; its ``cer`` in the hosted service is enough.
        key_pair: whether the machine also gets the private key, as ``/home/{user}/.ssh/id_rsa``, to
            log in elsewhere with; the hosted service must then have the ``pfx``.

    Raises:
        InvalidArgument: `user` is not a name of a user, or `certificate` is none.
    """
    name: object = user
    if not isinstance(name, str) or not _USER.fullmatch(name):
        raise InvalidArgument(
            "user", f"{user!r} is not a user's name: 1 to 32 letters, digits, underscores, dots and hyphens"
        )
    folder = f"/home/{user}/.ssh"
    thumbprint = _thumbprint_of(certificate)
    public_key = wire.PublicKey(thumbprint, f"{folder}/authorized_keys")
    ssh = wire.SSH(public_keys=wire.PublicKeys(public_keys=[public_key]))
    if key_pair:
        ssh.key_pairs = wire.KeyPairs(key_pairs=[wire.KeyPair(thumbprint, f"{folder}/id_rsa")])
    return ssh


def winrm_https(certificate: ServiceCertificate) -> wire.WinRM:
    """Listen for Windows Remote Management over HTTPS, for `WindowsConfigurationSet.win_rm`.

    The hosted service must have the certificate's ``pfx``. The port is 5986, and needs an endpoint.
    """
    return wire.WinRM(
        listeners=wire.Listeners(listeners=[wire.Listener("Https", _thumbprint_of(certificate))])
    )


def stored_certificate(certificate: ServiceCertificate) -> wire.CertificateSetting:
    r"""Put a certificate into a Windows machine's own store, for `WindowsConfigurationSet`.

    It goes to ``LocalMachine\My``; several make a ``StoredCertificateSettings``.
    """
    return wire.CertificateSetting(_thumbprint_of(certificate), "My", "LocalMachine")


def _thumbprint_of(certificate: object) -> str:
    if not isinstance(certificate, ServiceCertificate):
        given = type(certificate).__name__
        raise InvalidArgument(
            "certificate", f"must be a ServiceCertificate, as service_certificate makes, not {given}"
        )
    return certificate.thumbprint
