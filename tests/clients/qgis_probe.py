"""Draws and asks layers in QGIS without a screen: jobs as JSON on standard input, answers as JSON on standard output.

Run by the Python that has QGIS's bindings, as a program of its own. A job names `provider`, `uri`, `crs`, `extent`,
`width`, `height`, the `png` to write, and perhaps a point to `identify`; an answer tells `valid`, `crs`, `extent`,
what was `identified`, and the warnings and errors of QGIS's message log.
"""

import json
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsRaster,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize, Qt


def draw(layer, job):
    """Render the layer as a map window of QGIS would."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(job["crs"]))
    settings.setExtent(QgsRectangle(*job["extent"]))
    settings.setOutputSize(QSize(job["width"], job["height"]))
    settings.setBackgroundColor(Qt.transparent)
    settings.setLayers([layer])
    renderer = QgsMapRendererParallelJob(settings)
    renderer.start()
    renderer.waitForFinished()
    return renderer.renderedImage().save(job["png"]), [error.message for error in renderer.errors()]


def identify(layer, job):
    """What the identify tool would show as text."""
    found = layer.dataProvider().identify(
        QgsPointXY(*job["identify"]),
        QgsRaster.IdentifyFormatText,
        QgsRectangle(*job["extent"]),
        job["width"],
        job["height"],
    )
    return {"valid": found.isValid(), "texts": list(found.results().values()), "error": found.error().message()}


def look(job, log):
    """Load one layer, draw it, ask it."""
    del log[:]
    layer = QgsRasterLayer(job["uri"], "probe", job.get("provider", "wms"))
    answer = {"valid": layer.isValid(), "error": layer.error().message(), "crs": layer.crs().authid()}
    if layer.isValid():
        box = layer.extent()
        answer["extent"] = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
        answer["drawn"], answer["errors"] = draw(layer, job)
        if "identify" in job:
            answer["identified"] = identify(layer, job)
    answer["log"] = list(log)
    return answer


def main():
    """Answer all jobs in one QGIS."""
    app = QgsApplication([], False)
    app.initQgis()
    log = []

    def note(message, tag, level):
        if level in (Qgis.Warning, Qgis.Critical):
            log.append(f"{tag}: {message}")

    app.messageLog().messageReceived[str, str, Qgis.MessageLevel].connect(note)
    answers = [look(job, log) for job in json.load(sys.stdin)]
    json.dump(answers, sys.stdout)
    sys.stdout.flush()
    app.exitQgis()


if __name__ == "__main__":
    main()
