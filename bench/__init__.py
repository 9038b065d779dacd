"""Measurements side by side in one run: `make bench`. Not tests: nothing here fails for being slow."""
