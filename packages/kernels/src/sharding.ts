/** The default sharding: rows in equal blocks down the region, columns in equal blocks across it. */
import type { BlockedDim, Sharding } from "@waferc/ir/dataflow";
import type { RegionShape } from "./template.ts";

/** Any tensor as a matrix: rows = product of all dimensions but the last, cols = the last; a scalar is 1x1. */
export function matrixShape(shape: readonly number[]): readonly [rows: number, cols: number] {
  const cols = shape.at(-1) ?? 1;
  return [shape.slice(0, -1).reduce((product, dim) => product * dim, 1), cols];
}

export function defaultSharding(shape: readonly number[], region: RegionShape): Sharding {
  const [rows, cols] = matrixShape(shape);
  return { rows: blocked(rows, region.height, "y"), cols: blocked(cols, region.width, "x") };
}

function blocked(extent: number, parts: number, axis: "x" | "y"): BlockedDim {
  return { extent, block: Math.max(1, Math.ceil(extent / parts)), axis };
}
