"""The contracts in the words of public standards: ODCS 3 files, one AsyncAPI 3 document, pages for people.

Generated from contracts, schemas and topics; checked in, and tested equal to what would be generated now.
"""
