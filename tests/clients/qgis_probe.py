"""Draws and asks layers in QGIS without a screen: jobs as JSON on standard input, answers as JSON on standard output.

Run by the Python that has QGIS's bindings, as a program of its own. A job names `provider`, `uri`, `crs`, `extent`,
`width`, `height`, the `png` to write, perhaps a point to `identify` and the two ends of a temporal `range` with how it
is `match`ed (in the layer's own way where that is empty); an answer tells `valid`, `crs`, `extent`, what was
`identified`, what the layer says of its `times`, and the warnings and errors of QGIS's message log.
"""

import json
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsIdentifyContext,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsRaster,
    QgsRasterDataProviderTemporalCapabilities,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas, QgsMapToolIdentify
from qgis.PyQt.QtCore import QDateTime, QSize, Qt

WHOLE = "MatchUsingWholeRange"
"""The user's choice for a layer: the whole range, not the imagery of its first instant."""


def span(job):
    """The temporal range of a job."""
    return QgsDateTimeRange(*(QDateTime.fromString(end, Qt.ISODate) for end in job["range"]))


def matched(job):
    """How a range is matched with the times of a layer; None where the layer decides."""
    name = job.get("match", WHOLE)
    return getattr(QgsRasterDataProviderTemporalCapabilities, name) if name else None


def draw(layer, job):
    """Render the layer as a map window of QGIS would."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(job["crs"]))
    settings.setExtent(QgsRectangle(*job["extent"]))
    settings.setOutputSize(QSize(job["width"], job["height"]))
    settings.setBackgroundColor(Qt.transparent)
    settings.setLayers([layer])
    if "range" in job:
        if matched(job) is not None:
            layer.temporalProperties().setIntervalHandlingMethod(matched(job))
        settings.setIsTemporal(True)
        settings.setTemporalRange(span(job))
    renderer = QgsMapRendererParallelJob(settings)
    renderer.start()
    renderer.waitForFinished()
    return renderer.renderedImage().save(job["png"]), [error.message for error in renderer.errors()]


def times(layer):
    """Ends of the time that the layer has according to its provider; empty when it has none."""
    known = layer.dataProvider().temporalCapabilities()
    if known is None or not known.hasTemporalCapabilities():
        return []
    whole = known.availableTemporalRange()
    return [whole.begin().toString(Qt.ISODate), whole.end().toString(Qt.ISODate)]


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


def click(layer, job):
    """The texts that the identify tool shows after a click on a map window with a temporal range."""
    canvas = QgsMapCanvas()
    canvas.resize(job["width"], job["height"])
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem(job["crs"]))
    canvas.setLayers([layer])
    canvas.setExtent(QgsRectangle(*job["extent"]))
    layer.temporalProperties().setIsActive(True)
    if matched(job) is not None:
        layer.dataProvider().temporalCapabilities().setIntervalHandlingMethod(matched(job))
    place = canvas.getCoordinateTransform().transform(QgsPointXY(*job["identify"]))
    tool = QgsMapToolIdentify(canvas)
    context = QgsIdentifyContext()
    context.setTemporalRange(span(job))
    found = tool.identify(int(place.x()), int(place.y()), [layer], QgsMapToolIdentify.TopDownAll, context)
    return {"texts": [text for result in found for text in result.mAttributes.values()]}


def look(job, log):
    """Load one layer, draw it, ask it."""
    del log[:]
    layer = QgsRasterLayer(job["uri"], "probe", job.get("provider", "wms"))
    answer = {"valid": layer.isValid(), "error": layer.error().message(), "crs": layer.crs().authid()}
    if layer.isValid():
        box = layer.extent()
        answer["extent"] = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
        answer["times"] = times(layer)
        answer["drawn"], answer["errors"] = draw(layer, job)
        if "identify" in job:
            answer["identified"] = click(layer, job) if "range" in job else identify(layer, job)
    answer["log"] = list(log)
    return answer


def main():
    """Answer all jobs in one QGIS."""
    app = QgsApplication([], True)
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
