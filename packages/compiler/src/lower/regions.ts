/**
 * Which sizes of region to try, largest first: the grid and its halves and quarters, as far as a rectangle of live cores and links of that
 * size exists somewhere; on a machine with defects also the largest such rectangles.
 */
import { canRunCode, isDeadLink, usableRect } from "@waferc/machine";
import type { Machine } from "@waferc/machine";

export interface RegionSize {
  readonly width: number;
  readonly height: number;
}

/** Regions with fewer cores than this share of the grid are not tried. */
const SMALLEST_SHARE = 1 / 64;

export function candidateSizes(machine: Machine): readonly RegionSize[] {
  const { w: width, h: height } = usableRect(machine);
  const sizes = new Map<string, RegionSize>();
  const add = (size: RegionSize) => {
    if (size.width * size.height >= width * height * SMALLEST_SHARE) sizes.set(`${size.width}x${size.height}`, size);
  };
  const heights = liveHeights(machine);
  for (const w of halvings(width))
    for (const h of halvings(height)) if (h <= (heights[w] ?? 0)) add({ width: w, height: h });
  const hasDefects = machine.defects.cores.length + machine.defects.links.length > 0;
  for (const [w, h] of heights.entries()) {
    const isMaximal = hasDefects && h > 0 && h > (heights[w + 1] ?? 0);
    if (isMaximal) add({ width: w, height: h });
  }
  return [...sizes.values()].sort((a, b) => b.width * b.height - a.width * a.height || b.width - a.width);
}

function halvings(length: number): number[] {
  const lengths: number[] = [];
  for (let n = length; n >= 1; n = Math.floor(n / 2)) lengths.push(n);
  return lengths;
}

/** For each width, the height of the tallest rectangle of live cores and links. */
function liveHeights(machine: Machine): number[] {
  const { width, height, defects } = machine;
  if (defects.cores.length + defects.links.length === 0) {
    const { w, h } = usableRect(machine);
    return Array.from({ length: w + 1 }, () => h);
  }
  const heights = Array.from({ length: width + 1 }, () => 0);
  /** Live cores above and including this one, without a broken link between them. */
  let column = Array.from({ length: width }, () => 0);
  for (let y = 0; y < height; y++) {
    column = column.map((above, x) => {
      if (!canRunCode(machine, x, y)) return 0;
      return 1 + (y > 0 && isLinked(machine, x, y - 1, "south") ? above : 0);
    });
    for (let x = 0; x < width; x++) {
      let least = column[x] ?? 0;
      for (let w = 1; least > 0; w++) {
        heights[w] = Math.max(heights[w] ?? 0, least);
        const next = x + w;
        const reach = next < width ? linkedHeight(machine, next - 1, y, least) : 0;
        least = Math.min(least, reach, column[next] ?? 0);
      }
    }
  }
  return heights;
}

/** How many rows upward from y have a working link from column x to the next. */
function linkedHeight(machine: Machine, x: number, y: number, most: number): number {
  let rows = 0;
  while (rows < most && isLinked(machine, x, y - rows, "east")) rows++;
  return rows;
}

function isLinked(machine: Machine, x: number, y: number, direction: "east" | "south"): boolean {
  const back = direction === "east" ? isDeadLink(machine, x + 1, y, "west") : isDeadLink(machine, x, y + 1, "north");
  return !back && !isDeadLink(machine, x, y, direction);
}
