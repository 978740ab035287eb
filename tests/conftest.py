# SPDX-License-Identifier: Apache-2.0
"""What all tests share: how a missing component is met, and the parts that several start."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import hypothesis
import pytest

from cardtool.fleet.store.database import Store
from cardtool.model.snapshot import Snapshot, encode
from tests.fleets import Keep, keep_in
from tests.golden.desk import desk
from tests.rig import postgres
from tests.rig.softhsm import SoftHsm, module_path
from tests.rig.web import Web

Tokens = Callable[..., SoftHsm]
"""Makes a token of its own, with certificates in it: labels and DER, then its own settings."""

signal.signal(signal.SIGINT, signal.default_int_handler)
"""What a shell runs in the background ignores Ctrl-C, and the programs under test would too."""

hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
"""The same examples each time, whatever else the machine does; `make long` tries new ones."""
hypothesis.settings.register_profile("random", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile("steady")

os.environ["CARDTOOL_CACHE"] = ""  # nor what it fetched
os.environ["CARDTOOL_LOCK"] = ""  # nor waits for a check of anybody else's
os.environ["CARDTOOL_STATE"] = ""  # no test leaves a memory of its desk to the next, or to a person


def require(found: object, component: str) -> None:
    """Skip the test where `component` is not `found`; fail it in CI (`CI=true`).

    A test that CI skips proves nothing, and nobody notices.
    """
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{component} is missing, and CI must not skip: see `missing` in ./run")
    pytest.skip(f"{component} is not installed: ./run test installs it")


class _AsRoot(pytest.Item):
    """A test that only root can run: sudo runs it in a pytest of its own."""

    def runtest(self) -> None:
        """Fail with what that pytest printed."""
        sudo = shutil.which("sudo")
        may_use_it = sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
        if not (sudo and may_use_it and may_use_it.returncode == 0):
            require(None, "root, or sudo that asks this user for no password,")
            return
        kept = [f"{name}={os.environ[name]}" for name in _KEPT if name in os.environ]
        pytest_ = (sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", self.nodeid)
        done = subprocess.run(
            [sudo, "-n", "env", *kept, *pytest_],
            cwd=self.config.rootpath,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            pytest.fail(done.stdout, pytrace=False)


_KEPT = ("CI", "LANG", "LC_ALL", "PATH")
"""Variables that sudo may take away, and a test run by it needs."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have sudo run the tests that only root can run, where this is another user."""
    if sys.platform == "win32" or os.geteuid() == 0:
        return
    for place, item in enumerate(items):
        if item.get_closest_marker("root") and item.parent:
            items[place] = _AsRoot.from_parent(item.parent, name=item.name)
            items[place].own_markers = item.own_markers


def softhsm_module() -> Path:
    """Return the module of SoftHSM2; it may be a missing component."""
    try:
        return module_path()
    except FileNotFoundError as error:
        require(None, str(error))
        raise


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """Give a short path: that of a socket may have 107 bytes, and `tmp_path` is long.

    Source: unix(7).
    """
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Give what makes SoftHSM2 tokens."""
    softhsm_module()

    def made(*certificates: tuple[str, bytes], label: str = "yumuşak") -> SoftHsm:
        store = SoftHsm(tmp_path_factory.mktemp("store"), label=label)
        store.add(certificates)
        return store

    return made


@pytest.fixture
def server() -> Iterator[Web]:
    """Run a web server on loopback for one test."""
    with Web() as running:
        yield running


def without_settings(monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> None:
    """Keep this machine's own settings out of a test."""
    for variable in ("CARDTOOL_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "CARDTOOL_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(variable, str(nowhere / "none"))


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """Save the snapshot of a workstation that can sign, and return the name of its file."""
    path = tmp_path / "masa.json"
    path.write_bytes(encode(desk()))
    return str(path)


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own way to the web out of a test."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """Run a PostgreSQL server for all tests."""
    require(postgres.programs(), "postgresql")
    with postgres.Cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database, once for each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fleet.db'}"
    running: postgres.Cluster = request.getfixturevalue("cluster")
    return running.database()


@pytest.fixture
def store(stores: str) -> Iterator[Store]:
    """Give an empty store, once for each kind of database."""
    with closing(Store(stores)) as opened:
        yield opened


@pytest.fixture
def keep(stores: str, tmp_path: Path) -> Iterator[Keep]:
    """Give a function that imports snapshots into an empty database, for each kind of database."""
    with ExitStack() as stack:

        def kept(*snapshots: Snapshot) -> Store:
            return stack.enter_context(closing(keep_in(stores, tmp_path, *snapshots)))

        yield kept
