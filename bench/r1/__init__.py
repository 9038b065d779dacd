"""One job, R1, done by several engines on the same log in one run: `make bench ARGS="r1"`. See `job` for the job."""
