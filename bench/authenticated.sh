#!/bin/bash
# authenticated.sh [ours pf-dovecot-sdbox ...]: inbound.sh with authentication on, for a client whom nobody knows: signed letters of
# 10 KiB; SPF, DKIM and DMARC by our own filters, and by Debian's opendkim and opendmarc behind Postfix -> Dovecot LMTP.
# All ask one unbound on this machine, which has the zone in memory.
set -u
cd "$(dirname "$0")/.."
HERE=$PWD
HARNESS=${HARNESS:-$HERE/../shared/bench}
export HB_ROOT=${HB_ROOT:-/var/lib/mailbench}
export HB_RESULTS=${HB_RESULTS:-$(mktemp)}
CELLS=${CELLS:-"--cell 10:1000:10240:1 --cell 100:2000:10240:1"}
DATA=$HB_ROOT/pyeonji
WORK=$HB_ROOT/authenticated
. "$HARNESS/common.sh"

rm -rf "$WORK"; mkdir -p "$WORK/bin"; chmod 755 "$WORK"
"$HERE/.venv/bin/python" bench/authenticated.py make "$WORK" $HB_DOM
# The client of the harness makes its letters itself: it is given ours.
printf '#!/bin/bash\nargs=()\nwhile [ $# -gt 0 ]; do case $1 in -l) shift ;; *) args+=("$1") ;; esac; shift; done\nexec /usr/sbin/smtp-source -F %s "${args[@]}"\n' "$WORK/letter" >"$WORK/bin/smtp-source"
chmod 755 "$WORK/bin/smtp-source"
export PATH=$WORK/bin:$PATH

unbound -d -c "$WORK/unbound.conf" >"$WORK/unbound.log" 2>&1 &
DNS=$!
trap 'kill $DNS; hb_cg_kill opendkim; hb_cg_kill opendmarc; [ -n "${FILTERS:-}" ] && kill $FILTERS 2>/dev/null' EXIT
sleep 1

# Beside other work all processes of a run get the same high share: each session has a group of its own, and servers make sessions.
ahead() { # GROUPS
	local group pid
	for group in ${1//,/ } ''; do
		for pid in ${group:+$(cat "/sys/fs/cgroup/cpuacct/hb_$group/cgroup.procs")} $$ $DNS; do
			echo -19 >"/proc/$pid/autogroup"
		done
	done 2>/dev/null
}

load() { # LABEL TARGET IMAP USER CGROUPS
	ahead "$5"
	(cd "$HARNESS" && python3 load/smtp_in.py --label "$1" --target "$2" --count "imap:$3:$4:$HB_PW" --cg "$5" \
		--mailfrom kim@sender.example $CELLS) && "$HERE/.venv/bin/python" bench/authenticated.py check "$3" "$4" $HB_PW ||
		echo "$1 failed, or its letters were not judged" >&2
}

ours() {
	rm -rf "$DATA"
	"$HERE/.venv/bin/python" bench/accounts.py "$DATA" $HB_DOM u 100
	cp "$WORK/pyeonji.toml" "$DATA/pyeonji.toml"
	hb_cg ours "$HERE/.venv/bin/pyeonji" --data "$DATA" serve --port-offset 2000 >"$HB_ROOT/pyeonji.log" 2>&1 &
	hb_wait_port 3025
	sleep 2 # the port answers before all workers do
	load pyeonji 127.0.0.1:3025 127.0.0.1:3143 u@$HB_DOM ours
	hb_cg_kill ours
}

peer() { # FORMAT
	rm -rf "$HB_ROOT/in-$1"
	hb_cg opendkim opendkim -f -x "$WORK/opendkim.conf" >"$WORK/opendkim.log" 2>&1 &
	FILTERS=$!
	hb_cg opendmarc opendmarc -f -c "$WORK/opendmarc.conf" >"$WORK/opendmarc.log" 2>&1 &
	FILTERS="$FILTERS $!"
	hb_wait_port 8891 && hb_wait_port 8893
	export HB_POSTFIX_EXTRA='smtpd_milters = inet:127.0.0.1:8891, inet:127.0.0.1:8893
milter_protocol = 6
milter_default_action = tempfail
smtpd_client_connection_count_limit = 0'
	(cd "$HARNESS" && peers/dovecot.sh start "$1" "$HB_ROOT/in-$1" && peers/postfix.sh start lmtp)
	load "pf-dovecot-$1 + opendkim + opendmarc" 127.0.0.1:$P_POSTFIX 127.0.0.1:$P_DOVE_IMAP u postfix,dovecot,opendkim,opendmarc
	(cd "$HARNESS" && peers/postfix.sh stop; peers/dovecot.sh stop)
	hb_cg_kill opendkim; hb_cg_kill opendmarc
	kill $FILTERS 2>/dev/null
	FILTERS=
	rm -rf "$HB_ROOT/in-$1"
}

for name in ${*:-ours pf-dovecot-sdbox}; do
	case $name in
	ours) ours ;;
	pf-dovecot-*) peer "${name##*-}" ;;
	esac
done
"$HERE/.venv/bin/python" bench/table.py "$HB_RESULTS"
