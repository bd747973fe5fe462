"""Sentences for people, in Korean and in English.  Protocols speak in constants and never import this package."""
