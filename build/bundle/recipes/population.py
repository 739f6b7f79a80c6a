"""Residents per 200 m cell: municipal populations spread inside each commune by a stated rule.

No grid of residents is bundled (INSEE's 200 m grid is imported by the user), so each commune's
residents are shared among its cells by a mixture of three distributions, each summing to 1:

- a fifth evenly: hamlets and scattered houses;
- the town: ``exp(−(d/R)²)``, d the distance to the commune's inhabited point, and R the radius of a disc
  of 400 m² per resident (at least 300 m);
- urban fabric: injury accidents in built-up areas, smoothed at 400 m. They take ``n / (n + 20)`` of what
  is left when the commune has n of them, the town takes the rest.

Accidents follow traffic, not residents: they only shape towns that have many, and totals by commune
stay those of INSEE. The four constants were chosen on the positions of écoles, which serve nowhere else
in this layer; the gain is measured again on the other sites and on monitoring stations.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from framework import Product, RasterContent, Workspace
from grid import REGION_GRID, cell_centres
from rasterio.features import rasterize
from rasterio.transform import from_origin
from recipes._accidents import placed_accidents
from recipes._population_evidence import site_gain, station_correlation
from recipes._records import products
from scipy.ndimage import gaussian_filter

ID = "population"
REQUIRES = ("communes", "places")

EVEN_SHARE = 0.2
TOWN_M2_PER_RESIDENT = 400.0
TOWN_LEAST_RADIUS_M = 300.0
ACCIDENT_SIGMA_M = 400.0
ACCIDENT_HALF = 20.0


@dataclass(frozen=True)
class Cells:
    """Cells of the region: commune number of each, and where they are in the grid."""

    #: ``(ny, nx)`` bool: the centre lies in a commune.
    mask: np.ndarray
    #: ``(n,)`` row number of the commune of each cell.
    commune: np.ndarray
    communes: int

    def share(self, weight: np.ndarray) -> np.ndarray:
        """Weights ``(n,)`` scaled to sum to 1 in each commune."""
        return weight / np.bincount(self.commune, weight, self.communes)[self.commune]

    def raster(self, values: np.ndarray) -> np.ndarray:
        """Values ``(n,)`` as ``(ny, nx)``, NaN outside the region."""
        found = np.full(self.mask.shape, np.nan)
        found[self.mask] = values
        return found


def build(work: Workspace) -> list[Product]:
    """Make the raster."""
    communes = work.product("communes").content
    population = communes["population"].to_numpy(dtype="float64")
    cells = number_cells(communes)
    shares = _shares(work, cells, communes)
    residents = cells.raster(population[cells.commune] * shares)
    _check_totals(work, cells, residents, population)
    even = cells.raster(population[cells.commune] * cells.share(np.ones(len(shares))))
    evidence = {
        "sites_log_gain_over_even": site_gain(work, residents, even),
        "no2_background_correlation": station_correlation(work, {"rule": residents, "even": even}),
    }
    gains = evidence["sites_log_gain_over_even"]
    work.check(
        "sites not used for the choice are better placed than evenly", gains["others"]["gain"] > 0.3, gains
    )
    found = evidence["no2_background_correlation"]
    work.check("background NO2 follows the map better than an even one", found["rule"] > found["even"], found)
    content = RasterContent(residents, REGION_GRID, scale=None)
    return products(work, {"population": content}, {"population": evidence})


def number_cells(communes: gpd.GeoDataFrame) -> Cells:
    """Give each cell to the commune that holds its centre."""
    grid = REGION_GRID
    transform = from_origin(grid.x_min, grid.y_max, grid.cell_m, grid.cell_m)
    shapes = ((outline, number) for number, outline in enumerate(communes.geometry))
    numbers = rasterize(shapes, (grid.ny, grid.nx), fill=-1, transform=transform, dtype="int32")
    return Cells(numbers >= 0, numbers[numbers >= 0], len(communes))


def _shares(work: Workspace, cells: Cells, communes: gpd.GeoDataFrame) -> np.ndarray:
    town = _town(cells, communes, work.product("commune_points").content)
    fabric, count = _fabric(work, cells)
    fabric_share = (1 - EVEN_SHARE) * (count / (count + ACCIDENT_HALF))[cells.commune]
    town_share = 1 - EVEN_SHARE - fabric_share
    even = cells.share(np.ones(len(cells.commune)))
    return EVEN_SHARE * even + town_share * town + fabric_share * fabric


def _town(cells: Cells, communes: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> np.ndarray:
    points = points.set_index("commune_code").loc[communes["commune_code"]]
    x, y = cell_centres()
    dx = np.broadcast_to(x, cells.mask.shape)[cells.mask] - points.geometry.x.to_numpy()[cells.commune]
    dy = (
        np.broadcast_to(y[:, None], cells.mask.shape)[cells.mask]
        - points.geometry.y.to_numpy()[cells.commune]
    )
    radius = np.sqrt(communes["population"].to_numpy() * TOWN_M2_PER_RESIDENT / np.pi)
    radius = np.maximum(radius, TOWN_LEAST_RADIUS_M)[cells.commune]
    # The floor keeps a commune whose point is far from every cell centre from dividing by zero.
    return cells.share(np.exp(-(dx**2 + dy**2) / radius**2) + 1e-12)


def _fabric(work: Workspace, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed accidents in built-up areas, and how many each commune has."""
    accidents = placed_accidents(work)
    accidents = accidents[accidents["in_town"]]
    grid = REGION_GRID
    column = ((accidents.geometry.x - grid.x_min) // grid.cell_m).astype(int).to_numpy()
    row = ((grid.y_max - accidents.geometry.y) // grid.cell_m).astype(int).to_numpy()
    inside = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    density = np.zeros(cells.mask.shape)
    np.add.at(density, (row[inside], column[inside]), 1.0)
    density[~cells.mask] = 0.0
    count = np.bincount(cells.commune, density[cells.mask], cells.communes)
    work.check("about 11,800 accidents in built-up areas", 11_000 < count.sum() < 12_500, int(count.sum()))
    smoothed = gaussian_filter(density, ACCIDENT_SIGMA_M / grid.cell_m, mode="constant")[cells.mask]
    return cells.share(smoothed + 1e-12), count


def _check_totals(work: Workspace, cells: Cells, residents: np.ndarray, population: np.ndarray) -> None:
    fewest = int(np.bincount(cells.commune, minlength=cells.communes).min())
    work.check("every commune has cells", fewest >= 1, {"fewest": fewest})
    sums = np.bincount(cells.commune, residents[cells.mask], cells.communes)
    apart = float(np.abs(sums / population - 1).max())
    work.check("each commune keeps its residents (1e-9)", apart < 1e-9, {"within_1e-9": True})
    stored = residents[cells.mask].astype("float32").astype("float64")
    rounded = float(np.abs(np.bincount(cells.commune, stored, cells.communes) / population - 1).max())
    work.check("and as stored, in float32 (1e-6)", rounded < 1e-6, {"within_1e-6": True})
    dense = float(np.nanmax(residents)) / 0.04
    work.check("no cell above 60,000 residents per km²", dense < 60_000, {"densest_per_km2": round(dense)})
