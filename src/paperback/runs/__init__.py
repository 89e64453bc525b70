"""What was run: every log format read into one table of runs."""

from paperback.runs.describe import describe_runs, show_runs
from paperback.runs.lookup import final, find_metric, history
from paperback.runs.metric import Metric, MetricKey
from paperback.runs.read import open_runs, read_runs
from paperback.runs.readers import READERS
from paperback.runs.run import Final, Run, Scalar, Series, Status
from paperback.runs.select import Criterion, Protocol, parse_protocol
from paperback.runs.table import Role, RunTable

__all__ = [
    "READERS",
    "Criterion",
    "Final",
    "Metric",
    "MetricKey",
    "Protocol",
    "Role",
    "Run",
    "RunTable",
    "Scalar",
    "Series",
    "Status",
    "describe_runs",
    "final",
    "find_metric",
    "history",
    "open_runs",
    "parse_protocol",
    "read_runs",
    "show_runs",
]
