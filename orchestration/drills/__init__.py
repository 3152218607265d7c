"""Drills: what may happen to a refresh, done to it on purpose. No refresh needs this package."""
