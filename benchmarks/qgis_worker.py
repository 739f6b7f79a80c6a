"""Runs one job with QGIS processing; started by the system's Python, so it imports nothing of ours.

``python3 qgis_worker.py JOB FOLDER REPEATS`` prints one line of JSON, as ``benchmarks.measure`` does.
"""

import json
import resource
import statistics
import sys
import time

from qgis.analysis import QgsNativeAlgorithms
from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsRasterLayer,
    QgsVectorLayer,
)


def vector(folder, name):
    """Layer of a benchmark file, read into memory and indexed beforehand: QGIS at its best."""
    layer = QgsVectorLayer(f"{folder}/{name}.gpkg|layername={name}", name, "ogr")
    assert layer.isValid(), name
    memory = layer.materialize(QgsFeatureRequest())
    memory.dataProvider().createSpatialIndex()
    return memory


def jobs(folder):
    """Job → (algorithm, parameters); files are opened when a job is chosen."""

    def raster(size):
        return QgsRasterLayer(f"{folder}/region_{size}m.tif", "raster")

    def sample(size):
        return "native:rastersampling", {
            "INPUT": vector(folder, "points"),
            "RASTERCOPY": raster(size),
            "COLUMN_PREFIX": "v",
            "OUTPUT": "memory:",
        }

    def within(metres):
        return "native:extractwithindistance", {
            "INPUT": vector(folder, "points"),
            "REFERENCE": vector(folder, "parcels"),
            "DISTANCE": metres,
            "OUTPUT": "memory:",
        }

    def nearest():
        return "native:joinbynearest", {
            "INPUT": vector(folder, "points"),
            "INPUT_2": vector(folder, "parcels"),
            "NEIGHBORS": 1,
            "OUTPUT": "memory:",
        }

    def zonal(size):
        return "native:zonalstatisticsfb", {
            "INPUT": vector(folder, "communes"),
            "INPUT_RASTER": raster(size),
            "RASTER_BAND": 1,
            "COLUMN_PREFIX": "_",
            "STATISTICS": [2, 6],
            "OUTPUT": "memory:",
        }

    return {
        "sample_100": lambda: sample(100),
        "sample_25": lambda: sample(25),
        "within_20": lambda: within(20),
        "within_150": lambda: within(150),
        "nearest": nearest,
        "zonal_100": lambda: zonal(100),
        "zonal_25": lambda: zonal(25),
    }


def main():
    """Measure and print."""
    job, folder, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    application = QgsApplication([], False)
    application.initQgis()
    application.processingRegistry().addProvider(QgsNativeAlgorithms())
    name, parameters = jobs(folder)[job]()
    algorithm = application.processingRegistry().algorithmById(name)
    times, count = [], 0
    for _ in range(repeats + 1):
        context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
        started = time.perf_counter()
        found, done = algorithm.run(parameters, context, feedback)
        times.append(time.perf_counter() - started)
        assert done, feedback.textLog()
        count = context.getMapLayer(found["OUTPUT"]).featureCount()
        if times[0] > 3:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "first_s": times[0],
                "median_s": statistics.median(times[1:] or times),
                "best_s": min(times),
                "repeats": len(times) - 1,
                "peak_mb": round(peak, 1),
                "answer": f"{count} features",
            }
        )
    )


main()
