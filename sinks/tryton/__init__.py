"""Tryton over JSON-RPC: customers and orders in (`sink`), changes out (`poller`).

settings   where it is, and as whom                 wire      values on the wire, both ways
request    what to ask, as calls; pure               response  what an answer means; pure
client     one call over HTTP, with a session        sink      find, write, read back
party, sale   what a customer and an order look like there; pure
changes    the JSON of a change; pure                poller    `erp-source`: reads changes, tells them
"""
