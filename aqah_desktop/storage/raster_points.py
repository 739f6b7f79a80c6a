"""Stored values of a raster at many points, decoding each touched block once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

#: ``(row, col, height, width) -> stored values`` in pixels of the raster.
ReadWindow = Callable[[int, int, int, int], np.ndarray]
#: Neighbouring blocks are read together up to this many cells: few calls, little memory.
_RUN_CELLS = 2_000_000
#: Cells to decode for each thread: below it opening the file again and handing over cost more.
_WORTH_A_THREAD = 5_000_000


def sample_blocks(
    read: ReadWindow,
    position: tuple[np.ndarray, np.ndarray],
    block_shape: tuple[int, int],
    shape: tuple[int, int],
    *,
    dtype: str,
    workers: int = 1,
) -> np.ndarray:
    """Return the stored value under each pixel position, reading runs of neighbouring blocks.

    Parameters
    ----------
    read : callable
        Reads a window; called from ``workers`` threads at a time.
    position : tuple of ndarray
        Rows and columns, ``(n,) int64``, all inside ``shape``.
    block_shape, shape : tuple
        ``(ny, nx)`` of a stored block and of the raster.
    dtype : str
        Type of what ``read`` returns.
    workers : int
        Most threads that read at the same time; fewer when there is little to decode.

    Returns
    -------
    ndarray
        ``(n,)`` of ``dtype``.
    """
    rows, cols = position
    values = np.zeros(rows.size, dtype=dtype)
    if not rows.size:
        return values
    height, width = block_shape
    across = -(-shape[1] // width)
    block = (rows // height) * across + cols // width
    # Sorting small integers is many times faster than int64.
    small = block.astype("uint16" if block.max() < 65536 else "uint32")
    order = np.argsort(small, kind="stable")
    runs = _runs(block[order], across, max(1, _RUN_CELLS // (height * width)))

    def fill(run: tuple[int, int, int, int]) -> None:
        start, stop, first, last = run
        points = order[start:stop]
        row, col = first // across * height, first % across * width
        bottom = min((last // across + 1) * height, shape[0])
        right = min((last % across + 1) * width, shape[1])
        window = read(row, col, bottom - row, right - col)
        values[points] = window[rows[points] - row, cols[points] - col]

    to_decode = sum(last - first + 1 for _, _, first, last in runs) * height * width
    workers = min(workers, to_decode // _WORTH_A_THREAD)
    if workers > 1 and len(runs) > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, runs))
    else:
        for run in runs:
            fill(run)
    return values


def _runs(block: np.ndarray, across: int, longest: int) -> list[tuple[int, int, int, int]]:
    """Group sorted block numbers into runs of neighbours, at most ``longest`` blocks each.

    A run stays on one row of blocks, except in a raster stored by whole rows (``across`` 1).
    Returns ``(start, stop, first_block, last_block)``: points ``start:stop`` lie in the blocks.
    """
    touched, starts = np.unique(block, return_index=True)
    stops = np.append(starts[1:], block.size)
    breaks = np.diff(touched) != 1
    if across > 1:
        breaks |= touched[1:] % across == 0
    group = np.concatenate(([0], np.cumsum(breaks)))
    begins = np.searchsorted(group, np.arange(group[-1] + 1))
    within = np.arange(touched.size) - begins[group]
    firsts = np.flatnonzero(within % longest == 0)
    lasts = np.append(firsts[1:] - 1, touched.size - 1)
    return [
        (int(starts[a]), int(stops[b]), int(touched[a]), int(touched[b]))
        for a, b in zip(firsts, lasts, strict=True)
    ]
