#!/bin/bash
# inbound.sh [ours pf-virtual pf-dovecot-sdbox ...]: one run side by side; prints a table with ratios at the end.
set -u
cd "$(dirname "$0")/.."
HERE=$PWD
HARNESS=${HARNESS:-$HERE/../shared/bench}
export HB_ROOT=${HB_ROOT:-/var/lib/mailbench}
export HB_RESULTS=${HB_RESULTS:-$(mktemp)}
CELLS=${CELLS:-"--cell 10:2000:4096:1 --cell 100:3000:4096:1 --cell 1:20:4096:0:50"}
DATA=$HB_ROOT/pyeonji
OFFSET=2000 # SMTP 3025, IMAP 3143

ours() {
	rm -rf "$DATA"
	"$HERE/.venv/bin/python" bench/accounts.py "$DATA" bench.test u 100
	"$HERE/.venv/bin/pyeonji" --data "$DATA" serve --port-offset $OFFSET >"$HB_ROOT/pyeonji.log" 2>&1 &
	local pid=$!
	for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/3025) 2>/dev/null && break; sleep 0.1; done
	sleep 2 # the port answers before all workers do: the first would get every connection
	(cd "$HARNESS" && HB_CELLS= python3 load/smtp_in.py --label pyeonji --target 127.0.0.1:3025 \
		--count imap:127.0.0.1:3143:u@bench.test:pw $CELLS) ||
		echo "ours failed" >&2
	kill $pid
	wait $pid
}

for name in ${*:-ours pf-virtual pf-dovecot-sdbox}; do
	if [ "$name" = ours ]; then
		ours
	else
		(cd "$HARNESS" && HB_CELLS="$CELLS" ./run-inbound.sh "$name")
	fi
done
"$HERE/.venv/bin/python" bench/table.py "$HB_RESULTS"
