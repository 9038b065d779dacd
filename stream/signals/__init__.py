"""One signal or watch a file: each module offers one `SIGNAL` or `WATCH`. It says intervals; the engine schedules."""
