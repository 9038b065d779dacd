"""One KPI a file: each module offers one `KPI`. It says facts; the engine adds up their differences."""
