"""How voices are made, and the classifier: nothing here is imported by the service."""

from app.training.check import report_table
from app.training.logbook import Logbook
from app.training.running import Progress
from app.training.settings import TrainingSettings, parse_settings
from app.training.train import Folders, check, train

__all__ = [
    "Folders",
    "Logbook",
    "Progress",
    "TrainingSettings",
    "check",
    "parse_settings",
    "report_table",
    "train",
]
