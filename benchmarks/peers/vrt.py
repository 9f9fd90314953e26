"""Virtual rasters over the archive, written by hand so that no tool is needed: RGB, NDVI, and the mosaic."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.scenes import EPSG, Archive, Scene

RGB = ("B04", "B03", "B02")


def write_all(archive: Archive, folder: Path) -> None:
    """`rgb_SCENE.vrt` and `ndvi_SCENE.vrt` for every scene, and `rgb_mosaic.vrt`."""
    for scene in archive.scenes:
        (folder / f"rgb_{scene.name}.vrt").write_text(rgb((scene,)))
        _write_ndvi(scene, folder)
    (folder / "rgb_mosaic.vrt").write_text(rgb(archive.scenes))


def rgb(scenes: tuple[Scene, ...]) -> str:
    """Three bands of one scene, or of several with the last one on top; nodata 0."""
    bounds = _union(scenes)
    bands = [
        _band(number, "UInt16", "".join(_source(scene, band, bounds, masked=len(scenes) > 1) for scene in scenes))
        for number, band in enumerate(RGB, 1)
    ]
    return _dataset(bounds, bands)


def _write_ndvi(scene: Scene, folder: Path) -> None:
    """NDVI by GDAL's compiled pixel functions: the quotient of a difference and a sum."""
    sources = "".join(_source(scene, band, scene.bounds, masked=False) for band in ("B08", "B04"))
    for function in ("diff", "sum"):
        part = folder / f"{function}_{scene.name}.vrt"
        part.write_text(_dataset(scene.bounds, [_derived(function, sources)]))
    parts = "".join(
        f"<SimpleSource><SourceFilename>{folder}/{function}_{scene.name}.vrt</SourceFilename>"
        f"<SourceBand>1</SourceBand></SimpleSource>"
        for function in ("diff", "sum")
    )
    (folder / f"ndvi_{scene.name}.vrt").write_text(_dataset(scene.bounds, [_derived("div", parts)]))


def _union(scenes: Iterable[Scene]) -> tuple[float, float, float, float]:
    west, south, east, north = zip(*(scene.bounds for scene in scenes), strict=True)
    return min(west), min(south), max(east), max(north)


def _dataset(bounds: tuple[float, float, float, float], bands: list[str]) -> str:
    west, south, east, north = bounds
    width, height = round((east - west) / 10), round((north - south) / 10)
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>EPSG:{EPSG}</SRS>'
        f"<GeoTransform>{west}, 10, 0, {north}, 0, -10</GeoTransform>{''.join(bands)}</VRTDataset>"
    )


def _band(number: int, kind: str, sources: str) -> str:
    return (
        f'<VRTRasterBand dataType="{kind}" band="{number}" blockXSize="512" blockYSize="512">'
        f"<NoDataValue>0</NoDataValue>{sources}</VRTRasterBand>"
    )


def _derived(function: str, sources: str) -> str:
    return (
        '<VRTRasterBand dataType="Float32" band="1" subClass="VRTDerivedRasterBand">'
        f"<PixelFunctionType>{function}</PixelFunctionType>"
        f"<SourceTransferType>Float32</SourceTransferType>{sources}</VRTRasterBand>"
    )


def _source(scene: Scene, band: str, bounds: tuple[float, float, float, float], *, masked: bool) -> str:
    west, _, _, north = scene.bounds
    x, y, side = round((west - bounds[0]) / 10), round((bounds[3] - north) / 10), scene.size_px
    kind, nodata = ("ComplexSource", "<NODATA>0</NODATA>") if masked else ("SimpleSource", "")
    return (
        f"<{kind}><SourceFilename>{scene.path(band)}</SourceFilename><SourceBand>1</SourceBand>"
        f'<SourceProperties RasterXSize="{side}" RasterYSize="{side}" DataType="UInt16" '
        'BlockXSize="512" BlockYSize="512"/>'
        f'<SrcRect xOff="0" yOff="0" xSize="{side}" ySize="{side}"/>'
        f'<DstRect xOff="{x}" yOff="{y}" xSize="{side}" ySize="{side}"/>{nodata}</{kind}>'
    )
