"""Loads coverages in QGIS without a screen: jobs as JSON on standard input, answers as JSON on standard output.

Run by the Python that has QGIS's bindings, as a program of its own. A job names the `uri` of a coverage, the `box` of
a block with its `width` and `height`, a point to `identify`, the `png` of a map of that box, and the `tif` to which
the whole coverage is exported; an answer tells what QGIS found, with None for nodata, and its message log.
"""

import json
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateTransformContext,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsRaster,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRasterPipe,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize, Qt


def block(provider, job, band):
    """The values of a block as rows."""
    found = provider.block(band, QgsRectangle(*job["box"]), job["width"], job["height"])
    return [
        [None if found.isNoData(row, col) else found.value(row, col) for col in range(found.width())]
        for row in range(found.height())
    ]


def identify(provider, job):
    """Band to value at a point, as the identify tool asks for it."""
    found = provider.identify(
        QgsPointXY(*job["identify"]),
        QgsRaster.IdentifyFormatValue,
        QgsRectangle(*job["box"]),
        job["width"],
        job["height"],
    )
    return {str(band): value for band, value in found.results().items()} if found.isValid() else None


def draw(layer, job):
    """Render the layer as a map window would."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(*job["box"]))
    settings.setOutputSize(QSize(job["width"], job["height"]))
    settings.setBackgroundColor(Qt.transparent)
    settings.setLayers([layer])
    renderer = QgsMapRendererParallelJob(settings)
    renderer.start()
    renderer.waitForFinished()
    renderer.renderedImage().save(job["png"])
    return [error.message for error in renderer.errors()]


def export(layer, job):
    """Save the whole layer as a file, raw data in its own size."""
    provider = layer.dataProvider()
    pipe = QgsRasterPipe()
    pipe.set(provider.clone())
    writer = QgsRasterFileWriter(job["tif"])
    context = QgsCoordinateTransformContext()
    result = writer.writeRaster(pipe, provider.xSize(), provider.ySize(), provider.extent(), provider.crs(), context)
    return result == QgsRasterFileWriter.NoError


def look(job, log):
    """Load one coverage, and try all that one does with it."""
    del log[:]
    layer = QgsRasterLayer(job["uri"], "probe", "wcs")
    answer = {"valid": layer.isValid(), "error": layer.error().message(), "crs": layer.crs().authid()}
    if layer.isValid():
        provider, box = layer.dataProvider(), layer.extent()
        bands = range(1, provider.bandCount() + 1)
        answer |= {
            "size": [provider.xSize(), provider.ySize()],
            "extent": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
            "types": [provider.dataType(band).name for band in bands],
            "nodata": [provider.sourceHasNoDataValue(band) for band in bands],
            "block": block(provider, job, job.get("band", 1)),
            "identified": identify(provider, job),
            "errors": draw(layer, job),
            "exported": export(layer, job) if "tif" in job else None,
        }
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
