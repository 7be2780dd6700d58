"""Tryton over JSON-RPC: customers and orders in, changes out.

In:    settings, request, response, client, sink     as in every sink
       wire             values as JSON, both ways
       party, sale      what a customer and an order look like there; pure
       identifiers      whose a party is; pure
       reference_data   ids by code, remembered for a while
Out:   changes          the JSON of a change
       rows             what is watched, and rows as that JSON; pure
       source           `erp-source`: reads, tells, moves the cursor (`teller`, `cursor`)
"""
