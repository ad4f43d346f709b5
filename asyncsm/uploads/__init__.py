"""Packages and disks to where the service takes them from: blobs of a storage account.

`upload_package` gives the URL for `create_deployment`, `upload_vhd` the media link for
`add_disk` and `add_os_image`. Both need ``pip install 'asyncsm[storage]'``.
"""

from asyncsm.uploads.disks import upload_vhd
from asyncsm.uploads.packages import upload_package
from asyncsm.uploads.transfer import ProgressCallback

__all__ = ["ProgressCallback", "upload_package", "upload_vhd"]
