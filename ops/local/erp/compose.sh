# The ERP's company, once per database; under Docker Compose. A half-made database is dropped and made again.
set -eu
say() { python - "$@" <<'PYTHON'
import sys
import psycopg
with psycopg.connect("postgresql://postgres@postgres:5432/postgres", autocommit=True) as connection:
    rows = connection.execute(sys.argv[1])
    print(len(rows.fetchall()) if rows.description else 0)
PYTHON
}
[ "$(say "select 1 from pg_database where datname = 'erp'")" = 0 ] || exit 0
say "drop database if exists erp_new with (force)"
say "create database erp_new owner erp template template0"
printf %s "$MESHLINE_ERP_PASSWORD" > /tmp/password
export TRYTONPASSFILE=/tmp/password
trytond-admin -c /etc/trytond.conf -d erp_new --email admin@example.com --activate-dependencies \
  -u party country currency company product account account_invoice sale product_price_list sale_price_list
python boot.py /etc/trytond.conf erp_new /tmp/password
say "alter database erp_new rename to erp"
