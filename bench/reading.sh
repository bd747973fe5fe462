#!/bin/bash
# reading.sh [ours dovecot-sdbox dovecot-maildir cyrus ...]: one run side by side; prints a table with ratios at the end.
# N letters in the mailbox (100,000); filled once, kept below HB_ROOT for the next run (FRESH=1: filled again).
# ONLY: names of operations, all by default.  PARTS: ops append login idle.
set -u
cd "$(dirname "$0")/.."
HERE=$PWD
HARNESS=${HARNESS:-$HERE/../shared/bench}
export HB_ROOT=${HB_ROOT:-/var/lib/mailbench}
export HB_RESULTS=${HB_RESULTS:-$(mktemp)}
N=${N:-100000}
ONLY=${ONLY:-}
PARTS=${PARTS:-ops append login idle}
REPEAT=${REPEAT:-5}
CONNS=${CONNS:-1000}
DATA=$HB_ROOT/pyeonji-reading-$N
OFFSET=2100 # IMAP 3243, LMTP 3124
mkdir -p "$HB_ROOT"
. "$HARNESS/common.sh"

bench() { # what label port users: the load client of the harness
	(cd "$HARNESS" && python3 load/imap_bench.py "$1" --label "$2" --target "127.0.0.1:$3" --cg "$4" "${@:5}") |
		tee -a /dev/stderr >/dev/null
}

parts() { # label port cgroup domain lmtp
	local at=${4:+@$4}
	for part in $PARTS; do
		case $part in
		ops) bench ops "$1" "$2" "$3" --user "u$at" --repeat "$REPEAT" --only "$ONLY" ;;
		append) bench append "$1" "$2" "$3" --users "1u..40u$at" --n 500 ;;
		login) bench login "$1" "$2" "$3" --users "1u..40u$at" --n 300 ;;
		idle) bench idle "$1" "$2" "$3" --users "1u..100u$at" --conns "$CONNS" --smtp "127.0.0.1:$5" --lmtp ${4:+--rcptmap "1u@$4"} ;;
		esac
	done
}

start_ours() {
	hb_cg pyeonji "$HERE/.venv/bin/pyeonji" --data "$DATA" serve --port-offset $OFFSET >"$HB_ROOT/pyeonji.log" 2>&1 &
	OURS=$!
	hb_wait_port 3243
	sleep 1 # both workers are there
}

stop_ours() {
	kill $OURS
	wait $OURS
}

ours() {
	if [ -n "${FRESH:-}" ] || [ ! -e "$DATA/filled" ]; then
		rm -rf "$DATA"
		"$HERE/.venv/bin/python" bench/accounts.py "$DATA" bench.test u 100
		start_ours
		bench fill pyeonji 3243 pyeonji --user u@bench.test --n "$N"
		"$HERE/.venv/bin/python" bench/digested.py "$DATA"
		stop_ours
		touch "$DATA/filled"
	fi
	start_ours
	parts pyeonji 3243 pyeonji bench.test 3124
	stop_ours
}

peer() {
	case $1 in
	dovecot-*) port=$P_DOVE_IMAP lmtp=$P_DOVE_LMTP group=dovecot script="dovecot.sh start ${1#dovecot-}" stop="dovecot.sh stop" ;;
	cyrus) port=$P_CYR_IMAP lmtp=$P_CYR_LMTP group=cyrus script="cyrus.sh start" stop="cyrus.sh stop" ;;
	esac
	(cd "$HARNESS" && peers/$script)
	if [ -n "${FRESH:-}" ] || [ ! -e "$HB_ROOT/filled-$1-$N" ]; then
		bench fill "$1" $port $group --user u --n "$N"
		touch "$HB_ROOT/filled-$1-$N"
	fi
	parts "$1" $port $group "" $lmtp
	(cd "$HARNESS" && peers/$stop)
}

for name in ${*:-ours dovecot-sdbox}; do
	if [ "$name" = ours ]; then ours; else peer "$name"; fi
done
"$HERE/.venv/bin/python" bench/reading_table.py "$HB_RESULTS"
