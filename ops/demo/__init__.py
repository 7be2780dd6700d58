"""A realistic day through the real doors, with the trouble of a real day, and a report read back from the systems.

plan, deals, trouble: what is to happen and what must come of it (pure). crm, portal, accountant, erp_proxy, workers:
how it happens. readback, report: what came of it. day: the order of things.
"""
