#!/bin/bash
# reading.sh [ours dovecot-sdbox dovecot-maildir cyrus ... alone]: the budgets of reading in one run; a table at the end.
#
# Side by side with the peers, by turns: N letters (100,000) in one mailbox, filled once and
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
OURS= PEERS=
declare -A LABEL GROUP IMAP POP3 LMTP AT
mkdir -p "$HB_ROOT"
. "$HARNESS/common.sh"
ulimit -n "$(ulimit -Hn)"

load() { # client of the harness, its arguments
	(cd "$HARNESS" && python3 "load/$@" >&2)
}

OPS="select fetch-flags uid-fetch-flags fetch-size-date fetch-envelope fetch-hdr-fields fetch-bodystructure fetch-header
open-latest-50 fetch-full fetch-full-one-by-one search-subject search-from search-unseen search-since
search-header-msgid search-text search-body store-add-silent store-del store-one-by-one sort-date sort-subject
sort-rev-arrival thread-refs copy-1000"

# By turns, so that a machine that becomes slower becomes so for all: one part, one operation of each after the other.
beside() { # names
	local part op name
	for part in $PARTS; do
		case $part in
		ops)
			for op in ${ONLY:-$OPS}; do
				for name; do measure $name ops --user "u${AT[$name]}" --repeat "$REPEAT" --only $op; done
			done
			;;
		append) for name; do measure $name append --users "1u..40u${AT[$name]}" --n 500; done ;;
		login) for name; do measure $name login --users "1u..40u${AT[$name]}" --n 300; done ;;
		idle)
			for name; do
				measure $name idle --users "1u..100u${AT[$name]}" --conns "$CONNS" \
					--smtp "127.0.0.1:${LMTP[$name]}" --lmtp ${AT[$name]:+--rcptmap "1u${AT[$name]}"}
			done
			;;
		pop3)
			for name; do
				load pop3_bench.py --label ${LABEL[$name]} --cg ${GROUP[$name]} --target "127.0.0.1:${POP3[$name]}" \
					--user "50u${AT[$name]}"
			done
			;;
		esac
	done
}

measure() { # name what arguments
	local name=$1
	load imap_bench.py $2 --label ${LABEL[$name]} --cg ${GROUP[$name]} --target "127.0.0.1:${IMAP[$name]}" "${@:3}"
}

fill() { # name marks: the large mailbox, and one for POP3; what is marked is there already
	[ -e "$2" ] || measure $1 fill --user "u${AT[$1]}" --n "$N"
	[ -e "$2-pop3" ] || measure $1 fill --user "50u${AT[$1]}" --n 10000
	touch "$2" "$2-pop3"
	HB_RESULTS= measure $1 ops --user "u${AT[$1]}" --repeat 9 --only select 2>/dev/null # each of our workers is warm
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

stop_peers() {
	local script
	for script in $PEERS; do (cd "$HARNESS" && "peers/$script" stop >/dev/null 2>&1); done
	PEERS=
}

trap 'stop_ours; stop_peers' EXIT
trap 'exit 1' INT TERM

ours() {
	local data=$HB_ROOT/pyeonji-reading-$N
	LABEL[ours]=pyeonji GROUP[ours]=pyeonji IMAP[ours]=3243 POP3[ours]=3210 LMTP[ours]=3124 AT[ours]=@bench.test
	[ -z "${FRESH:-}" ] || rm -rf "$data"
	[ -e "$data" ] || "$PYTHON" bench/accounts.py "$data" bench.test u 100
	start_ours "$data"
	fill ours "$data/filled"
	"$PYTHON" bench/digested.py "$data" # those of another version are made again
}

peer() {
	local mode= script mark=$HB_ROOT/filled-$1-$N
	LABEL[$1]=$1 AT[$1]=
	case $1 in
	dovecot-*)
		IMAP[$1]=$P_DOVE_IMAP POP3[$1]=$P_DOVE_POP LMTP[$1]=$P_DOVE_LMTP GROUP[$1]=dovecot
		mode=${1#dovecot-} script=dovecot.sh
		;;
	cyrus) IMAP[$1]=$P_CYR_IMAP POP3[$1]=$P_CYR_POP LMTP[$1]=$P_CYR_LMTP GROUP[$1]=cyrus script=cyrus.sh ;;
	*) echo "no such peer: $1" >&2 && exit 1 ;;
	esac
	PEERS="$PEERS $script"
	(cd "$HARNESS" && "peers/$script" start $mode) || exit 1
	[ -z "${FRESH:-}" ] || rm -f "$mark" "$mark-pop3"
	fill "$1" "$mark"
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

names=()
for name in ${*:-ours dovecot-sdbox alone}; do
	case $name in
	ours) ours && names+=(ours) ;;
	alone) alone=yes ;;
	*) peer "$name" && names+=("$name") ;;
	esac
done
[ ${#names[@]} = 0 ] || beside "${names[@]}"
stop_ours
stop_peers
[ -z "${alone:-}" ] || alone
"$PYTHON" bench/reading_table.py "$HB_RESULTS"
