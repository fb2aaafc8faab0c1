#!/bin/sh
# Prints new secrets for infra/compose.yaml: infra/compose-env.sh > infra/.env
# Keep that file: without MILLRACE_SECRET no key, token or webhook secret in the database is of use.
set -eu
umask 077
cat <<END
POSTGRES_PASSWORD=$(openssl rand -hex 24)
MILLRACE_SECRET=$(openssl rand -base64 32)
MILLRACE_ADMIN_TOKEN=tok_$(openssl rand -hex 24)
MILLRACE_NODE_TOKEN=tok_$(openssl rand -hex 24)
END
