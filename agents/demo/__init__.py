"""`journeywatch demo`: the whole pipe on this machine, with synthetic journeys, and a live view of what it says."""
