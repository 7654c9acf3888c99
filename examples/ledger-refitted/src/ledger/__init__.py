"""Ledger: who spent what, when, on what."""
