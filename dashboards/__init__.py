"""Grafana dashboards as code: what is here makes dashboards/json, which Grafana is provisioned with."""
