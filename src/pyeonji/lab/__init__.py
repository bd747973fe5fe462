"""The whole Internet on a laptop: real servers, real DNS, loopback only (docs/lab.md)."""
