"""The conformance instance, made once, with its engine and a client of all its services."""

import pytest

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.conformance import generate
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.web.app import Settings, mount_services


@pytest.fixture(scope="session")
def cite_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cite") / "site"
    config = load_config(generate(folder, progress=lambda _: None), environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    library = open_library()
    for name, section in config.collections.items():
        profile = effective(load_profile(section.profile), section)
        report = ingest(section.source, name, section, profile, catalog, library, jobs=2)
        assert report.new
        assert not report.failed
    catalog.close()
    library.close()
    return folder


@pytest.fixture(scope="session")
def cite_client(cite_folder):
    """Flask's test client."""
    engine = build_engine(load_config(cite_folder / "config.yml", environment={}))
    yield mount_services(engine, Settings()).test_client()
    engine.close()
