"""MapServer as FastCGI behind nginx, as a careful operator would run it (`tuned`) and as it comes (`default`).

One small map file a layer, since MapServer reads its map file anew for each request.
"""

import shutil
import socket
import subprocess
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from benchmarks.peers import nginx, vrt
from benchmarks.peers.target import CONTENT_TYPES, RDYLGN, CannotRunError, Target
from benchmarks.scenes import EPSG
from benchmarks.workloads import Position

PROCESSES = 2
JPEG_QUALITY = 75
WCS_FORMAT = "float32"

MAP = """
MAP
  NAME "{layer}"
  EXTENT {extent}
  SIZE 256 256
  MAXSIZE 8192
  IMAGECOLOR 0 0 0
  PROJECTION "init=epsg:{epsg}" END
  OUTPUTFORMAT
    NAME "png" DRIVER AGG/PNG MIMETYPE "image/png" IMAGEMODE RGBA EXTENSION "png" TRANSPARENT ON {png_options}
  END
  OUTPUTFORMAT
    NAME "jpeg" DRIVER AGG/JPEG MIMETYPE "image/jpeg" IMAGEMODE RGB EXTENSION "jpg" FORMATOPTION "QUALITY={quality}"
  END
  OUTPUTFORMAT
    NAME "{wcs_format}" DRIVER "GDAL/GTiff" MIMETYPE "image/tiff" IMAGEMODE FLOAT32 EXTENSION "tif"
  END
  WEB
    METADATA
      "ows_enable_request" "*"
      "ows_title" "{layer}"
      "ows_srs" "EPSG:{epsg} EPSG:3857 EPSG:4326"
      "ows_onlineresource" "http://127.0.0.1/"
    END
  END
  LAYER
    NAME "{layer}"
    TYPE RASTER
    STATUS ON
    {data}
    {processing}
    PROJECTION "init=epsg:{epsg}" END
    METADATA
      "wcs_label" "{layer}"
      "wcs_formats" "{wcs_format}"
      "wcs_nativeformat" "{wcs_format}"
      "wcs_bandcount" "1"
      "ows_extent" "{extent}"
    END
    {classes}
  END
END
"""


class MapServer(Target):
    """Two `mapserv` processes behind nginx with keep-alive."""

    name = "mapserver"
    variant: ClassVar[str] = "tuned"

    @property
    def tuned(self) -> bool:
        """Whether the settings of a careful operator are on."""
        return self.variant == "tuned"

    def prepare(self) -> None:
        """Write virtual rasters, map files and both servers' configuration."""
        self._program()
        vrt.write_all(self.archive, self.folder)
        names = []
        for scene in self.archive.scenes:
            for product, resampling in (("rgb", "nearest"), ("rgb", "bilinear"), ("ndvi", "nearest")):
                data = f'DATA "{self.folder}/{product}_{scene.name}.vrt"'
                names.append(self._write_map(product, scene.name, resampling, data, scene.bounds))
        names.append(self._write_map("rgb", "mosaic", "nearest", self._mosaic(), self._whole()))
        maps = "\n".join(f'    {name} "{self.folder}/{name}.map"' for name in names)
        (self.folder / "mapserver.conf").write_text(
            f'CONFIG\n  ENV\n    MS_MAP_PATTERN "^{self.folder}/"\n  END\n  MAPS\n{maps}\n  END\nEND\n'
        )
        nginx.write_fastcgi(self.folder, self.port, *self._sockets())

    def _program(self) -> str:
        for candidate in ("mapserv", "/usr/lib/cgi-bin/mapserv"):
            if found := shutil.which(candidate):
                return found
        raise CannotRunError("MapServer is not installed (apt-get install cgi-mapserver)")

    def _whole(self) -> tuple[float, float, float, float]:
        first, last = self.archive.scenes[0].bounds, self.archive.scenes[1].bounds
        return first[0], first[1], last[2], last[3]

    def _mosaic(self) -> str:
        """One virtual raster when tuned; a tile index, which reopens its files, by default."""
        if self.tuned:
            return f'DATA "{self.folder}/rgb_mosaic.vrt"'
        index = self.folder / "mosaic.shp"
        tool = shutil.which("gdaltindex")
        if tool is None:
            raise CannotRunError("gdaltindex is not installed (apt-get install gdal-bin)")
        if not index.exists():
            files = [str(self.folder / f"rgb_{scene.name}.vrt") for scene in self.archive.scenes]
            subprocess.run([tool, str(index), *files], check=True, capture_output=True)
        return f'TILEINDEX "{index}"\n    TILEITEM "location"'

    def _write_map(
        self, product: str, scene: str, resampling: str, data: str, bounds: tuple[float, float, float, float]
    ) -> str:
        layer = f"{product}_{scene}_{resampling}"
        processing = [f"RESAMPLE={resampling.upper()}"]
        if product == "rgb":
            processing += ["BANDS=1,2,3", "SCALE=0,3000"]
        else:
            processing += ["SCALE=-1,1", "SCALE_BUCKETS=256"]
        if self.tuned:
            processing.append("OVERSAMPLE_RATIO=1.0")
        text = MAP.format(
            layer=layer,
            extent=" ".join(map(str, bounds)),
            epsg=EPSG,
            png_options='FORMATOPTION "COMPRESSION=1"' if self.tuned else "",
            quality=JPEG_QUALITY,
            wcs_format=WCS_FORMAT,
            data=data,
            processing="\n    ".join(f'PROCESSING "{option}"' for option in processing),
            classes=_ramp() if product == "ndvi" else "",
        )
        (self.folder / f"{layer}.map").write_text(text)
        return layer

    def _sockets(self) -> list[Path]:
        return [self.folder / f"process{number}.socket" for number in range(PROCESSES)]

    def launch(self) -> None:
        """Two processes, each on its own socket, and nginx."""
        for path in self._sockets():
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(str(path))
                path.chmod(0o666)
                listening.listen(128)
                self.spawn([self._program()], self._environment(), stdin=listening)
        self.spawn([nginx.command(), "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "log.txt")])

    def _environment(self) -> dict[str, str]:
        return {
            "MAPSERVER_CONFIG_FILE": str(self.folder / "mapserver.conf"),
            "GDAL_CACHEMAX": str(self.cache_mb // PROCESSES),
            "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        }

    @property
    def probe(self) -> str:
        """Any request: MapServer answers with a message."""
        return f"/?map=rgb_mosaic_nearest&{urlencode({'SERVICE': 'WMS', 'REQUEST': 'GetCapabilities'})}"

    def path(self, position: Position) -> str:
        """WMS 1.1.1 for pictures, WCS 1.0.0 for values."""
        layer = f"{position.product}_{position.scene or 'mosaic'}_{position.resampling}"
        common = {
            "map": layer,
            "BBOX": ",".join(f"{edge:.9f}" for edge in position.bounds),
            "WIDTH": position.width,
            "HEIGHT": position.height,
        }
        if position.format == "tiff":
            words = {"SERVICE": "WCS", "VERSION": "1.0.0", "REQUEST": "GetCoverage", "COVERAGE": layer}
            return "/?" + urlencode(common | words | {"CRS": f"EPSG:{position.epsg}", "FORMAT": WCS_FORMAT})
        words = {"SERVICE": "WMS", "VERSION": "1.1.1", "REQUEST": "GetMap", "LAYERS": layer, "STYLES": ""}
        kind = {"SRS": f"EPSG:{position.epsg}", "FORMAT": CONTENT_TYPES[position.format]}
        if position.format == "png":
            kind["TRANSPARENT"] = "true"
        return "/?" + urlencode(common | words | kind)

    def facts(self) -> dict[str, object]:
        """Version and settings."""
        version = subprocess.run([self._program(), "-v"], capture_output=True, text=True, check=False).stdout
        tuned = "OVERSAMPLE_RATIO=1.0, PNG COMPRESSION=1, W5 from one VRT"
        settings = {name: value for name, value in self._environment().items() if name.startswith("GDAL")}
        return {
            "version": " ".join(version.split()[:3]),
            "arrangement": f"FastCGI, {PROCESSES} processes behind nginx, the second when the first is busy",
            "settings": f"{settings}; {tuned if self.tuned else 'all else as it comes, W5 from a tile index'}",
        }


class MapServerDefault(MapServer):
    """The same with MapServer's own defaults."""

    name = "mapserver-default"
    variant: ClassVar[str] = "default"


def _ramp() -> str:
    """Ten linear pieces between eleven colours over -1 to 1."""
    classes = []
    for number in range(len(RDYLGN) - 1):
        low, high = -1 + 0.2 * number, -1 + 0.2 * (number + 1)
        colours = " ".join(str(part) for colour in RDYLGN[number : number + 2] for part in colour)
        upper = "<=" if number == len(RDYLGN) - 2 else "<"
        classes.append(
            f"CLASS EXPRESSION ([pixel] >= {low:.1f} AND [pixel] {upper} {high:.1f}) "
            f"STYLE COLORRANGE {colours} DATARANGE {low:.1f} {high:.1f} END END"
        )
    return "\n    ".join(classes)
