"""What was run: every log format read into one table of runs."""

from paperback.runs.lookup import final, find_metric, history
from paperback.runs.metric import Metric, MetricKey
from paperback.runs.read import read_runs
from paperback.runs.readers import READERS
from paperback.runs.run import Final, Run, Scalar, Series, Status
from paperback.runs.table import Role, RunTable

__all__ = [
    "READERS",
    "Final",
    "Metric",
    "MetricKey",
    "Role",
    "Run",
    "RunTable",
    "Scalar",
    "Series",
    "Status",
    "final",
    "find_metric",
    "history",
    "read_runs",
]
