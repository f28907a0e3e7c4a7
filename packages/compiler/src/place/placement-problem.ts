/**
 * The placement problem of a dataflow on a machine: the rectangles to place, where each may lie (on the grid, off dead cores and keep-outs, on its pin),
 * and what a placement costs: for each flow its elements times the distance between the roots it joins, or to the nearest host port.
 */
import type { Dataflow, GroupId } from "@waferc/ir/dataflow";
import { isDeadCore, isDeadLink, rectsOverlap, type Coord, type Machine, type Rect } from "@waferc/machine";

export interface PlacementOptions {
  /** North-west corners that the user fixed. */
  readonly pins?: ReadonlyMap<GroupId, Coord>;
  /** Rectangles that no region may touch. */
  readonly keepOuts?: readonly Rect[];
}

/** Two roots, or a root and the host (`b` undefined), and how many elements pass between them. */
interface Net {
  readonly a: GroupId;
  readonly b: GroupId | undefined;
  readonly weight: number;
}

export interface PlacementProblem {
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
  /** Legal corners of each group, row by row. */
  readonly candidates: readonly (readonly Coord[])[];
  /** Weighted hops of a complete placement. */
  cost(corners: readonly Coord[]): number;
  /** Whether two groups at these corners share a core. */
  overlaps(a: GroupId, cornerA: Coord, b: GroupId, cornerB: Coord): boolean;
}

export function placementProblem(dataflow: Dataflow, machine: Machine, options: PlacementOptions): PlacementProblem {
  const sizes = dataflow.groups;
  const blocked = blockedCounts(machine, options.keepOuts ?? []);
  const candidates = sizes.map(({ width, height }, group) => {
    const pin = options.pins?.get(group);
    const corners = pin === undefined ? cornersOf(machine, width, height) : [pin];
    return corners.filter((corner) => isFree(blocked, machine, { ...corner, w: width, h: height }));
  });
  const nets = netsOf(dataflow);
  const hostDistance = hostDistances(machine);
  const rect = (group: GroupId, { x, y }: Coord): Rect => {
    const { width, height } = sizes[group] ?? { width: 0, height: 0 };
    return { x, y, w: width, h: height };
  };
  return {
    sizes,
    candidates,
    cost(corners) {
      let total = 0;
      for (const { a, b, weight } of nets) {
        const from = corners[a];
        if (from === undefined) continue;
        const to = b === undefined ? undefined : corners[b];
        const distance =
          to === undefined
            ? (hostDistance[from.y * machine.width + from.x] ?? 0)
            : Math.abs(from.x - to.x) + Math.abs(from.y - to.y);
        total += weight * distance;
      }
      return total;
    },
    overlaps: (a, cornerA, b, cornerB) => rectsOverlap(rect(a, cornerA), rect(b, cornerB)),
  };
}

function cornersOf(machine: Machine, width: number, height: number): Coord[] {
  const corners: Coord[] = [];
  for (let y = 0; y + height <= machine.height; y++) {
    for (let x = 0; x + width <= machine.width; x++) corners.push({ x, y });
  }
  return corners;
}

function netsOf(dataflow: Dataflow): readonly Net[] {
  return dataflow.flows.flatMap((flow): Net[] => {
    const weight = flow.shape.reduce((a, b) => a * b, 1);
    const ends = [flow.from, flow.to].flatMap((end) => (end.kind === "group" ? [end.group] : []));
    const [a, b] = ends;
    return a === undefined ? [] : [{ a, b, weight }];
  });
}

/** Hops from each router to the nearest host port. */
function hostDistances(machine: Machine): Float64Array {
  const { width, height } = machine;
  const distances = new Float64Array(width * height).fill(Infinity);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (machine.hostSides.includes("west")) relax(distances, y * width + x, x);
      if (machine.hostSides.includes("east")) relax(distances, y * width + x, width - 1 - x);
      if (machine.hostSides.includes("north")) relax(distances, y * width + x, y);
      if (machine.hostSides.includes("south")) relax(distances, y * width + x, height - 1 - y);
    }
  }
  return distances.map((distance) => (Number.isFinite(distance) ? distance : 0));
}

function relax(distances: Float64Array, index: number, distance: number): void {
  distances[index] = Math.min(distances[index] ?? Infinity, distance);
}

/** Prefix sums of cores that no region may contain: dead ones, ends of dead links, keep-outs. */
function blockedCounts(machine: Machine, keepOuts: readonly Rect[]): Int32Array {
  const { width, height } = machine;
  const sums = new Int32Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isKept = keepOuts.some((rect) => rectsOverlap(rect, { x, y, w: 1, h: 1 }));
      const isBlocked = isKept || isDeadCore(machine, x, y) || touchesDeadLink(machine, x, y);
      sums[(y + 1) * (width + 1) + x + 1] =
        (isBlocked ? 1 : 0) +
        (sums[y * (width + 1) + x + 1] ?? 0) +
        (sums[(y + 1) * (width + 1) + x] ?? 0) -
        (sums[y * (width + 1) + x] ?? 0);
    }
  }
  return sums;
}

/** A dead link toward a neighbour; host ports of the edge do not matter inside a region. */
function touchesDeadLink(machine: Machine, x: number, y: number): boolean {
  return machine.defects.links.length > 0 && DIRECTIONS.some((direction) => isDeadLink(machine, x, y, direction));
}

const DIRECTIONS = ["north", "east", "south", "west"] as const;

function isFree(sums: Int32Array, machine: Machine, rect: Rect): boolean {
  const { x, y, w, h } = rect;
  if (x < 0 || y < 0 || x + w > machine.width || y + h > machine.height) return false;
  const at = (i: number, j: number) => sums[j * (machine.width + 1) + i] ?? 0;
  return at(x + w, y + h) - at(x, y + h) - at(x + w, y) + at(x, y) === 0;
}
