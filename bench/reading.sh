#!/bin/bash
# reading.sh [ours dovecot-sdbox dovecot-maildir cyrus ... alone]: the budgets of reading in one run; a table at the end.
#
# Side by side with the peers ("ours dovecot-sdbox" unless named): N letters (100,000) in one mailbox, filled once and
# kept below HB_ROOT for the next run (FRESH=1: filled again); APPEND, LOGIN, IDLE, POP3.  PARTS: ops append login idle
# pop3.  ONLY: names of operations.  "alone": budgets that are figures, LIMITS: open import tls slow.
set -u
cd "$(dirname "$0")/.."
HERE=$PWD
export HARNESS=${HARNESS:-$HERE/../shared/bench}
export HB_ROOT=${HB_ROOT:-/var/lib/mailbench}
export HB_RESULTS=${HB_RESULTS:-$(mktemp)}
N=${N:-100000}
ONLY=${ONLY:-}
PARTS=${PARTS:-ops append login idle pop3}
LIMITS=${LIMITS:-open import tls slow}
REPEAT=${REPEAT:-3}
CONNS=${CONNS:-1000}
OPEN=${OPEN:-1000000} IMPORT=${IMPORT:-200000} TLS=${TLS:-10000}
OFFSET=2100 # IMAP 3243, IMAPS 4093, POP3 3210, LMTP 3124
PYTHON=$HERE/.venv/bin/python PYEONJI=$HERE/.venv/bin/pyeonji
OURS= PEER=
mkdir -p "$HB_ROOT"
. "$HARNESS/common.sh"
ulimit -n "$(ulimit -Hn)"

load() { # client of the harness, its arguments
	(cd "$HARNESS" && python3 "load/$@" >&2)
}

parts() { # label imap pop3 lmtp cgroup domain
	local at=${6:+@$6} target="--label $1 --cg $5 --target 127.0.0.1"
	for part in $PARTS; do
		case $part in
		ops) load imap_bench.py ops $target:$2 --user "u$at" --repeat "$REPEAT" --only "$ONLY" ;;
		append) load imap_bench.py append $target:$2 --users "1u..40u$at" --n 500 ;;
		login) load imap_bench.py login $target:$2 --users "1u..40u$at" --n 300 ;;
		idle) load imap_bench.py idle $target:$2 --users "1u..100u$at" --conns "$CONNS" --smtp "127.0.0.1:$4" --lmtp ${6:+--rcptmap "1u@$6"} ;;
		pop3) load pop3_bench.py $target:$3 --user "50u$at" ;;
		esac
	done
}

fill() { # label imap cgroup domain marks: the large mailbox, and one for POP3; what is marked is there already
	local at=${4:+@$4} target="--label $1 --cg $3 --target 127.0.0.1:$2"
	[ -e "$5" ] || load imap_bench.py fill $target --user "u$at" --n "$N"
	[ -e "$5-pop3" ] || load imap_bench.py fill $target --user "50u$at" --n 10000
	touch "$5" "$5-pop3"
}

start_ours() { # data: OURS is the supervisor itself, so that it can be stopped
	local group=/sys/fs/cgroup/cpuacct/hb_pyeonji
	[ -w /sys/fs/cgroup/cpuacct ] && mkdir -p $group
	(
		[ -e $group/tasks ] && echo $BASHPID >$group/tasks
		exec "$PYEONJI" --data "$1" serve --port-offset $OFFSET >"$HB_ROOT/pyeonji.log" 2>&1
	) &
	OURS=$!
	hb_wait_port 3243 || exit 1
	sleep 1 # both workers are there
}

stop_ours() {
	[ -n "$OURS" ] || return 0
	kill "$OURS" 2>/dev/null
	wait "$OURS"
	OURS=
}

stop_peer() {
	[ -n "$PEER" ] || return 0
	(cd "$HARNESS" && "peers/$PEER" stop >/dev/null 2>&1)
	PEER=
}

trap 'stop_ours; stop_peer' EXIT
trap 'exit 1' INT TERM

ours() {
	local data=$HB_ROOT/pyeonji-reading-$N
	[ -z "${FRESH:-}" ] || rm -rf "$data"
	[ -e "$data" ] || "$PYTHON" bench/accounts.py "$data" bench.test u 100
	start_ours "$data"
	fill pyeonji 3243 pyeonji bench.test "$data/filled"
	"$PYTHON" bench/digested.py "$data" # those of another version are made again
	parts pyeonji 3243 3210 3124 pyeonji bench.test
	stop_ours
}

peer() {
	local imap pop lmtp group mode= mark=$HB_ROOT/filled-$1-$N
	case $1 in
	dovecot-*) imap=$P_DOVE_IMAP pop=$P_DOVE_POP lmtp=$P_DOVE_LMTP group=dovecot mode=${1#dovecot-} PEER=dovecot.sh ;;
	cyrus) imap=$P_CYR_IMAP pop=$P_CYR_POP lmtp=$P_CYR_LMTP group=cyrus PEER=cyrus.sh ;;
	*) echo "no such peer: $1" >&2 && exit 1 ;;
	esac
	(cd "$HARNESS" && "peers/$PEER" start $mode) || exit 1
	[ -z "${FRESH:-}" ] || rm -f "$mark" "$mark-pop3"
	fill "$1" $imap $group "" "$mark"
	parts "$1" $imap $pop $lmtp $group ""
	stop_peer
}

limit() { "$PYTHON" bench/limits.py "$@" >&2; }

alone() {
	local data
	for what in $LIMITS; do
		case $what in
		open)
			data=$HB_ROOT/pyeonji-open-$OPEN
			if [ -n "${FRESH:-}" ] || [ ! -e "$data/filled" ]; then
				rm -rf "$data"
				"$PYTHON" bench/accounts.py "$data" bench.test u 1
				"$PYTHON" bench/large.py "$data" u@bench.test "$OPEN"
				touch "$data/filled"
			fi
			start_ours "$data"
			limit open $OURS 3243 u@bench.test
			;;
		import)
			data=$HB_ROOT/pyeonji-import
			[ -e "$HB_ROOT/$IMPORT.mbox" ] || limit mbox "$HB_ROOT/$IMPORT.mbox" "$IMPORT"
			rm -rf "$data"
			"$PYTHON" bench/accounts.py "$data" bench.test u 1
			limit import "$PYEONJI" "$data" u@bench.test "$HB_ROOT/$IMPORT.mbox" "$IMPORT"
			rm -rf "$data"
			;;
		tls)
			start_ours "$HB_ROOT/pyeonji-reading-$N"
			limit tls $OURS 4093 "$(seq -s, -f '%gu@bench.test' 1 100)" "$TLS"
			;;
		slow)
			start_ours "$HB_ROOT/pyeonji-reading-$N"
			limit slow 3243 u@bench.test 5
			;;
		esac
		stop_ours
	done
}

for name in ${*:-ours dovecot-sdbox alone}; do
	case $name in
	ours) ours ;;
	alone) alone ;;
	*) peer "$name" ;;
	esac
done
"$PYTHON" bench/reading_table.py "$HB_RESULTS"
