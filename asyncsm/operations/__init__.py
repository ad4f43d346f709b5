"""The operations of the service, one mixin a family.

A method builds its model, if it has one, and makes one request; what a document's fields
mean is said on its model. "REST" in a docstring gives the operation's name in Microsoft's
reference and, where it is known, the page it had there:
``https://msdn.microsoft.com/library/azure/{page}.aspx``.

Every method may raise `ServiceError` (the service refused), `TransportError` (no reply) and
`UnexpectedPayload` (no readable reply); a change also `OutcomeUnknown` (its reply was lost).
A docstring names what is particular to its operation.
"""
