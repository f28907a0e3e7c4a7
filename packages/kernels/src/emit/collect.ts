/**
 * Rows of a tensor to the root core. Along a row of cores each core sends its columns west, then passes on what comes from the east, so that the row
 * arrives in column order; column 0 carries rows north in the same way. Chains of `forward`, one wavelet a cycle.
 */
import type { CodeBuilder, Place } from "./code-builder.ts";
import { atLeast, below, equal, greatest, masked, minus, quotient, sum, times, type Int } from "./expr.ts";
import { rowOf, type Tile } from "./tile.ts";
import { at } from "./views.ts";

/** Emits, for a core other than the root, all of its part of sending every row to the root. */
export function sendAllRows(b: CodeBuilder, tile: Tile): void {
  const { rows, cols } = tile.sharding;
  b.repeat(tile.rows, (i) => sendOwnRow(b, tile, i, 1));
  const later = greatest(0, minus(rows.extent, times(rows.block, sum(b.v, 1))));
  if (b.height > 1) passNorth(b, times(cols.extent, later), rows.extent * cols.extent);
}

/** The same for one global row, which may be another core's. */
export function sendRow(b: CodeBuilder, tile: Tile, row: Int): void {
  const { rows, cols } = tile.sharding;
  const owner = quotient(row, rows.block);
  const mine = equal(owner, b.v);
  sendOwnRow(b, tile, minus(row, times(rows.block, owner)), mine);
  if (b.height > 1) passNorth(b, times(cols.extent, below(b.v, owner)), cols.extent);
}

function sendOwnRow(b: CodeBuilder, tile: Tile, i: Int, mine: Int): void {
  const { cols } = tile.sharding;
  const isFirst = below(b.u, 1);
  const right = greatest(0, minus(cols.extent, times(cols.block, sum(b.u, 1))));
  const notFirst = atLeast(b.u, 1);
  if (b.width > 1) {
    b.send("west_out", rowOf(tile, i, masked(tile.cols, cols.block, mine, notFirst)));
    b.pass("west_in", "west_out", masked(right, cols.extent, mine, notFirst));
  }
  if (b.height === 1) return;
  b.send("north_out", rowOf(tile, i, masked(tile.cols, cols.block, mine, isFirst)));
  if (b.width > 1) b.pass("west_in", "north_out", masked(right, cols.extent, mine, isFirst));
}

function passNorth(b: CodeBuilder, count: Int, bound: number): void {
  b.pass("north_in", "north_out", masked(count, bound, below(b.u, 1)));
}

/** At the root: assembles global row `row` in `rowBuffer` (cols.extent elements). */
export function takeRow(b: CodeBuilder, tile: Tile, row: Int, rowBuffer: Place): void {
  const { rows, cols } = tile.sharding;
  const mine = below(row, rows.block);
  const own = Math.min(cols.block, cols.extent);
  const start = (offset: number, count: Int) => at(rowBuffer.buffer, sum(rowBuffer.offset, offset), [count, 1]);
  b.copy(start(0, masked(own, own, mine)), rowOf(tile, row, masked(own, own, mine)));
  if (b.width > 1) b.recv("west_in", start(own, masked(cols.extent - own, cols.extent, mine)));
  if (b.height > 1) b.recv("north_in", start(0, masked(cols.extent, cols.extent, minus(1, mine))));
}
