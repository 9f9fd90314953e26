"""Paths become the scenes, bands and times that people see in them, before a single file is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.unit.engine.test_dates import said

from bandstand.config.profiles import load_profile
from bandstand.engine.candidates import LeftOut
from bandstand.engine.naming import group
from bandstand.model.crs import parse_crs
from bandstand.model.grid import Affine, Grid

ROOT = Path("/data/archive")


@dataclass(frozen=True)
class Layout:
    profile: str
    paths: tuple[str, ...]
    scenes: dict[str, tuple[str | None, str]]
    """By id: the time, and band and file of everything in it, in any order."""
    left_out: str = ""
    pattern: str = ""
    look: Callable[[Path], SimpleNamespace | None] = lambda _: None


def understood(layout):
    scenes, left_out = {}, []
    found = group(
        {ROOT / p: ROOT for p in layout.paths}, load_profile(layout.profile), pattern=layout.pattern, look=layout.look
    )
    for candidate in found:
        if isinstance(candidate, LeftOut):
            left_out += [Path(file).name for file in candidate.files]
            continue
        bands = [f"{entry.band or entry.label}={Path(entry.href).relative_to(ROOT)}" for entry in candidate.entries]
        assert candidate.id not in scenes, "two scenes have one id"
        scenes[candidate.id] = (said(candidate.time), " ".join(sorted(bands)))
    return scenes, " ".join(sorted(left_out))


def files(prefix, bands, suffix):
    return tuple(f"{prefix}{band}{suffix}" for band in bands.split())


def bands(prefix, names, suffix):
    """`B04=…_B04.tif …`; a pair spells band and file apart."""
    pairs = (name.partition(":") for name in names.split())
    return " ".join(sorted(f"{band}={prefix}{file or band}{suffix}" for band, _, file in pairs))


def on_ground(**places):
    """Headers of files of one plane: which corner each lies at, by the beginning of its name; no header for others."""

    def look(path):
        name = next((key for key in places if path.name.startswith(key)), None)
        if name is None:
            return None
        x, planes = places[name] if isinstance(places[name], tuple) else (places[name], 1)
        grid = Grid(parse_crs("EPSG:32631"), Affine(10.0, 0.0, x, 0.0, -10.0, 5e6), 64, 64)
        # All that is asked of a header before scenes are made.
        return SimpleNamespace(grid=grid, planes=planes, descriptions=("",) * planes)

    return look


L2A = "S2B_MSIL2A_20230520T104629_N0509_R051_T30UYV_20230520T170000"
L2A_GRANULE = f"{L2A}.SAFE/GRANULE/L2A_T30UYV_A032345_20230520T105355"
L1C = "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248"
L1C_IMAGES = f"{L1C}.SAFE/GRANULE/L1C_T46RER_A032445_20210908T043714/IMG_DATA/T46RER_20210908T042701_"
LANDSAT = "LC08_L2SP_001062_20201031_20201106_02_T2"
ARD = "LC08_CU_025010_20200101_20210501_02"
ETM = "LE07_L2SP_198023_20020101_20200916_02_T1"
THEIA = "SENTINEL2A_20220101-105855-464_L2A_T31TCJ_C_V3-0"
HLS = "HLS.S30.T30UYV.2022123T110621.v2.0"
MODIS = "MOD13Q1.A2022001.h18v04.061.2022020123456"
PLANET = "20220101_103021_12_2413_3B"
S1 = "S1A_IW_GRDH_1SDV_20200101T060000_20200101T060025_030600_0381D4_ABCD"
S1_TIMES = "-20200101t060000-20200101t060025-030600-0381d4"
OLD = "S2A_OPER_PRD_MSIL1C_PDMC_20160101T120000_R051_V20151229T105512_20151229T105512"

SAFE_FILES = (
    *files(f"{L2A_GRANULE}/IMG_DATA/R10m/T30UYV_20230520T104629_", "AOT B04 TCI", "_10m.jp2"),
    *files(f"{L2A_GRANULE}/IMG_DATA/R20m/T30UYV_20230520T104629_", "AOT B04 B11 SCL TCI", "_20m.jp2"),
    *files(f"{L2A_GRANULE}/IMG_DATA/R60m/T30UYV_20230520T104629_", "AOT B01 B04 B11 SCL", "_60m.jp2"),
    *files(f"{L2A_GRANULE}/QI_DATA/", "MSK_DETFOO_B04 MSK_CLDPRB_20m T30UYV_20230520T104629_PVI", ".jp2"),
)
SAFE_BANDS = " ".join(
    (
        bands(f"{L2A_GRANULE}/IMG_DATA/R10m/T30UYV_20230520T104629_", "AOT B04", "_10m.jp2"),
        bands(f"{L2A_GRANULE}/IMG_DATA/R20m/T30UYV_20230520T104629_", "B11 SCL", "_20m.jp2"),
        bands(f"{L2A_GRANULE}/IMG_DATA/R60m/T30UYV_20230520T104629_", "B01", "_60m.jp2"),
    )
)
SAFE_ASIDE = "MSK_CLDPRB_20m.jp2 MSK_DETFOO_B04.jp2 T30UYV_20230520T104629_PVI.jp2"
TCI = "T30UYV_20230520T104629_TCI_10m.jp2 T30UYV_20230520T104629_TCI_20m.jp2"

LAYOUTS = {
    "a SAFE folder, each band from its finest file": Layout(
        "sentinel-2-l2a",
        SAFE_FILES,
        {L2A: ("2023-05-20T10:46:29", " ".join(sorted(SAFE_BANDS.split())))},
        left_out=f"{SAFE_ASIDE} {TCI}",
    ),
    "a SAFE folder without a profile": Layout(
        "generic",
        SAFE_FILES,
        {
            L2A: (
                "2023-05-20T10:46:29",
                " ".join(
                    sorted(
                        (
                            *SAFE_BANDS.split(),
                            *bands(f"{L2A_GRANULE}/IMG_DATA/R10m/T30UYV_20230520T104629_", "TCI", "_10m.jp2").split(),
                        )
                    )
                ),
            )
        },
        left_out=SAFE_ASIDE,
    ),
    "a SAFE folder of level 1C": Layout(
        "sentinel-2-l1c",
        files(L1C_IMAGES, "B02 B8A B10 TCI", ".jp2"),
        {L1C: ("2021-09-08T04:27:01", bands(L1C_IMAGES, "B02 B8A B10", ".jp2"))},
        left_out="T46RER_20210908T042701_TCI.jp2",
    ),
    "a SAFE folder of two granules": Layout(
        "sentinel-2-l1c",
        (
            f"{OLD}.SAFE/GRANULE/S2A_T31TCJ/IMG_DATA/S2A_X_B04.jp2",
            f"{OLD}.SAFE/GRANULE/S2A_T31TDJ/IMG_DATA/S2A_X_B04.jp2",
        ),
        {
            f"{OLD}_S2A_T31TCJ": ("2015-12-29T10:55:12", f"B04={OLD}.SAFE/GRANULE/S2A_T31TCJ/IMG_DATA/S2A_X_B04.jp2"),
            f"{OLD}_S2A_T31TDJ": ("2015-12-29T10:55:12", f"B04={OLD}.SAFE/GRANULE/S2A_T31TDJ/IMG_DATA/S2A_X_B04.jp2"),
        },
    ),
    "Sentinel-1 in its SAFE folder": Layout(
        "generic",
        (
            f"{S1}.SAFE/measurement/s1a-iw-grd-vv-20200101t060000-20200101t060025-030600-0381d4-001.tiff",
            f"{S1}.SAFE/measurement/s1a-iw-grd-vh-20200101t060000-20200101t060025-030600-0381d4-002.tiff",
        ),
        {
            S1: (
                "2020-01-01T06:00:00",
                bands(f"{S1}.SAFE/measurement/s1a-iw-grd-", f"vh:vh{S1_TIMES}-002 vv:vv{S1_TIMES}-001", ".tiff"),
            )
        },
    ),
    "a Landsat folder": Layout(
        "landsat-c2-l2",
        files(f"{LANDSAT}/{LANDSAT}_", "SR_B4 ST_B10 QA_PIXEL QA_RADSAT SR_QA_AEROSOL ST_ATRAN ST_QA ST_CDIST", ".TIF"),
        {
            LANDSAT: (
                "2020-10-31",
                bands(f"{LANDSAT}/{LANDSAT}_", "SR_B4 ST_B10 QA_PIXEL QA_RADSAT SR_QA_AEROSOL", ".TIF"),
            )
        },
        left_out=" ".join(files(f"{LANDSAT}_", "ST_ATRAN ST_CDIST ST_QA", ".TIF")),
    ),
    "Landsat ARD: surface reflectance and temperature are bands of the profile, those of the sensor are not": Layout(
        "landsat-c2-l2",
        (f"{ARD}_SR_B4.TIF", f"{ARD}_ST_B10.TIF", f"{ARD}_BT_B10.TIF", f"{ARD}_TOA_B5.TIF"),
        {ARD: ("2020-01-01", bands(f"{ARD}_", "SR_B4 ST_B10", ".TIF"))},
        left_out=f"{ARD}_BT_B10.TIF {ARD}_TOA_B5.TIF",
    ),
    "other levels and sensors are not Landsat 8 and 9 of level 2": Layout(
        "landsat-c2-l2",
        (
            f"{LANDSAT}_SR_B4.TIF",
            *files("", f"{ETM}_SR_B4 {ETM}_ST_B6 LC08_L1TP_001062_20201031_20201106_02_T1_B4 {HLS}.B05", ".TIF"),
        ),
        {LANDSAT: ("2020-10-31", f"SR_B4={LANDSAT}_SR_B4.TIF")},
        left_out=f"{ETM}_SR_B4.TIF {ETM}_ST_B6.TIF LC08_L1TP_001062_20201031_20201106_02_T1_B4.TIF {HLS}.B05.TIF",
    ),
    "the harmonised bands of Landsat have other numbers": Layout(
        "sentinel-2-l2a",
        (f"{HLS}.B04.tif", f"{HLS.replace('S30', 'L30')}.B05.tif"),
        {HLS: ("2022-05-03T11:06:21", f"B04={HLS}.B04.tif")},
        left_out=f"{HLS.replace('S30', 'L30')}.B05.tif",
    ),
    "Landsat files without a profile": Layout(
        "generic",
        files(f"{LANDSAT}_", "SR_B4 ST_B10 ST_QA QA_PIXEL", ".TIF"),
        {LANDSAT: ("2020-10-31", bands(f"{LANDSAT}_", "SR_B4 ST_B10 ST_QA QA_PIXEL", ".TIF"))},
    ),
    "six files of one acquisition without a profile": Layout(
        "generic",
        files("LC08_L1TP_198023_20220101_20220105_02_T1_", "B10 B20 B30 B40 B60 B70", ".tif"),
        {
            "LC08_L1TP_198023_20220101_20220105_02_T1": (
                "2022-01-01",
                bands("LC08_L1TP_198023_20220101_20220105_02_T1_", "B10 B20 B30 B40 B60 B70", ".tif"),
            )
        },
    ),
    "a THEIA folder, the reflectance corrected for slopes": Layout(
        "sentinel-2-l2a",
        (
            *files(f"{THEIA}/{THEIA}_", "FRE_B4 SRE_B4 SRE_B8A FRE_B8A ATB_R1", ".tif"),
            f"{THEIA}/MASKS/{THEIA}_CLM_R1.tif",
        ),
        {THEIA: ("2022-01-01T10:58:55", bands(f"{THEIA}/{THEIA}_", "B04:FRE_B4 B8A:FRE_B8A", ".tif"))},
        left_out=f"{THEIA}_ATB_R1.tif {THEIA}_CLM_R1.tif",
    ),
    "mirrors of Earth Search": Layout(
        "sentinel-2-l2a",
        (
            *files("2021/1/S2B_31TCJ_20210131_0_L2A/", "B04 SCL TCI L2A_PVI", ".tif"),
            "2021/2/S2B_31TCJ_20210205_0_L2A/B04.tif",
        ),
        {
            "S2B_31TCJ_20210131_0_L2A": ("2021-01-31", bands("2021/1/S2B_31TCJ_20210131_0_L2A/", "B04 SCL", ".tif")),
            "S2B_31TCJ_20210205_0_L2A": ("2021-02-05", "B04=2021/2/S2B_31TCJ_20210205_0_L2A/B04.tif"),
        },
        left_out="L2A_PVI.tif TCI.tif",
    ),
    "months and tiles in folders": Layout(
        "sentinel-2-l2a",
        ("2021/01/31UDS/B04.tif", "2021/01/31UDS/B08.tif", "2021/02/31UDS/B04.tif", "2021/02/31UDT/B04.tif"),
        {
            "2021_01_31UDS": ("2021-01-01/2021-01-31", bands("2021/01/31UDS/", "B04 B08", ".tif")),
            "2021_02_31UDS": ("2021-02-01/2021-02-28", "B04=2021/02/31UDS/B04.tif"),
            "2021_02_31UDT": ("2021-02-01/2021-02-28", "B04=2021/02/31UDT/B04.tif"),
        },
    ),
    "tiles, then years, months and days in folders": Layout(
        "sentinel-2-l2a",
        ("tiles/31/U/DS/2021/1/31/0/B04.jp2", "tiles/31/U/DS/2021/2/2/0/B04.jp2"),
        {
            "tiles_31_U_DS_2021_1_31_0": ("2021-01-31", "B04=tiles/31/U/DS/2021/1/31/0/B04.jp2"),
            "tiles_31_U_DS_2021_2_2_0": ("2021-02-02", "B04=tiles/31/U/DS/2021/2/2/0/B04.jp2"),
        },
    ),
    "folders of a pixel size": Layout(
        "sentinel-2-l2a",
        ("20210131/10m/B04.tif", "20210131/20m/B04.tif", "20210131/20m/SCL.tif"),
        {"20210131": ("2021-01-31", "B04=20210131/10m/B04.tif SCL=20210131/20m/SCL.tif")},
    ),
    "a folder a band, with a profile": Layout(
        "sentinel-2-l2a",
        ("B04/20200101.tif", "B08/20200101.tif", "B04/20200202.tif"),
        {
            "20200101": ("2020-01-01", "B04=B04/20200101.tif B08=B08/20200101.tif"),
            "20200202": ("2020-02-02", "B04=B04/20200202.tif"),
        },
    ),
    "a folder a band, without": Layout(
        "generic",
        ("ndvi/2020-01-01.tif", "evi/2020-01-01.tif", "ndvi/2020-02-01.tif"),
        {
            "2020-01-01": ("2020-01-01", "evi=evi/2020-01-01.tif ndvi=ndvi/2020-01-01.tif"),
            "2020-02-01": ("2020-02-01", "ndvi=ndvi/2020-02-01.tif"),
        },
    ),
    "a series of one band": Layout(
        "generic",
        ("ts/ndvi_20200101.tif", "ts/ndvi_20200102.tif", "ts/ndvi_20200103.tif"),
        {f"ts_2020010{n}": (f"2020-01-0{n}", f"ndvi=ts/ndvi_2020010{n}.tif") for n in (1, 2, 3)},
    ),
    "a series of an unknown word": Layout(
        "generic",
        ("img_2022-01-15_v1.tif", "img_2022-01-16_v1.tif"),
        {f"img_2022-01-{d}_v1": (f"2022-01-{d}", f"img=img_2022-01-{d}_v1.tif") for d in (15, 16)},
    ),
    "names that are dates": Layout(
        "generic",
        ("20200101.tif", "2020-01-02.tif", "2020.01.03.tif"),
        {
            "20200101": ("2020-01-01", "b1=20200101.tif"),
            "2020-01-02": ("2020-01-02", "b1=2020-01-02.tif"),
            "2020.01.03": ("2020-01-03", "b1=2020.01.03.tif"),
        },
    ),
    "years": Layout(
        "generic",
        ("1985.tif", "1990.tif"),
        {"1985": ("1985-01-01/1985-12-31", "b1=1985.tif"), "1990": ("1990-01-01/1990-12-31", "b1=1990.tif")},
    ),
    "two bands a date, and one that lacks a date": Layout(
        "generic",
        ("ndvi_202001.tif", "evi_202001.tif", "ndvi_202002.tif"),
        {
            "202001": ("2020-01-01/2020-01-31", "evi=evi_202001.tif ndvi=ndvi_202001.tif"),
            "202002": ("2020-02-01/2020-02-29", "ndvi=ndvi_202002.tif"),
        },
    ),
    "tiles of one day": Layout(
        "generic",
        ("S2_31TCJ_20220101_B04.tif", "S2_31TCJ_20220101_B08.tif", "S2_31TDJ_20220101_B04.tif"),
        {
            "S2_31TCJ_20220101": ("2022-01-01", "B04=S2_31TCJ_20220101_B04.tif B08=S2_31TCJ_20220101_B08.tif"),
            "S2_31TDJ_20220101": ("2022-01-01", "B04=S2_31TDJ_20220101_B04.tif"),
        },
    ),
    "MODIS": Layout(
        "generic",
        files(f"{MODIS}.250m_16_days_", "NDVI EVI VI_Quality pixel_reliability", ".tif"),
        {
            f"{MODIS}_16_days": (
                "2022-01-01",
                bands(f"{MODIS}.250m_16_days_", "NDVI EVI VI_Quality pixel_reliability", ".tif"),
            )
        },
    ),
    "HLS without a profile": Layout(
        "generic",
        files(f"{HLS}/{HLS}.", "B04 B8A Fmask SZA", ".tif"),
        {HLS: ("2022-05-03T11:06:21", bands(f"{HLS}/{HLS}.", "B04 B8A Fmask SZA", ".tif"))},
    ),
    "PlanetScope": Layout(
        "generic",
        (f"{PLANET}_AnalyticMS_SR.tif", f"{PLANET}_udm2.tif"),
        {PLANET: ("2022-01-01T10:30:21", f"={PLANET}_AnalyticMS_SR.tif udm2={PLANET}_udm2.tif")},
        look=on_ground(**{f"{PLANET}_A": (5e5, 4), f"{PLANET}_u": (5e5, 8)}),
    ),
    "elevation in folders": Layout(
        "dem",
        ("N45/dem.tif", "N46/dem.tif", "N46/dem_slope.tif"),
        {"N45_dem": (None, "elevation=N45/dem.tif"), "N46_dem": (None, "elevation=N46/dem.tif")},
        left_out="dem_slope.tif",
    ),
    "the Copernicus elevation model": Layout(
        "dem",
        (
            "Copernicus_DSM_COG_10_N45_00_E006_00_DEM/Copernicus_DSM_COG_10_N45_00_E006_00_DEM.tif",
            "Copernicus_DSM_COG_10_N45_00_E006_00_DEM/AUXFILES/Copernicus_DSM_COG_10_N45_00_E006_00_WBM.tif",
        ),
        {
            "Copernicus_DSM_COG_10_N45_00_E006_00_DEM": (
                None,
                "elevation=Copernicus_DSM_COG_10_N45_00_E006_00_DEM/Copernicus_DSM_COG_10_N45_00_E006_00_DEM.tif",
            )
        },
        left_out="Copernicus_DSM_COG_10_N45_00_E006_00_WBM.tif",
    ),
    "elevation tiles without a profile": Layout(
        "generic",
        ("N45E006.tif", "N45E007.tif"),
        {"N45E006": (None, "b1=N45E006.tif"), "N45E007": (None, "b1=N45E007.tif")},
    ),
    "tiles of degrees with the letter behind": Layout(
        "generic",
        ("GFC-2023-v1.11_lossyear_50N_010E.tif", "GFC-2023-v1.11_lossyear_50N_020E.tif"),
        {
            f"GFC-2023-v1.11_lossyear_50N_0{n}0E": (
                "2023-01-01/2023-12-31",
                f"GFC_lossyear=GFC-2023-v1.11_lossyear_50N_0{n}0E.tif",
            )
            for n in (1, 2)
        },
    ),
    "a code of coordinates is no date": Layout(
        "dem", ("swiss-2056.tif",), {"swiss-2056": (None, "elevation=swiss-2056.tif")}
    ),
    "unknown words on one ground are bands": Layout(
        "generic",
        ("soil_clay.tif", "soil_sand.tif"),
        {"soil": (None, "clay=soil_clay.tif sand=soil_sand.tif")},
        look=on_ground(soil=5e5),
    ),
    "unknown words that are bands on one date are bands on all": Layout(
        "generic",
        ("one_20220101.tif", "two_20220101.tif", "one_20220102.tif", "two_20220102.tif", "one_20220103.tif"),
        {
            "20220101": ("2022-01-01", "one=one_20220101.tif two=two_20220101.tif"),
            "20220102": ("2022-01-02", "one=one_20220102.tif two=two_20220102.tif"),
            "20220103": ("2022-01-03", "one=one_20220103.tif"),
        },
        look=on_ground(one=5e5, two=5e5),
    ),
    "numbers that are bands": Layout(
        "generic",
        ("ETM_20000101_1.tif", "ETM_20000101_2.tif", "ETM_20000201_1.tif", "ETM_20000201_2.tif"),
        {
            "ETM_20000101": ("2000-01-01", "1=ETM_20000101_1.tif 2=ETM_20000101_2.tif"),
            "ETM_20000201": ("2000-02-01", "1=ETM_20000201_1.tif 2=ETM_20000201_2.tif"),
        },
        look=on_ground(ETM=5e5),
    ),
    "numbers that are bands beside a date in parts": Layout(
        "generic",
        ("e_2000-01-01_01.tif", "e_2000-01-01_02.tif", "e_2000-02-01_01.tif", "e_2000-02-01_02.tif"),
        {
            "e_2000-01-01": ("2000-01-01", "01=e_2000-01-01_01.tif 02=e_2000-01-01_02.tif"),
            "e_2000-02-01": ("2000-02-01", "01=e_2000-02-01_01.tif 02=e_2000-02-01_02.tif"),
        },
        look=on_ground(e=5e5),
    ),
    "numbers that are tiles": Layout(
        "generic",
        ("ETM_20000101_1.tif", "ETM_20000101_2.tif"),
        {f"ETM_20000101_{n}": ("2000-01-01", f"ETM=ETM_20000101_{n}.tif") for n in (1, 2)},
        look=on_ground(ETM_20000101_1=5e5, ETM_20000101_2=6e5),
    ),
    "one band in two spellings": Layout(
        "generic",
        ("20220101_ndvi.tif", "20220102_NDVI.tif"),
        {
            "20220101": ("2022-01-01", "ndvi=20220101_ndvi.tif"),
            "20220102": ("2022-01-02", "ndvi=20220102_NDVI.tif"),
        },
    ),
    "one index in two kinds": Layout(
        "generic",
        ("ndvi_mean_202201.tif", "ndvi_max_202201.tif", "ndvi_max_202202.tif"),
        {
            "202201": ("2022-01-01/2022-01-31", "ndvi_max=ndvi_max_202201.tif ndvi_mean=ndvi_mean_202201.tif"),
            "202202": ("2022-02-01/2022-02-28", "ndvi_max=ndvi_max_202202.tif"),
        },
        look=on_ground(ndvi=5e5),
    ),
    "one index of two places": Layout(
        "generic",
        ("berlin_ndvi_202201.tif", "paris_ndvi_202201.tif"),
        {
            "berlin_202201": ("2022-01-01/2022-01-31", "ndvi=berlin_ndvi_202201.tif"),
            "paris_202201": ("2022-01-01/2022-01-31", "ndvi=paris_ndvi_202201.tif"),
        },
        look=on_ground(berlin=5e5, paris=7e5),
    ),
    "two reflectances without a profile": Layout(
        "generic",
        files(f"{THEIA}/{THEIA}_", "FRE_B4 SRE_B4 FRE_B8 SRE_B8", ".tif"),
        {
            THEIA: (
                "2022-01-01T10:58:55",
                bands(f"{THEIA}/{THEIA}_", "B4_FRE:FRE_B4 B4_SRE:SRE_B4 B8_FRE:FRE_B8 B8_SRE:SRE_B8", ".tif"),
            )
        },
        look=on_ground(SENTINEL2A=5e5),
    ),
    "unknown words on different ground are scenes": Layout(
        "generic",
        ("city_berlin_2020.tif", "city_paris_2020.tif"),
        {
            "city_berlin_2020": ("2020-01-01/2020-12-31", "city=city_berlin_2020.tif"),
            "city_paris_2020": ("2020-01-01/2020-12-31", "city=city_paris_2020.tif"),
        },
        look=on_ground(city_berlin=5e5, city_paris=7e5),
    ),
    "a broken file leaves the others alone": Layout(
        "generic",
        ("good.tif", "broken.tif"),
        {"good": (None, "good=good.tif"), "broken": (None, "good=broken.tif")},
        look=on_ground(good=5e5),
    ),
    "a picture of the same scene": Layout(
        "sentinel-2-l2a",
        ("S2_20220101_B04.tif", "S2_20220101_stack.tif"),
        {"S2_20220101": ("2022-01-01", "=S2_20220101_stack.tif B04=S2_20220101_B04.tif")},
    ),
    "a pattern with a date makes every file a scene of one band": Layout(
        "generic",
        ("ndvi_20200101.tif", "ndvi_20200102.tif", "other.tif"),
        {
            "ndvi_20200101": ("2020-01-01", "ndvi=ndvi_20200101.tif"),
            "ndvi_20200102": ("2020-01-02", "ndvi=ndvi_20200102.tif"),
        },
        left_out="other.tif",
        pattern=r"(?P<date>\d{8})",
    ),
    "a pattern with parts of a date": Layout(
        "generic",
        ("x-15-01-22-a.tif", "x-16-01-2022-a.tif"),
        {"x-16-01-2022-a": ("2022-01-16", "x_a=x-16-01-2022-a.tif")},
        left_out="x-15-01-22-a.tif",
        pattern=r"(?P<day>\d\d)-(?P<month>\d\d)-(?P<year>\d{4})",
    ),
    "a pattern with a band": Layout(
        "generic",
        ("a/x1_one_20200101.tif", "a/x1_two_20200101.tif", "b/x1_one_20200101.tif"),
        {
            "a_20200101": ("2020-01-01", "one=a/x1_one_20200101.tif two=a/x1_two_20200101.tif"),
            "b_20200101": ("2020-01-01", "one=b/x1_one_20200101.tif"),
        },
        pattern=r"_(?P<band>one|two)_(?P<date>\d{8})",
    ),
    "a pattern with an id joins folders": Layout(
        "generic",
        ("red/S1.tif", "nir/S1.tif"),
        {"S1": (None, "nir=nir/S1.tif red=red/S1.tif")},
        pattern=r"(?P<band>\w+)/(?P<id>\w+)\.tif",
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_understood(name):
    layout = LAYOUTS[name]
    scenes, left_out = understood(layout)
    assert scenes == {key: (time, " ".join(sorted(said.split()))) for key, (time, said) in layout.scenes.items()}
    assert left_out == " ".join(sorted(layout.left_out.split()))
