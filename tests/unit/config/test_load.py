"""Every mistake in config.yml is told with its line, its key and what was expected."""

# ruff: noqa: E501, ISC004 - messages stand whole, as people see them

import pytest

from bandstand.config.load import load_config, offered_crs, tile_matrix_sets
from bandstand.errors import ConfigError


@pytest.fixture
def load(tmp_path):
    """Load a text as config.yml."""

    def run(text, **environment):
        path = tmp_path / "config.yml"
        path.write_text(text)
        return load_config(path, environment)

    return run


@pytest.fixture
def problems(load, tmp_path):
    """The problems of a text, with the folder cut off."""

    def run(text, **environment):
        with pytest.raises(ConfigError) as caught:
            load(text, **environment)
        return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return run


MINIMAL = """\
collections:
  s2_l2a:
    profile: sentinel-2-l2a
    source: ./archive
layers:
  - {name: true_color, collection: s2_l2a, style: true_color}
  - {name: ndvi, collection: s2_l2a, expression: NDVI, style: ndvi}
"""


def test_the_minimal_file_is_enough(load, tmp_path):
    config = load(MINIMAL)
    assert config.collections["s2_l2a"].source == (str(tmp_path / "archive"),)
    assert [layer.name for _, layer in config.published()] == ["true_color", "ndvi"]
    assert config.catalog.path == tmp_path / "catalog.sqlite"


def test_an_empty_file_has_every_default(load):
    config = load("")
    assert (config.server.port, config.limits.timeout_s, config.layers) == (8080, 60.0, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "layers:\n  - name: a\n    colection: s2\n",
            'config.yml:3:5  error    layers[0]: unknown key "colection". Did you mean "collection"?',
        ),
        (
            "server:\n  port: 80a\n",
            "config.yml:2:9  error    server.port: expected a valid integer, unable to parse string as an integer, got '80a'.",
        ),
        (
            "sever: {}\n",
            'config.yml:1:1  error    file: unknown key "sever". Did you mean "server"?',
        ),
        (
            "collections:\n  s2: {profile: sentinel-2-l2}\n",
            'config.yml:2:17  error    collections.s2.profile: unknown profile "sentinel-2-l2"; known are categorical, dem, '
            "generic, landsat-c2-l2, rgb, sentinel-2-l1c, sentinel-2-l2a. "
            'Did you mean "sentinel-2-l2a" or "sentinel-2-l1c"?',
        ),
        (
            f"{MINIMAL}  - {{name: x, collection: s2_l2b}}\n",
            'config.yml:8:27  error    layers[2].collection: unknown collection "s2_l2b". Did you mean "s2_l2a"?',
        ),
        (
            f"{MINIMAL}  - {{name: x, collection: s2_l2a, style: ndvii}}\n",
            'config.yml:8:42  error    layers[2].style: unknown style "ndvii". Did you mean "ndvi", "ndwi" or "ndmi"?',
        ),
        (
            f"{MINIMAL}  - {{name: x, collection: s2_l2a, bands: [B8x]}}\n",
            'config.yml:8:43  error    layers[2].bands[0]: unknown band "B8x". Did you mean "B8A" or "B08"?',
        ),
        (
            f"{MINIMAL}  - {{name: ndvi, collection: s2_l2a}}\n",
            'config.yml:8:12  error    layers[2].name: "ndvi" is taken by layers[1]',
        ),
        ("crs: [EPSG:4326, EPSG:99999999]\n", "config.yml:1:18  error    crs[1]:"),
        ("crs: [EPSG:32601..x]\n", "config.yml:1:7  error    crs[0]:"),
        ("service: {title: '${NOPE}'}\n", "config.yml:1:18  error    service.title: the environment has no variable NOPE"),
        ("server: {port: 1\n", "config.yml:2:1  error    this is not YAML:"),
        ("a: 1\na: 2\n", "config.yml:2:1  error    a: this key stands here twice"),
        ("- a\n", "config.yml:1:1  error    expected keys and values"),
        ("layers: [{title: F, layers: [{collection: x}]}]\n", "config.yml:1:30  error    layers[0].layers[0].name: this key"),
        ("layers: [{name: 1st, collection: x}]\n", "config.yml:1:17  error    layers[0].name: expected letters, digits"),
        ("wmts: {matrix_sets: [WebMercator]}\n", "config.yml:1:22  error    wmts.matrix_sets[0]: unknown tile matrix set"),
        (
            "tile_matrix_sets:\n  u: {crs: EPSG:32631, origin: [0, 1], resolutions: [1, 2], extent: [0, 0, 1, 1]}\n",
            "config.yml:2:53  error    tile_matrix_sets.u.resolutions: expected cell sizes above 0, from coarse to fine",
        ),
        ("tile_matrix_sets:\n  u: {crs: EPSG:32631}\n", "config.yml:2:6  error    tile_matrix_sets.u.origin: this key is needed"),
        (
            "collections: {s: {radiometry: {scal: 1}}}\n",
            'config.yml:1:32  error    collections.s.radiometry: unknown key "scal". Did you mean "scale"?',
        ),
        ("limits: {timeout_s: 0}\n", "config.yml:1:21  error    limits.timeout_s: expected greater than 0, got 0."),
        (
            f"{MINIMAL}    resampling: bilinaer\n",
            "config.yml:8:5  error    this is not YAML:",
        ),
        (
            "layers: [{name: a, resampling: bilinaer}]\n",
            "config.yml:1:32  error    layers[0].resampling: expected 'nearest', 'bilinear', 'cubic', 'average' or 'mode', "
            "got 'bilinaer'. Did you mean \"bilinear\"?",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(problems, text, expected):
    found = problems(text)
    assert any(problem.startswith(expected) for problem in found), found


def test_all_mistakes_are_told_at_once(problems):
    found = problems("server: {prt: 1}\nlayers:\n  - {name: a, colection: b}\nwms: {x: 1}\n")
    assert [p.split("  ")[0] for p in found] == ["config.yml:1:10", "config.yml:3:15", "config.yml:4:7"]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "config.yml")


def test_variables_are_filled_in_with_their_type(load):
    text = "server:\n  port: ${PORT:-81}\n  host: '${HOST:-127.0.0.1}'\nwms:\n  enabled: ${WMS:-false}\n"
    assert (load(text).server.port, load(text).server.host, load(text).wms.enabled) == (81, "127.0.0.1", False)
    assert (load(text, PORT="90").server.port, load(text, HOST="::1").server.host) == (90, "::1")


def test_the_environment_overrides_the_file(load):
    config = load(
        "server: {port: 1}\n", BANDSTAND_SERVER__PORT="9000", BANDSTAND_WMS__ENABLED="false", BANDSTAND_DEMO="x"
    )
    assert (config.server.port, config.wms.enabled) == (9000, False)


def test_a_wrong_override_is_told_by_the_name_of_its_variable(problems):
    assert problems("", BANDSTAND_SERVER__PRT="9000") == [
        'environment:BANDSTAND_SERVER__PRT  error    server: unknown key "prt". Did you mean "port"?'
    ]


def test_a_section_of_comments_only_is_at_its_defaults(load):
    assert load("server:\n  # port: 1\n").server.port == 8080


def test_folders_nest_and_layers_keep_their_order(load):
    text = MINIMAL.replace("layers:\n", "layers:\n  - title: F\n    layers:\n      - {name: z, collection: s2_l2a}\n")
    assert [(f, layer.name) for f, layer in load(text).published()] == [("F", "z"), ("", "true_color"), ("", "ndvi")]


def test_ranges_of_systems_are_spelled_out(load):
    config = load("crs: [EPSG:3857, 'EPSG:32601..32603', EPSG:3857]\n")
    assert [c.key for c in offered_crs(config)] == ["EPSG:3857", "EPSG:32601", "EPSG:32602", "EPSG:32603"]


def test_tile_matrix_sets_come_in_the_order_asked(load):
    text = (
        "wmts: {matrix_sets: [u, WebMercatorQuad]}\n"
        "tile_matrix_sets:\n  u: {crs: EPSG:32631, origin: [0, 100], resolutions: [2, 1], extent: [0, 0, 100, 100]}\n"
    )
    sets = tile_matrix_sets(load(text))
    assert [s.id for s in sets] == ["u", "WebMercatorQuad"]
    assert [m.cell_size for m in sets[0].matrices] == [2.0, 1.0]


def test_anchors_are_merged(load):
    text = "x-none: &a {}\n".replace("x-none: &a {}\n", "") + (
        "collections:\n  a: &base {profile: dem, title: A}\n  b: {<<: *base, title: B}\n"
    )
    config = load(text)
    assert (config.collections["b"].profile, config.collections["b"].title) == ("dem", "B")


DEM = "collections: {a: {profile: dem%s}}\nlayers: [{name: a, collection: a}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "server: {trusted_proxies: [10.0.0.0/8, foo]}\n",
            "config.yml:1:40  error    server.trusted_proxies[1]: expected an address or a network such as 10.0.0.0/8, got 'foo'.",
        ),
        ("server: {workers: 0}\n", "config.yml:1:19  error    server.workers: expected auto or a number from 1 up, got 0."),
        ("server: {workers: -3}\n", "config.yml:1:19  error    server.workers: expected auto or a number from 1 up, got -3."),
        (
            DEM % ", pattern: '('",
            "config.yml:1:42  error    collections.a.pattern: is no regular expression (missing ), unterminated subpattern at position 0), got '('.",
        ),
        (
            DEM % ", time: {default: lestest}",
            "config.yml:1:49  error    collections.a.time.default: expected latest, earliest, all or one ISO 8601 time, got 'lestest'. Did you mean \"latest\"?",
        ),
        (
            DEM % ", time: {default: default}",
            "config.yml:1:49  error    collections.a.time.default: expected latest, earliest, all or one ISO 8601 time, got 'default'.",
        ),
        (
            DEM % ", time: {default: '2023-01-01,2023-02-01'}",
            "config.yml:1:49  error    collections.a.time.default: expected latest, earliest, all or one ISO 8601 time, got '2023-01-01,2023-02-01'.",
        ),
        (
            "crs: [EPSG:32660..32601]\n",
            'config.yml:1:7  error    crs[0]: "EPSG:32660..32601" ends before it begins',
        ),
        (
            "crs: ['EPSG:a..b']\n",
            'config.yml:1:7  error    crs[0]: "EPSG:a..b" is no range of codes such as EPSG:32601..32660',
        ),
        ("a: &x [*x]\n", "config.yml:1:4  error    a[0]: refers to what it stands in"),
        ("a: &x {b: {c: *x}}\n", "config.yml:1:4  error    a.b.c: refers to what it stands in"),
        ("service: {title: 2023-02-30}\n", "config.yml:1:18  error    service.title: this cannot be read: day is out of range for month"),
        ("service: {title: !!python/name:os.system x}\n", "config.yml:1:18  error    service.title: this cannot be read: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'"),
        ("service: {<<: 5}\n", "config.yml:1:10  error    service: this cannot be read: expected a mapping or list of mappings for merging, but found scalar"),
        (
            "tile_matrix_sets: {T: {crs: EPSG:32631, origin: [0,1], resolutions: [.nan], extent: [0,0,1,1]}}\n",
            "config.yml:1:70  error    tile_matrix_sets.T.resolutions[0]: expected a finite number, got nan.",
        ),
        (
            "tile_matrix_sets: {T: {crs: EPSG:32631, origin: [.inf,1], resolutions: [1], extent: [0,0,1,1]}}\n",
            "config.yml:1:50  error    tile_matrix_sets.T.origin[0]: expected a finite number, got inf.",
        ),
        ("limits: {timeout_s: .nan}\n", "config.yml:1:21  error    limits.timeout_s: expected a finite number, got nan."),
        (
            "collections: {a: {profile: dem, bands: {elevation: {scale: .inf}}}}\n",
            "config.yml:1:60  error    collections.a.bands.elevation.scale: expected a finite number, got inf.",
        ),
    ],
)  # fmt: skip
def test_a_mistake_that_would_show_later_is_told_now(problems, text, expected):
    assert expected in problems(text)


def test_a_variable_that_is_no_yaml_is_a_text(load):
    assert load("service:\n  title: ${BAD}\n", BAD="[x").service.title == "[x"


@pytest.mark.parametrize(
    "text", ["latest", "earliest", "all", "2023-06-14", "2023-06", "'2023-06-14T10:00:00Z'", "current"]
)
def test_the_default_time_may_be_a_word_or_a_time(load, text):
    assert load(DEM % f", time: {{default: {text}}}").collections["a"].time.default == text.strip("'")


def test_nodata_may_be_nan(load):
    band = (
        load("collections: {a: {profile: dem, bands: {elevation: {nodata: .nan}}}}\n")
        .collections["a"]
        .bands["elevation"]
    )
    assert band.nodata != band.nodata
