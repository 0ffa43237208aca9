"""Metrics graded by code, paired statistics, report and charts for tool-call routers."""

from toolsmith_evaluator.metrics import METRICS, rates, wilson
from toolsmith_evaluator.paired import Paired, compare, mcnemar
from toolsmith_evaluator.predict import predict
from toolsmith_evaluator.prediction import Prediction, read_predictions
from toolsmith_evaluator.score import Graded, Score, grade

__all__ = [
    "METRICS",
    "Graded",
    "Paired",
    "Prediction",
    "Score",
    "compare",
    "grade",
    "mcnemar",
    "predict",
    "rates",
    "read_predictions",
    "wilson",
]
