r"""Certificates of clients and machines: loaded from files, or made anew.

`ManagementCertificate.load` takes a PEM, PFX or publishsettings file, a Windows store
location such as ``CURRENT_USER\my\Name``, or the content itself; its `ssl_context` is
for connections to the service. `create_management_certificate` makes a new certificate
with its ``.pem`` and ``.cer``. Machines hold a `ServiceCertificate`, which
`service_certificate_for_ssh_key` and its siblings make.

The names are listed in `__init__.pyi`; each is imported when it is first used, since cryptography
takes a while to load.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
