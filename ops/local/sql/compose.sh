# Roles and databases, once, when the postgres image makes its data folder. The embedded parts do the same in postgres.py.
set -eu
for role in crm operations registry erp meshline_writeback; do
  psql -v ON_ERROR_STOP=1 -U postgres -c "create role $role login password '$role'"
done
psql -v ON_ERROR_STOP=1 -U postgres -c "create role debezium login replication password 'debezium'"
for database in crm operations registry; do
  psql -v ON_ERROR_STOP=1 -U postgres -c "create database $database owner $database template template0"
done
PGPASSWORD=crm psql -v ON_ERROR_STOP=1 -U crm -d crm --single-transaction -f /meshline/crm.sql
PGPASSWORD=crm psql -v ON_ERROR_STOP=1 -U crm -d crm --single-transaction -f /meshline/crm_service.sql
PGPASSWORD=crm psql -v ON_ERROR_STOP=1 -U crm -d crm -f /meshline/crm_adopt.sql
