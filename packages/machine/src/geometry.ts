// Coordinates, rectangles and links of a grid: x grows east, y grows south, core (0, 0) is the north-west corner.
// Nothing here knows about defects; `defects.ts` does.
import type { LinkDirection } from "./machine.ts";

/** A place on the grid. */
export interface Coord {
  readonly x: number;
  readonly y: number;
}

/** w x h cores with (x, y) the north-west one. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What the functions here need of a machine, or of a program's machine header. */
export interface Grid {
  readonly width: number;
  readonly height: number;
}

/** In the order of the router's ports. */
export const LINK_DIRECTIONS = ["north", "east", "south", "west"] as const satisfies readonly LinkDirection[];

/** The port on which a wavelet that left by `direction` arrives. */
export function oppositeDirection(direction: LinkDirection): LinkDirection {
  switch (direction) {
    case "north":
      return "south";
    case "east":
      return "west";
    case "south":
      return "north";
    case "west":
      return "east";
    default:
      return direction satisfies never;
  }
}

/** One step from (0, 0). */
export function stepOf(direction: LinkDirection): Coord {
  switch (direction) {
    case "north":
      return { x: 0, y: -1 };
    case "east":
      return { x: 1, y: 0 };
    case "south":
      return { x: 0, y: 1 };
    case "west":
      return { x: -1, y: 0 };
    default:
      return direction satisfies never;
  }
}

/** Dense index of a core, row by row. */
export function coreIndex(grid: Grid, x: number, y: number): number {
  return y * grid.width + x;
}

export function coordOfIndex(grid: Grid, index: number): Coord {
  return { x: index % grid.width, y: Math.floor(index / grid.width) };
}

export function isOnGrid(grid: Grid, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < grid.width && y < grid.height;
}

/** The core next to (x, y); undefined beyond the edge. */
export function neighborOf(grid: Grid, x: number, y: number, direction: LinkDirection): Coord | undefined {
  const step = stepOf(direction);
  const neighbor = { x: x + step.x, y: y + step.y };
  return isOnGrid(grid, neighbor.x, neighbor.y) ? neighbor : undefined;
}

/** Hops on a shortest path. */
export function hopDistance(a: Coord, b: Coord): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}

export function rectContains(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && y >= rect.y && x < rect.x + rect.w && y < rect.y + rect.h;
}

export function rectsOverlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

export function isRectOnGrid(grid: Grid, rect: Rect): boolean {
  return rect.x >= 0 && rect.y >= 0 && rect.x + rect.w <= grid.width && rect.y + rect.h <= grid.height;
}
