"""Write-back into a CRM that is a PostgreSQL database.

settings    where it is                       statement   SQL from a command; pure
response    what a row or an error means      client      one transaction; the driver's errors end here
sink        find, write, read back
"""
