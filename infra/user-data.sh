#!/bin/sh
# Makes a fresh Debian or Ubuntu machine a media node: as user data of cloud-init, or by hand as root. Set before it:
#   MILLRACE_SOURCE          .tar.gz of this repository, a URL or a file
#   MILLRACE_CONTROL_URL     the control plane, as this machine reaches it
#   MILLRACE_JOIN_TOKEN      a token of scope nodes:link, or on AWS MILLRACE_JOIN_TOKEN_SSM: the SSM parameter that holds it
#   MILLRACE_QUEUE_URL_SSM   on AWS, the SSM parameter that holds QUEUE_URL; elsewhere a line of MILLRACE_NODE_SETTINGS
# and if wanted MILLRACE_NODE_NAME, MILLRACE_PUBLIC_HOST, MILLRACE_INTERNAL_HOST (where other nodes reach it), MILLRACE_REGION, and
# MILLRACE_NODE_SETTINGS (more lines for node.env, such as QUEUE_URL=…).
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive
: "${MILLRACE_SOURCE:?is not set}" "${MILLRACE_CONTROL_URL:?is not set}"
packages='ca-certificates curl nodejs npm'
[ -z "${MILLRACE_JOIN_TOKEN_SSM:-}" ] || packages="$packages awscli"
apt-get -qq update
# shellcheck disable=SC2086 # a list
apt-get -qq install -y --no-install-recommends $packages

# what the machine knows of itself, where there is a cloud to ask (IMDSv2)
session=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token || true)
metadata() {
  [ -z "$session" ] || curl -sf -m 2 -H "X-aws-ec2-metadata-token: $session" "http://169.254.169.254/latest/meta-data/$1" || true
}
parameter() {
  aws ssm get-parameter --region "$region" --name "$1" --with-decryption --query Parameter.Value --output text
}
name=${MILLRACE_NODE_NAME:-$(metadata instance-id)}
region=${MILLRACE_REGION:-$(metadata placement/region)}
outer=$(metadata public-ipv4)
address=${MILLRACE_PUBLIC_HOST:-$outer}
internal=${MILLRACE_INTERNAL_HOST:-$(metadata local-ipv4)}
token=${MILLRACE_JOIN_TOKEN:-}
if [ -n "${MILLRACE_JOIN_TOKEN_SSM:-}" ]; then
  token=$(parameter "$MILLRACE_JOIN_TOKEN_SSM")
fi
queue=
[ -z "${MILLRACE_QUEUE_URL_SSM:-}" ] || queue=$(parameter "$MILLRACE_QUEUE_URL_SSM")
: "${token:?there is no join token}"

id millrace >/dev/null 2>&1 || useradd --system --home-dir /var/lib/millrace --shell /usr/sbin/nologin millrace
mkdir -p /opt/millrace
case $MILLRACE_SOURCE in
  https://* | http://*) curl -fsSL "$MILLRACE_SOURCE" ;;
  *) cat "$MILLRACE_SOURCE" ;;
esac | tar -xz --strip-components=1 -C /opt/millrace
cd /opt/millrace
npm ci --omit=dev --omit=optional --no-audit --no-fund

mkdir -p /etc/millrace
(
  umask 077
  {
    echo "MILLRACE_CONTROL_URL=$MILLRACE_CONTROL_URL"
    echo "MILLRACE_NODE_TOKEN=$token"
    echo "MILLRACE_NODE_NAME=${name:-$(hostname)}"
    [ -z "$address" ] || echo "MILLRACE_PUBLIC_HOST=$address"
    [ -z "$internal" ] || echo "MILLRACE_INTERNAL_HOST=$internal"
    # the machine itself knows its inner address only
    [ -z "$outer" ] || echo "MILLRACE_RTC_ADDRESSES=$outer"
    [ -z "$queue" ] || echo "QUEUE_URL=$queue"
    [ -z "$region" ] || echo "MILLRACE_REGION=$region"
    [ -z "${MILLRACE_NODE_SETTINGS:-}" ] || echo "$MILLRACE_NODE_SETTINGS"
  } > /etc/millrace/node.env
)
# a key frame to all who watch by WebRTC is many packets at once
printf 'net.core.rmem_max = 8388608\nnet.core.wmem_max = 8388608\n' > /etc/sysctl.d/60-millrace.conf
sysctl -q -p /etc/sysctl.d/60-millrace.conf || true
cp infra/systemd/millrace-node.service /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now millrace-node
