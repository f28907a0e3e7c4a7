/** A kernel's operand or result as the emitting code sees it: where its tile lies, how many real rows and columns it has here. */
import type { Expr, Source, View } from "@waferc/ir/program";
import type { Kernel, Operand, Sharding, TensorId } from "@waferc/ir/dataflow";
import type { CodeBuilder, Place } from "./code-builder.ts";
import { shifted } from "./code-builder.ts";
import { times, type Int } from "./expr.ts";
import { lineGather, usedBlocks } from "./line-gather.ts";
import { at, from, literal } from "./views.ts";

export interface Tile {
  readonly place: Place;
  readonly sharding: Sharding;
  /** Real rows and columns on this core. */
  readonly rows: Expr;
  readonly cols: Expr;
  /** Row stride in elements. */
  readonly stride: number;
}

export function tensorTile(b: CodeBuilder, id: TensorId): Tile {
  return tileAt(b, b.tensor(id), b.shardingOf(id));
}

export function tileAt(b: CodeBuilder, place: Place, sharding: Sharding): Tile {
  const { rows, cols } = sharding;
  return { place, sharding, rows: b.localCount(rows), cols: b.localCount(cols), stride: cols.block };
}

/** A scratch tile with another tile's shape. */
export function scratchLike(b: CodeBuilder, name: string, tile: Tile, type: "f32" | "i32" = "f32"): Tile {
  const { rows, cols } = tile.sharding;
  return { ...tile, place: b.scratch(name, rows.block * cols.block, type), stride: cols.block };
}

/** All real elements of a tile: [rows, cols]. */
export function whole(tile: Tile): View {
  return at(tile.place.buffer, tile.place.offset, [tile.rows, tile.stride], [tile.cols, 1]);
}

/** One value per row, repeated along the columns of `like`. */
export function alongColumns(values: Place, like: Tile): View {
  return at(values.buffer, values.offset, [like.rows, 1], [like.cols, 0]);
}

/** Local row `row` of the tile. */
export function rowOf(tile: Tile, row: Int, cols: Int = tile.cols): View {
  const start = shifted(tile.place, times(tile.stride, row));
  return at(start.buffer, start.offset, [cols, 1]);
}

export function operandAt(kernel: Kernel, index: number): Operand {
  const operand = kernel.operands[index];
  if (operand === undefined) throw new RangeError(`${kernel.template} has no operand ${index}`);
  return operand;
}

export function operandTile(b: CodeBuilder, kernel: Kernel, index: number): Tile {
  const operand = operandAt(kernel, index);
  if (operand.kind === "tensor") return tensorTile(b, operand.tensor);
  if (operand.kind === "weight") return tileAt(b, b.weight(operand), operand.sharding);
  throw new RangeError(`operand ${index} of ${kernel.template} is a scalar`);
}

export function resultTile(b: CodeBuilder, kernel: Kernel, index = 0): Tile {
  const id = kernel.results[index];
  if (id === undefined) throw new RangeError(`${kernel.template} has no result ${index}`);
  return tensorTile(b, id);
}

/** An elementwise operand with the shape of `like`; a single row repeats. */
export function elementwiseSource(b: CodeBuilder, kernel: Kernel, index: number, like: Tile): Source {
  const operand = operandAt(kernel, index);
  if (operand.kind === "scalar") return literal(operand.value);
  const tile = operandTile(b, kernel, index);
  const isRow = tile.sharding.rows.axis === "none" && tile.sharding.rows.extent === 1;
  return from(at(tile.place.buffer, tile.place.offset, [like.rows, isRow ? 0 : tile.stride], [like.cols, 1]));
}

/**
 * Gathers a tile along x: afterwards every core of the row holds all columns of its rows, row-major, with row stride `stride`
 * (the number of used columns' blocks times the block).
 */
export function gatherColumns(
  b: CodeBuilder,
  name: string,
  tile: Tile,
): { readonly place: Place; readonly stride: number } {
  const { rows, cols } = tile.sharding;
  if (cols.axis === "none") return { place: tile.place, stride: tile.stride };
  const used = usedBlocks(cols);
  const stride = used * cols.block;
  const place = b.scratch(name, rows.block * stride);
  lineGather(b, {
    axis: "x",
    tile: tile.place,
    dims: [
      { count: rows.block, tileStride: tile.stride, gatheredStride: stride },
      { count: cols.block, tileStride: 1, gatheredStride: 1 },
    ],
    used,
    gathered: place,
    tileDistance: cols.block,
  });
  return { place, stride };
}

/** Gathers a rows x cols piece of every core along y, dense, row-major: afterwards each core of the column holds all rows. */
export function gatherRows(
  b: CodeBuilder,
  name: string,
  piece: { readonly place: Place; readonly rows: number; readonly cols: number; readonly stride: number },
  used: number,
  active: Int = 1,
): Place {
  const elements = piece.rows * piece.cols;
  const place = b.scratch(name, used * elements);
  lineGather(b, {
    axis: "y",
    tile: piece.place,
    dims: [
      { count: piece.rows, tileStride: piece.stride, gatheredStride: piece.cols },
      { count: piece.cols, tileStride: 1, gatheredStride: 1 },
    ],
    used,
    gathered: place,
    tileDistance: elements,
    active,
  });
  return place;
}
