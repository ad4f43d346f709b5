"""Uploads of packages and disks to blobs of a storage account, where the service reads them.

`upload_package` returns the URL for `create_deployment`, `upload_vhd` the media link for
`add_disk` and `add_os_image`. Both need ``pip install 'asyncsm[storage]'``.
"""

from asyncsm.uploads.disks import upload_vhd
from asyncsm.uploads.packages import upload_package
from asyncsm.uploads.transfer import ProgressCallback

__all__ = ["ProgressCallback", "upload_package", "upload_vhd"]
