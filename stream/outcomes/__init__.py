"""Outcomes, one a file: what signals claim to warn of, for `journeywatch backtest`."""
