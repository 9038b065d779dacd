"""The engine under fire: whole pipes on a real Kafka, one fault each, held against a replay of their log.

`make chaos` runs everything at full size; a plain test run takes each fault once, small.
"""
