"""Servers that need no installation: the broker and the Redis of `journeywatch demo` and of the fast tests."""
