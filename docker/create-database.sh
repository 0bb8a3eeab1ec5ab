#!/bin/sh
# The image of Postgres runs this once, as its superuser. The service gets a plain role, which owns its database.
set -eu
psql --username postgres --set ON_ERROR_STOP=1 --set password="$(cat "$WEAPP_PASSWORD_FILE")" <<'SQL'
CREATE ROLE weapp LOGIN PASSWORD :'password';
CREATE DATABASE weapp OWNER weapp;
SQL
