"""English sentences about what is demanded on the way out; the same keys as `transport_ko`."""

TEXTS = {
    "help.explain.tls": "what a domain's servers would have to prove before they get a letter (asks the DNS)",
    "transport.nowhere": "No server can be named: {why}.",
    "transport.no_dane": "DANE is not possible here: no resolver is on this machine's loopback, or said to check DNSSEC"
    " (dns.validating).",
    "transport.no_policy": "{domain} publishes no policy (MTA-STS).",
    "transport.policy": "The policy of {domain} (MTA-STS): {mode}, for {hosts}; kept for {days} days.",
    "transport.broken_policy": "{domain} announces a policy (MTA-STS) that cannot be had: {why}.",
    "transport.refused": "It would get nothing: {why}.",
    "transport.tested": "The policy would keep it from the letter, once it is in force: {why}.",
}
