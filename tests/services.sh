#!/bin/sh
# PostgreSQL and Redis for the tests, on this machine alone: installed (Debian, root) and started where none listen.
# Where something listens already, nothing is touched. Ends with what the tests then use.
set -eu
# A cluster takes its encoding from here when the package makes it; without, it would be SQL_ASCII.
export LC_ALL=C.UTF-8

listens() {
    python3 - "$1" <<'PY'
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2).close()
except OSError:
    sys.exit(1)
PY
}

wait_for() {
    tries=0
    until listens "$1"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 60 ]; then
            echo "nothing listens on 127.0.0.1:$1 after half a minute" >&2
            exit 1
        fi
        sleep 0.5
    done
}

updated=
install() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "$* must be installed first: run this as root on Debian, or start the server yourself" >&2
        exit 1
    fi
    [ -n "$updated" ] || apt-get update -qq </dev/null
    updated=1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        su postgres -s /bin/sh -c "$1" </dev/null
    else
        sh -c "$1" </dev/null
    fi
}

start_postgres() {
    command -v pg_lsclusters >/dev/null || install postgresql
    cluster=$(pg_lsclusters -h | awk '$3 == 5432 { print $1, $2; exit }')
    if [ -z "$cluster" ]; then
        version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1)
        pg_createcluster --locale C.UTF-8 --port 5432 "$version" main >/dev/null
        cluster="$version main"
    fi
    # shellcheck disable=SC2086  # two words: version and name
    set -- $cluster
    rules=/etc/postgresql/$1/$2/pg_hba.conf
    # The first line that fits counts. Trust, since only this machine can connect and the data are made up.
    if ! head -n 1 "$rules" | grep -q 'trust'; then
        { echo 'host all postgres 127.0.0.1/32 trust'; cat "$rules"; } >"$rules.new"
        cat "$rules.new" >"$rules" # keeps owner and mode
        rm "$rules.new"
    fi
    pg_ctlcluster "$1" "$2" start </dev/null || pg_ctlcluster "$1" "$2" restart </dev/null
    wait_for 5432
    as_postgres 'psql -qAt -c "SELECT 1 FROM pg_database WHERE datname = '"'test'"'" | grep -q 1 || createdb -E UTF8 -T template0 test'
}

start_redis() {
    command -v redis-server >/dev/null || install redis-server
    # A package's own start may have come first.
    listens 6379 || redis-server --bind 127.0.0.1 --port 6379 --daemonize yes --save '' --appendonly no --dir /tmp </dev/null >/dev/null
    wait_for 6379
}

listens 5432 || start_postgres
listens 6379 || start_redis
echo "postgresql://postgres@127.0.0.1/test and redis://127.0.0.1:6379 listen"
