"""Values of a raster at many points, decoding each touched block once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

#: ``(row, col, height, width) -> values`` in pixels of the raster.
ReadWindow = Callable[[int, int, int, int], np.ndarray]


def sample_blocks(
    read: ReadWindow,
    rows: np.ndarray,
    cols: np.ndarray,
    block_shape: tuple[int, int],
    shape: tuple[int, int],
    *,
    workers: int = 1,
) -> np.ndarray:
    """Return the value at each pixel, reading runs of neighbouring blocks.

    Parameters
    ----------
    read : callable
        Reads a window as float32; called from ``workers`` threads.
    rows, cols : ndarray
        ``(n,) int64`` pixel positions, all inside ``shape``.
    block_shape, shape : tuple
        ``(ny, nx)`` of a block and of the raster.
    workers : int
        Threads that read at the same time.

    Returns
    -------
    ndarray
        ``(n,) float32``.
    """
    values = np.full(rows.size, np.nan, dtype="float32")
    if not rows.size:
        return values
    height, width = block_shape
    blocks_across = -(-shape[1] // width)
    block = (rows // height) * blocks_across + cols // width
    order = np.argsort(block, kind="stable")
    runs = _runs(block[order], blocks_across)

    def fill(run: tuple[int, int, int, int]) -> None:
        start, stop, first, last = run
        points = order[start:stop]
        row = first // blocks_across * height
        col = first % blocks_across * width
        window_height = min(height, shape[0] - row)
        window_width = min((last - first + 1) * width, shape[1] - col)
        window = read(row, col, window_height, window_width)
        values[points] = window[rows[points] - row, cols[points] - col]

    if workers > 1 and len(runs) > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, runs))
    else:
        for run in runs:
            fill(run)
    return values


def _runs(block: np.ndarray, blocks_across: int) -> list[tuple[int, int, int, int]]:
    """Group sorted block numbers into runs of neighbours on one row of blocks.

    Returns ``(start, stop, first_block, last_block)``: points ``start:stop`` lie in the blocks.
    """
    touched, starts = np.unique(block, return_index=True)
    stops = np.append(starts[1:], block.size)
    breaks = (np.diff(touched) != 1) | (touched[1:] % blocks_across == 0)
    firsts = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    lasts = np.append(firsts[1:] - 1, touched.size - 1)
    return [
        (int(starts[a]), int(stops[b]), int(touched[a]), int(touched[b]))
        for a, b in zip(firsts, lasts, strict=True)
    ]
