"""Small things many tests need: a service configuration, blobs, image names."""

from __future__ import annotations

CSCFG = """<?xml version="1.0" encoding="utf-8"?>
<ServiceConfiguration serviceName="Shop" osFamily="4" osVersion="*"
    xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="WebRole">
    <Instances count="{web}" />
    <ConfigurationSettings><Setting name="Greeting" value="hello" /></ConfigurationSettings>
  </Role>
  <Role name="WorkerRole">
    <Instances count="{worker}" />
  </Role>
</ServiceConfiguration>
"""


def cscfg(web=1, worker=1):
    """A service configuration with two roles of so many instances."""
    return CSCFG.format(web=web, worker=worker)


def blob(account, path):
    """The URL of a blob in an account."""
    return f"https://{account}.blob.core.windows.net/{path}"


def image_name(images, os):
    """The name of a platform image with that operating system."""
    return next(image.name for image in images if image.os == os and image.category == "Public")
