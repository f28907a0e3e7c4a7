/**
 * All-gather along a row or a column of the region. Every core sends its tile to its neighbour and forwards what arrives, first away from the
 * origin, then toward it; each wavelet is stored as it passes, so that afterwards every core of the line holds all tiles. Neighbour traffic
 * only, two colours a direction. Ramp-bound: a core emits every tile of its line about once, so time is (tiles in the line) x (tile wavelets)
 * + (2*ramp + hop) per core of the line.
 *
 * No deadlock: in each pass the core at the end only receives, so the pass drains from the end back; the second pass starts after the first.
 */
import type { Expr } from "@waferc/ir/program";
import type { CodeBuilder, Place } from "./code-builder.ts";
import { atLeast, below, clamp, greatest, least, masked, minus, sum, times, type Int } from "./expr.ts";
import { at, type DimSpec } from "./views.ts";

/** One dimension of a tile: constant count, stride in the tile's own buffer, stride in the gathered buffer. */
export interface TileDim {
  readonly count: number;
  readonly tileStride: number;
  readonly gatheredStride: number;
}

export interface LineGather {
  readonly axis: "x" | "y";
  readonly tile: Place;
  readonly dims: readonly TileDim[];
  /** Cores 0 .. used-1 of the line have a tile. */
  readonly used: number;
  readonly gathered: Place;
  /** Distance between consecutive tiles in the gathered buffer. */
  readonly tileDistance: number;
  /** 0/1: whether this line takes part (equal on all cores of the line). */
  readonly active?: Int;
}

const COLORS = {
  x: { away: ["east_in", "east_out"], back: ["west_in", "west_out"] },
  y: { away: ["south_in", "south_out"], back: ["north_in", "north_out"] },
} as const;
const THREAD = 0;

export function lineGather(b: CodeBuilder, gather: LineGather): void {
  const { axis, tile, used, gathered, tileDistance } = gather;
  const active = gather.active ?? 1;
  const position = axis === "x" ? b.u : b.v;
  const length = axis === "x" ? b.width : b.height;
  const owns = least(below(position, used), active);
  const own = (stride: "tileStride" | "gatheredStride", ...masks: Int[]): DimSpec[] =>
    maskedDims(gather.dims, stride, ...masks);
  const ownTile = (...masks: Int[]) => at(tile.buffer, tile.offset, ...own("tileStride", ...masks));
  const gatheredAt = (index: Int) => sum(gathered.offset, times(tileDistance, index));
  const placeOwn = () =>
    b.copy(at(gathered.buffer, gatheredAt(position), ...own("gatheredStride", owns)), ownTile(owns));
  if (length === 1) return placeOwn();

  const isLast = atLeast(position, length - 1);
  const isFirst = below(position, 1);
  const notLast = minus(1, isLast);
  const notFirst = minus(1, isFirst);
  const inner = gather.dims.map((dim): DimSpec => [dim.count, dim.gatheredStride]);
  // Tiles that pass through: from the origin's side the nearest comes first, position-1 down to 0.
  const before = least(position, used);
  const away = (mask: Int) => {
    const count = masked(before, length, least(mask, active));
    return at(gathered.buffer, gatheredAt(minus(before, 1)), [count, -tileDistance], ...inner);
  };
  const after = greatest(0, minus(used - 1, position));
  const back = (mask: Int) => {
    const count = masked(after, length, least(mask, active));
    return at(gathered.buffer, gatheredAt(sum(position, 1)), [count, tileDistance], ...inner);
  };

  const colors = COLORS[axis];
  b.send(colors.away[1], ownTile(owns, notLast));
  b.forward("store", colors.away[0], colors.away[1], away(notLast));
  b.recv(colors.away[0], away(isLast));
  b.send(colors.back[1], ownTile(owns, notFirst));
  b.forward("store", colors.back[0], colors.back[1], back(notFirst), THREAD);
  b.recv(colors.back[0], back(isFirst));
  placeOwn(); // overlaps the way back: it touches only this core's tile
  b.wait(THREAD);
}

function maskedDims(dims: readonly TileDim[], stride: "tileStride" | "gatheredStride", ...masks: Int[]): DimSpec[] {
  return dims.map((dim, index): DimSpec => [
    index === 0 ? masked(dim.count, dim.count, ...masks) : dim.count,
    dim[stride],
  ]);
}

/** Number of cores along the axis whose block of the dimension is not empty. */
export function usedBlocks(dim: { readonly extent: number; readonly block: number }): number {
  return Math.ceil(dim.extent / dim.block);
}

/** Elements of this core's block that exist. */
export function localExtent(position: Expr, dim: { readonly extent: number; readonly block: number }): Expr {
  return clamp(minus(dim.extent, times(dim.block, position)), 0, dim.block);
}
