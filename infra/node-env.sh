#!/bin/sh
# Makes a join token for one media node, and prints the settings it starts with. The token may only do what nodes do, and is
# revoked alone: DELETE /v1/tokens/{id}.
#   infra/node-env.sh NAME [SETTING=VALUE …] > FILE
# Needs MILLRACE_CONTROL_URL, as the node reaches it, and MILLRACE_ADMIN_TOKEN; prints nothing when it fails.
set -eu
name=${1:?usage: infra/node-env.sh NAME [SETTING=VALUE …]}
shift
case $name in *[!A-Za-z0-9._-]*) echo "millrace: a node's name has letters, digits, dots, dashes and underscores" >&2 && exit 1 ;; esac
# the admin token goes by standard input: arguments are seen by every user of the machine
answer=$(
  curl -sS --fail-with-body --config - "${MILLRACE_CONTROL_URL:?is not set}/v1/tokens" \
    -H 'Content-Type: application/json' -d "{\"name\":\"node $name\",\"scopes\":[\"nodes:link\"]}" <<END
header = "Authorization: Bearer ${MILLRACE_ADMIN_TOKEN:?is not set}"
END
) || { echo "millrace: the control plane gave no token: $answer" >&2 && exit 1; }
token=$(printf %s "$answer" | sed -n 's/.*"secret":"\([A-Za-z0-9_]*\)".*/\1/p')
[ -n "$token" ] || { echo 'millrace: the answer has no token' >&2 && exit 1; }
cat <<END
MILLRACE_CONTROL_URL=$MILLRACE_CONTROL_URL
MILLRACE_NODE_TOKEN=$token
MILLRACE_NODE_NAME=$name
END
for setting; do printf '%s\n' "$setting"; done
