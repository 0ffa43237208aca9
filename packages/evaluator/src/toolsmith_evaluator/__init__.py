"""Metrics graded by code, paired statistics, report and charts for tool-call routers."""

from toolsmith_evaluator.metrics import METRICS, Rate, rates, wilson
from toolsmith_evaluator.paired import Paired, cluster_bootstrap, compare, mcnemar
from toolsmith_evaluator.predict import predict
from toolsmith_evaluator.prediction import Prediction, read_predictions
from toolsmith_evaluator.score import Graded, Score, grade, score

__all__ = [
    "METRICS",
    "Graded",
    "Paired",
    "Prediction",
    "Rate",
    "Score",
    "cluster_bootstrap",
    "compare",
    "grade",
    "mcnemar",
    "predict",
    "rates",
    "read_predictions",
    "score",
    "wilson",
]
