"""Data sets: a whole set as one tensor in memory, from the package, a cache or the net."""

from aeutils.data.loading import CLASSES, DIGIT_CLASSES, EMBEDDED, SIZES, Dataset, fetch, load
from aeutils.data.photographs import PhotographCodes, load_cifar_codes
from aeutils.data.series import SERIES, Series, load_series
from aeutils.data.telemetry import Channel, load_telemetry
from aeutils.data.texts import Documents, Words, load_documents, load_words
from aeutils.data.whole import DataUnavailableError

__all__ = [
    "CLASSES",
    "DIGIT_CLASSES",
    "EMBEDDED",
    "SERIES",
    "SIZES",
    "Channel",
    "DataUnavailableError",
    "Dataset",
    "Documents",
    "PhotographCodes",
    "Series",
    "Words",
    "fetch",
    "load",
    "load_cifar_codes",
    "load_documents",
    "load_series",
    "load_telemetry",
    "load_words",
]
