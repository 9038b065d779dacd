"""Independent recomputation of every number from the definitions alone: it shares no code with `stream`."""
