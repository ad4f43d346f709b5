"""Provisioning of many resources from one plan: preview, apply, watch, resume after a crash, destroy.

    plan = load_plan("farm.yaml")
    async with ServiceManagementService() as sms:
        report = await Provisioner(plan, sms, journal=Path("farm.yaml.journal")).apply()

A plan is data (`Plan`, `load_plan`). A `Provisioner` carries it out in a subscription; with its
journal a run that crashed can be resumed. Existing resources are not made again.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
