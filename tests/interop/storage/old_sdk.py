"""Uploads a package and a disk with the old SDK's storage library, and deploys both, as scripts of that time did.

Standard input has the emulator's address and files.
"""

import base64
import json
import sys
import warnings

FACTS = json.load(sys.stdin)

warnings.simplefilter("ignore")

from azure.servicemanagement import LinuxConfigurationSet, OSVirtualHardDisk, ServiceManagementService  # noqa: E402
from azure.storage.blob import BlockBlobService, PageBlobService  # noqa: E402

sms = ServiceManagementService(FACTS["subscription_id"], FACTS["certificate"], host=FACTS["host"])


def wait(result):
    sms.wait_for_operation_status(
        result.request_id, timeout=60, sleep_interval=0.05, progress_callback=None, success_callback=None
    )


account = "oldstore"
wait(sms.create_storage_account(account, "packages", "packages", location="West US"))
key = sms.get_storage_account_keys(account).storage_service_keys.primary
endpoint = sms.get_storage_account_properties(account).storage_service_properties.endpoints[0]
access = f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint={endpoint.rstrip('/')}"

packages = BlockBlobService(connection_string=access)
packages.create_container("packages")
packages.create_blob_from_path("packages", "shop.cspkg", FACTS["package"])
sms.create_hosted_service("oldshop", "shop", location="West US")
wait(
    sms.create_deployment(
        "oldshop",
        "production",
        "v1",
        endpoint + "packages/shop.cspkg",
        "v1",
        base64.b64encode(FACTS["configuration"].encode()).decode(),
        start_deployment=True,
    )
)
deployment = sms.get_deployment_by_name("oldshop", "v1")

disks = PageBlobService(connection_string=access)
disks.create_container("vhds")
disks.create_blob_from_path("vhds", "golden.vhd", FACTS["disk"])
wait(sms.add_os_image("golden", endpoint + "vhds/golden.vhd", "golden", "Linux"))
sms.create_hosted_service("oldvm", "vm", location="West US")
system = LinuxConfigurationSet("web", "ops", "Not-1-secret", True)
disk = OSVirtualHardDisk("golden", endpoint + "vhds/web.vhd")
wait(
    sms.create_virtual_machine_deployment(
        "oldvm", "oldvm", "production", "oldvm", "web", system, disk, role_size="Small"
    )
)
print(
    json.dumps(
        {
            "roles": [role.role_name for role in deployment.role_list],
            "status": deployment.status,
            "blobs": sorted(blob.name for blob in disks.list_blobs("vhds")),
            "copied": disks.get_blob_to_bytes("vhds", "web.vhd", start_range=0, end_range=5).content.decode(),
        }
    )
)
