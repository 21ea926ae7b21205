#!/usr/bin/env bash
# Run once by the postgres image on an empty volume: the roles, the database and the default privileges that
# the embedded server gets too (kam/embedded_database.py); tests/ops compares the two.
set -euo pipefail

psql --no-psqlrc --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname template1 \
    --set owner_password="$KAM_OWNER_PASSWORD" --set app_password="$KAM_APP_PASSWORD" <<'SQL'
CREATE ROLE kam_owner LOGIN CREATEDB BYPASSRLS NOSUPERUSER NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
CREATE ROLE kam_app LOGIN NOCREATEDB NOBYPASSRLS NOSUPERUSER NOCREATEROLE NOREPLICATION PASSWORD :'app_password';
GRANT pg_signal_backend TO kam_owner;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS btree_gin;
GRANT USAGE ON SCHEMA public TO kam_app;
ALTER DEFAULT PRIVILEGES FOR ROLE kam_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kam_app;
ALTER DEFAULT PRIVILEGES FOR ROLE kam_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO kam_app;

CREATE DATABASE kam OWNER kam_owner TEMPLATE template1;
REVOKE ALL ON DATABASE kam FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE kam TO kam_app;

\connect kam
ALTER SCHEMA public OWNER TO kam_owner;
GRANT USAGE ON SCHEMA public TO kam_app;
SQL
