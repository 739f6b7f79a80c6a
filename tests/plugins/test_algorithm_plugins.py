"""Algorithm plugins: rasters in as read-only arrays, rasters and tables out, every value checked."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from aqah_desktop.errors import PluginError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.algorithms import HostedAlgorithm
from aqah_desktop.processing.contract import Context, Feedback
from aqah_desktop.records import Flag, Method, Pollutant, Quality, Statistic
from aqah_desktop.storage.pack import Pack

Hosted = Callable[..., HostedAlgorithm]
PARAMS = {"territory": "200000001"}

SOURCE = """
import numpy as np
from aqah_desktop.plugin_api import (
    AlgorithmPlugin, AlgorithmSpec, ArrayOutput, FieldSchema, LocalText, Output, Statistic, TableOutput,
)

WORD = LocalText("mot", "word")
FIELDS = (FieldSchema("commune", "text", WORD), FieldSchema("value", "real", WORD, "µg/m³"))

class Plugin(AlgorithmPlugin):
    spec = AlgorithmSpec(
        "hostile.algorithm.maps", "1", "hostile.title", "hostile.summary", (),
        (
            Output("half", "raster", "hostile.half", unit="µg/m³", statistic=Statistic.DIFFERENCE),
            Output("communes", "table", "hostile.communes", fields=FIELDS),
        ),
        inputs=("no2_2019",),
    )

    def run(self, params, context, feedback):
        layer = context.layers["no2_2019"]
        names = [commune.name for commune in context.communes]
        values = layer.values / 2
        table = {{"commune": names, "value": [1.5] * len(names)}}
        feedback.progress(1.0)
        {body}
        return [ArrayOutput("half", values, "no2_2019"), TableOutput("communes", table)]
"""


def _run(hosted: Hosted, context: Context, body: str = "pass"):  # type: ignore[no-untyped-def]
    return hosted("maps", SOURCE.format(body=body), kind="algorithm").run(PARAMS, context, Feedback())


def test_a_raster_and_a_table_come_back(hosted: Hosted, context: Context, pack: Pack) -> None:
    algorithm = hosted("maps", SOURCE.format(body="pass"), kind="algorithm")
    assert algorithm.check(PARAMS, context) == []
    results = algorithm.run(PARAMS, context, Feedback())
    territory = pack.territory("200000001")
    with pack.open_raster("no2_2019") as raster:
        base, grid = raster.read(territory.extent)
    half = results.rasters["half"]
    np.testing.assert_allclose(half.values, base / 2, rtol=1e-6)
    assert half.grid == grid
    assert (half.measure.statistic, half.measure.pollutant, half.measure.years) == (
        Statistic.DIFFERENCE,
        Pollutant.NO2,
        (2019, 2019),
    )
    assert results.tables["communes"].frame.to_dict("list") == {
        "commune": ["Ouest", "Est"],
        "value": [1.5, 1.5],
    }


def test_what_others_compute_is_at_most_exploratory_and_says_who(hosted: Hosted, context: Context) -> None:
    standing = _run(hosted, context).standing
    assert standing.quality is Quality.EXPLORATORY and standing.method is Method.MODELLED
    assert Flag.PROXY not in standing.flags
    assert "Nobody" in standing.limits.fr and "Nobody" in standing.limits.en


def test_the_layer_is_read_only_for_the_plugin(hosted: Hosted, context: Context) -> None:
    with pytest.raises(PluginError, match="read-only"):
        _run(hosted, context, "layer.values[0, 0] = 1")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("values = values[1:]", "half.values"),
        ("values = np.full(values.shape, np.nan)", "half.values"),
        ("values = np.full(values.shape, np.inf)", "half.values"),
        ("values = values.astype(str)", "half.values"),
        ("return [TableOutput('communes', table)]", "outputs"),
        ("return [ArrayOutput('half', values, 'elsewhere'), TableOutput('communes', table)]", "half.layer"),
        ("table['value'] = [1.0]", "communes.columns"),
        ("table['more'] = names", "communes.columns"),
        ("table['value'] = names", "communes.value"),
        ("table['value'] = [True, False]", "communes.value"),
        ("table['value'] = [float('inf'), 1.0]", "communes.value"),
    ],
)
def test_unusable_outputs_are_refused_with_their_place(
    hosted: Hosted, context: Context, body: str, where: str
) -> None:
    with pytest.raises(PluginError) as caught:
        _run(hosted, context, body)
    assert caught.value.key == "plugins.wrong_value" and caught.value.params["where"] == where
    for language in LANGUAGES:
        assert "hostile-maps" in Catalogue(language).error(caught.value).message


@pytest.mark.parametrize("body", ["values = np.array([{}], dtype=object)", "import os; values = object()"])
def test_objects_never_cross(hosted: Hosted, context: Context, body: str) -> None:
    with pytest.raises(PluginError) as caught:
        _run(hosted, context, body)
    assert caught.value.key in ("plugins.raised", "plugins.wrong_value")


def test_a_link_left_as_output_is_not_followed(hosted: Hosted, context: Context) -> None:
    """The scratch folder is the plugin's: what lies there is not believed to be a plain file."""
    body = (
        "import os; os.symlink('/etc/hostname', 'output-000.npy'); real = np.save; "
        "np.save = lambda *a, **k: None"
    )
    with pytest.raises(PluginError) as caught:
        _run(hosted, context, body)
    assert caught.value.params["where"] == "half.values" and "link" in caught.value.params["value"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")
def test_a_pipe_left_as_output_is_not_waited_for(hosted: Hosted, context: Context) -> None:
    body = "import os; os.mkfifo('output-000.npy'); real = np.save; np.save = lambda *a, **k: None"
    with pytest.raises(PluginError) as caught:
        _run(hosted, context, body)
    assert caught.value.params["where"] == "half.values" and "pipe" in caught.value.params["value"]


def test_an_array_that_announces_more_than_there_is_is_refused(hosted: Hosted, context: Context) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (10000000, 10000000)}"
    body = (
        "import struct; f = open('output-000.npy', 'wb'); f.write(b'\\x93NUMPY\\x01\\x00'); "
        f"h = {header + ' ' * 20!r}.encode(); f.write(struct.pack('<H', len(h)) + h); f.close(); "
        "real = np.save; np.save = lambda *a, **k: None"
    )
    with pytest.raises(PluginError) as caught:
        _run(hosted, context, body)
    assert caught.value.params["where"] == "half.values"


def test_missing_values_in_a_table_are_kept_as_missing(hosted: Hosted, context: Context) -> None:
    frame = _run(hosted, context, "table['value'] = [None, 2.0]").tables["communes"].frame
    assert np.isnan(frame["value"][0]) and frame["value"][1] == 2.0
