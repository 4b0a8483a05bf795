#!/bin/sh
# Makes what the services of docker-compose.yml share and nobody needs to know. Run again it changes nothing.
set -eu
cd "$1"
umask 0222  # readable by whichever user a service runs as; the volume is mounted in these services alone

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
once() { [ -s "$1" ] || { rm -f "$1.new" && cat > "$1.new" && mv "$1.new" "$1"; }; }

random | once AGENT_SECRET_KEY
random | once POSTGRES_PASSWORD
random | once REDIS_PASSWORD
printf 'postgresql://agent:%s@postgres:5432/agent' "$(cat POSTGRES_PASSWORD)" | once AGENT_DATABASE_URL
printf 'redis://:%s@redis:6379/0' "$(cat REDIS_PASSWORD)" | once AGENT_REDIS_URL

# Never evict: a full queue must say so. What it holds can be published again from the record.
once redis.conf <<CONF
requirepass $(cat REDIS_PASSWORD)
dir /data
appendonly yes
maxmemory 256mb
maxmemory-policy noeviction
CONF
