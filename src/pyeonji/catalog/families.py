"""Words that mean the same in a refusal, in the languages of mail servers: one name for each family.

A reply is read as a row of these names, and words that say nothing are left out.  So "The mail-box of this user has
been disabled" and "User account inactive" are the same two words, in another order, to the patterns.  Accents are gone
and all is in lower case when a word is looked up here.
"""

import unicodedata

# family: its words
_FAMILIES = """
user: userid userids receiver receivers user users recipient recipients recip recips rcpt rcpts addressee addressees
  customer customers person alias aliases subscriber utilisateur usuario usuarios utente destinataire destinataires
  destinatario destin empfanger empfaenger benutzer teilnehmer adressat uzytkownik odbiorca
addr: mailaddress mailaddr address addresses addr addrs adresse adresses direccion indirizzo endereco
box: postbus mailbox mailboxes mbox inbox account accounts acct konto konta kontos compte cuenta conta casella casilla
  boite caixa schranka postfach skrzynka maildrop mailfolder maildir maildirs postbox
msg: mail mails email emails message messages msg msgs letter letters nachricht correo courrier courriel wiadomosc
  mensaje mensagem messaggio envelope
full: filled maxed overfull full voll vol pleine plein lleno llena pieno piena cheia cheio lotada plna dolu tele
quota: quota quotas cuota cota kvota
storage: storage space capacity room speichervolumen speicherplatz espace espacio spazio allocation
exceed: depleted surpassed surpasses exceed exceeds exceeded exceeding exeeded exceded over overflow overflowed
  exhausted overdrawn superado superada uberschritten ueberschritten depasse depassee przekroczono
allowlist: allowlist allowlisted whitelist whitelisted
unknown: unknown unkown okand ukjent unrecognized unrecognised nonexistent inexistant inexistent inexistente inconnu
  inconnue unbekannt unbekannte desconocido desconocida desconhecido sconosciuto sconosciuta inesistente nieznany
  unallocated
exist: exist exists existing existe existent existiert istnieje esiste existed finns
found: found find locate located gefunden trouve trouvee encontrado encontrada trovato
know: know known knows bekannt connu conocido
not: sin sem senza sans not cannot cant never nicht nie non pas nao niet nincs не
no: no kein keine keinen aucun aucune ningun nessun nessuno nenhum brak geen ingen нет ma
such: takiej taka taky such takiego taki solcher solche
bad: bad invalid illegal wrong incorrect erroneous errato errata invalide ungultig ungueltig invalido incorrecte
dynamic: dynamic dialup residential dhcp
scan: scanner scanners scan scanning antivirus
disabled: decommissioned revoked parked ceased disabled ferme fermee noactivity retired paused obsolete defunct
  deprovisioned unused hibernated dormancy disable inactive inactivated deactivated deactivate suspended suspend
  closed terminated dormant locked frozen discontinued hangup suspension deaktiviert desactivee desactive inattivo
  inattiva inactivo inactiva disattivata disatttivata nieaktywne archived archivee abandoned cancelled canceled
  deactived inactivity
refuse: negado negada negata interdit interdite verboten unwelcome repelled disapproved discarded refuse refused
  refuses refusing refusal reject rejected rejects rejecting rejection deny denied denies denying decline declined
  declines prohibited prohibits prohibit prohibition forbidden disallowed disallow rejete rejetee abgelehnt abgewiesen
  rechazado rechazada rifiutato rifiutata recusado odrzucona odrzucono dissallowed
block: gesperrt zablokowane blackholed blackhole firewalled prison jail block blocked blocks blocking banned ban
  barred bloquee bloque bloques bloqueado bloccato isblocked
filter: filter filtered filters filtering
allow: allow allowed allows permit permitted permits accept accepts accepted accepting acceptable authorized
  authorised authorize authorise autorise erlaubt permitido approved
relay: relay relayed relaying relays openrelay relais
spam: spamverdacht unsollicited spambot spammy bulkmail spam spammed spamed scam fraud spams spammer spammers spamming
  junk junkmail unsolicited uce ube spamassassin antispam antispamowy antyspamowy spamtrap spamscore unwanted spamlike
  gtube
virus: worms trojans exploit spyware rootkit virus viruses malware infected trojan worm phishing phish ransomware
  malicious eicar dangerous harmful unsafe
content: macro macros documents archive archives zip attach content contents attachment attachments executable
  executables inhalt contenu contenido
url: url urls link links uri uris hyperlink hyperlinks
policy: policy policies politique richtlinie mailpolicy
blacklist: banlist banlisted stoplist denylisted blackholelist blacklist blacklisted blacklists blocklist blocklisted
  blocklisting blocklists denylist dnsbl dnsbls rbl rbls dnsrbl drbl sbl xbl pbl cbl ivmsip
grey: greylist greylisted greylisting graylist graylisted graylisting postgrey
temp: temporary temporarily tempfail transient temporaire
later: soon shortly afterwards later spater spaeter tard
busy: belegt bezet congested congestion overwhelmed saturated busy maintenance overloaded overload load
auth: authenticating signon authentication authenticate authenticated auth authentification authentifizierung logon
  login logged signin
password: passphrase password passwords passwd credential credentials username
sender: sender senders mailfrom emetteur expediteur absender mittente remitente originator
domain: domain domains domaine dominio
host: host hosts hostname hostnames server servers mta mtas machine client clients mailhost
dns: dns nameserver nameservers
recognized: recognized recognised recognise recognize
lookup: lookup lookups resolve resolved resolving resolves resolution resolvable
reverse: reverse ptr ptrs
helo: helo ehlo
record: record records
black: black nera
list: list liste lijst lista
send: send sends sending sent
receive: receive receives receiving
process: process processed processing
forge: faked faking fake impersonating impersonated impersonation forged forgery forging spoof spoofed spoofing
rate: rate rates throttle throttled throttling ratelimit ratelimited frequency
limit: cap capped ceiling limit limits limited limitation maximum max threshold
many: numerous zbyt liikaa fazla prilis mange excessive many excess much zuviele viele trop wiele veel muitas muitos
fast: rapidly rapid speed fast flood flooding burst quickly frequent frequently
conn: connection connections connect connects connected session sessions connexion connexions conection
size: size sizes length mailsize
big: oversize oversized bigger heavy enormous lang lange zware big large larger long huge grande gross groot duza duzy
loop: circular cycle loop loops looping looped mailloop
hop: hop hops
timeout: timeout timeouts
lost: disconnect disconnected interrupted lost dropped reset broken died
cert: certificate certificates cert tlsa dane mtasts
tls: unencrypted tls ssl starttls sslv3 encryption encrypted encrypt encrypting
header: header headers
expire: lapsed expire expirado expired expires expiration lifetime
queue: queue queued
disk: disk disc disks
error: error errors erreur fehler
failure: failure failures failed fail fails failing fehlgeschlagen
problem: problem problems trouble
config: configuration config misconfigured configured misconfiguration
unavailable: unavailable unavaiable
only: only nur solo seulement uniquement apenas soltanto alleen tylko solamente
image: image images bild bilder bildern imagen imagenes
mismatch: mismatch mismatches mismatched differs
judged: detected identified classified flagged marked considered deemed categorized categorised
trial: trial demo sandbox testing
retry: riprova riprovare reessayez reintente retry retrying resend reconnect retries
restrict: restricted restrict restricts restriction restrictions
violate: violate violates violating violation violated
post: post posts posting
duplicate: duplicate duplicated duplicates
second: second seconds
minute: minute minutes
hour: hour hours
day: day days
"""
# Words that say two things.
_BOTH = {
    "unable": "not",
    "overquota": "exceed quota",
    "unresolvable": "not lookup",
    "rdns": "reverse dns",
    "unauthorized": "not allow",
    "unauthorised": "not allow",
    "undeliverable": "not deliver",
    "unverified": "not verify",
    "verification": "verify",
    "verified": "verify",
    "unverifyable": "not verify",
    "unverifiable": "not verify",
    "verifiable": "verify",
    "disactive": "disabled",
    "unregistered": "not register",
    "registered": "register",
    "nullmx": "null mx",
    "userunknown": "user unknown",
    "nosuchuser": "no such user",
    "nomailbox": "no mailbox",
    "heloip": "helo ip",
    "unconfigured": "not config",
    "unroutable": "unrouteable",
    "badrcptto": "bad user",
    "diskspace": "disk storage",
    "mimepart": "mime parts",
}
# Two words that are one.
JOINED: dict[tuple[str, str], str] = {
    ("mail", "box"): "mailbox",
    ("mail", "drop"): "maildrop",
    ("mail", "folder"): "mailfolder",
    ("mail", "address"): "address",
    ("look", "up"): "lookup",
    ("domain", "keys"): "domainkeys",
    ("disk", "space"): "diskspace",
    ("log", "in"): "login",
    ("log", "on"): "login",
    ("logged", "on"): "login",
    ("logged", "in"): "login",
    ("sign", "in"): "login",
    ("e", "mail"): "mail",
    ("black", "list"): "blacklist",
    ("block", "list"): "blocklist",
    ("grey", "list"): "greylist",
    ("gray", "list"): "greylist",
    ("black", "listed"): "blacklist",
    ("blocked", "list"): "blocklist",
    ("deny", "list"): "denylist",
    ("timed", "out"): "timeout",
    ("time", "out"): "timeout",
    ("name", "server"): "nameserver",
    ("host", "name"): "hostname",
    ("user", "name"): "username",
    ("mta", "sts"): "mtasts",
    ("non", "existent"): "nonexistent",
    ("non", "existant"): "nonexistent",
    ("non", "existing"): "nonexistent",
    ("mail", "host"): "host",
    ("white", "list"): "allowlist",
    ("white", "listed"): "allowlist",
    ("lista", "blanca"): "allowlist",
    ("liste", "blanche"): "allowlist",
    ("local", "part"): "localpart",
    ("envelope", "from"): "mailfrom",
    ("return", "path"): "mailfrom",
    ("return", "address"): "mailfrom",
    ("bounce", "address"): "mailfrom",
    ("dial", "up"): "dialup",
    ("blocked", "you"): "blockedyou",
    ("over", "sized"): "oversized",
    ("nie", "ma"): "brak",
    ("any", "more"): "anymore",
    ("from", "you"): "fromyou",
    ("you", "sent"): "yousent",
    ("your", "address"): "sender",
    ("votre", "adresse"): "sender",
    ("ihre", "adresse"): "sender",
    ("su", "direccion"): "sender",
    ("from", "address"): "fromaddress",
    ("no", "valido"): "invalid",
    ("no", "valida"): "invalid",
    ("nao", "valido"): "invalid",
    ("non", "valido"): "invalid",
    ("non", "valida"): "invalid",
    ("non", "valide"): "invalid",
}
# Two families that are one wherever they stand side by side: an adjective may follow its noun, a negation its verb,
# and "no" is said for "not".
PAIRED: dict[tuple[str, str], str] = {
    ("black", "list"): "blacklist",
    ("list", "black"): "blacklist",
    ("grey", "list"): "grey",
    ("list", "grey"): "grey",
    ("no", "exist"): "not exist",
    ("no", "found"): "not found",
    ("no", "know"): "not know",
    ("no", "allow"): "not allow",
    ("exist", "not"): "not exist",
    ("found", "not"): "not found",
    ("know", "not"): "not know",
    ("allow", "not"): "not allow",
    ("available", "not"): "not available",
    ("deliver", "not"): "not deliver",
    ("answer", "not"): "not answer",
    ("lookup", "not"): "not lookup",
}
# What says nothing about why.
_SILENT = """
a able mehr zum zur vom beim al aux ao ce este dieses diese plus aborted action all already also am an and any are
  as at be because been being but byl byla ca can could currently
das de dem den der des di did die do does done du due e ein eine einen el en est esta estan et ete foi for from
further ha had has hat have having he her here hi his i if ihr ihre ihrer il im in information into is ist it its
ive jest just kann la las le les lo los may me might my na notre now o oder of on one or os ou our para please por
pour request requested said says see shall she should sido so some sono sorry stata stato su sus taken than that the
their then there these they this those to tu un una und une unser unsere us visit vos votre w was we werd were what when
which who why will with worden wordt would wurde wurden x y yet you your yours z za zostal zostala zostalo в вас ваш
ваша вашего из на с
"""
# What a host name or a link says by being named: part of the name -> the family that stands for it.
NAMED: dict[str, str] = {
    "dbl.spamhaus": "domainlist",
    "spamhaus.org/dbl": "domainlist",
    "query/domain": "domainlist",
    "surbl": "domainlist",
    "uribl": "domainlist",
    "openspf": "spf",
    "spamhaus": "blacklist",
    "sorbs.": "blacklist",
    "spamcop": "blacklist",
    "dnsbl": "blacklist",
    ".rbl": "blacklist",
    "rbl.": "blacklist",
    "rbl-": "blacklist",
    "barracudacentral": "blacklist",
    "abuseat": "blacklist",
    "uceprotect": "blacklist",
    "cloudmark": "blacklist",
    "manitu": "blacklist",
    "psbl.": "blacklist",
    "mailspike": "blacklist",
    "junkemailfilter": "blacklist",
    "spamrl": "blacklist",
    "mail-abuse": "blacklist",
    "ipremoval": "blacklist",
    "ipcheck": "blacklist",
    "senderscore": "blacklist",
    "invaluement": "blacklist",
    "cobion": "blacklist",
    "abusix": "blacklist",
    "blocklist": "blacklist",
    "blacklist": "blacklist",
    "nerd.dk": "blacklist",
    "ordb.org": "blacklist",
    "servicecentral.trendmicro": "blacklist",
    "spamcannibal": "blacklist",
    "denyip": "blacklist",
    "unblock?": "blacklist",
    "delist": "blacklist",
    "kisarbl": "blacklist",
}


_NOT_TAKEN_APART = str.maketrans("łøđıæœ", "lodiao")  # letters that Unicode does not see as a letter and a mark


def folded(text: str) -> str:
    """In lower case and without accents: how words are looked up."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_NOT_TAKEN_APART))
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def _families() -> dict[str, str]:
    found: dict[str, str] = {}
    family = ""
    for word in _FAMILIES.split():
        if word.endswith(":"):
            family = word[:-1]
        else:
            found[word] = family
    return found


FAMILY = _families() | _BOTH
SILENT = frozenset(_SILENT.split())
