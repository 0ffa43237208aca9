"""Metrics graded by code, paired statistics, report and charts for tool-call routers."""
