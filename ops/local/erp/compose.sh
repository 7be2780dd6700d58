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
update() { # of the database $1: every module that the company needs
  trytond-admin -c /etc/trytond.conf -d "$1" --email admin@example.com --activate-dependencies \
    -u party country currency company product account account_invoice sale product_price_list sale_price_list account_invoice_defer sale_subscription
}
if [ "$(say "select 1 from pg_database where datname = 'erp'")" != 0 ]; then
  # made by an older version, perhaps: what was added since does nothing where it is there already
  update erp
  python additions.py /etc/trytond.conf erp
  exit 0
fi
say "drop database if exists erp_new with (force)"
say "create database erp_new owner erp template template0"
printf %s "$MESHLINE_ERP_PASSWORD" > /tmp/password
export TRYTONPASSFILE=/tmp/password
update erp_new
python boot.py /etc/trytond.conf erp_new /tmp/password
say "alter database erp_new rename to erp"
