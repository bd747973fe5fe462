"""Filters of others that speak the milter protocol."""
