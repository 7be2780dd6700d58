"""The witness. It knows the CRM's tables, the ERP's models and the business, and nothing of the line: only the standard
library, a PostgreSQL driver and an HTTP client are imported here.
"""
