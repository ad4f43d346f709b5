"""The parts of a session: how a request becomes a reply, and a change an operation under way.

From the top down: a change is started in its lane (`starting`), happens once although its reply may
be lost (`lost_replies`, by means of the `operation_list`), is sent until it is answered (`sending`,
with `retrying` and `throttling`), and goes over the `transport`. `protocol` has requests as values.
"""
