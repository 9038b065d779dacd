"""The impure rooms: settings, logs, metrics, the read side, sinks."""
