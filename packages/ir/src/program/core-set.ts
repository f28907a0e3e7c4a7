/** Sets of cores as strided rectangles: enumeration in the order that tables follow, membership, intersection, painting. */
import type { Coord } from "@waferc/machine";
import type { CoreSet, StridedRect } from "./program.ts";

/** Number of cores; rectangles count once each. */
export function coreCount(cores: CoreSet): number {
  return cores.reduce((count, rect) => count + rect.w * rect.h, 0);
}

/** Every core, rectangle by rectangle, within one by y then x. */
export function* enumerateCores(cores: CoreSet): Generator<Coord, void, undefined> {
  for (const rect of cores) {
    for (let j = 0; j < rect.h; j++) {
      for (let i = 0; i < rect.w; i++) yield { x: rect.x + i * rect.dx, y: rect.y + j * rect.dy };
    }
  }
}

function rectContains(rect: StridedRect, x: number, y: number): boolean {
  const [i, j] = [(x - rect.x) / rect.dx, (y - rect.y) / rect.dy];
  return Number.isInteger(i) && Number.isInteger(j) && i >= 0 && j >= 0 && i < rect.w && j < rect.h;
}

export function coreSetContains(cores: CoreSet, x: number, y: number): boolean {
  return cores.some((rect) => rectContains(rect, x, y));
}

/** Position of a core in the enumeration, which is its index in a parameter table; -1 if it is not in the set. */
export function indexInCoreSet(cores: CoreSet, x: number, y: number): number {
  let before = 0;
  for (const rect of cores) {
    if (rectContains(rect, x, y)) return before + ((y - rect.y) / rect.dy) * rect.w + (x - rect.x) / rect.dx;
    before += rect.w * rect.h;
  }
  return -1;
}

/** Bounding box: inclusive ranges of x and y. Undefined for an empty set. */
export function coreSetBounds(
  cores: CoreSet,
): { readonly x: { min: number; max: number }; readonly y: { min: number; max: number } } | undefined {
  let bounds: { x: { min: number; max: number }; y: { min: number; max: number } } | undefined;
  for (const { x, y, w, h, dx, dy } of cores) {
    if (w <= 0 || h <= 0) continue;
    const [right, bottom] = [x + (w - 1) * dx, y + (h - 1) * dy];
    bounds ??= { x: { min: x, max: right }, y: { min: y, max: bottom } };
    bounds.x = { min: Math.min(bounds.x.min, x), max: Math.max(bounds.x.max, right) };
    bounds.y = { min: Math.min(bounds.y.min, y), max: Math.max(bounds.y.max, bottom) };
  }
  return bounds;
}

/** The full rectangle of w x h cores with (x, y) the north-west one. */
export function rectOfCores(x: number, y: number, w: number, h: number): StridedRect {
  return { x, y, w, h, dx: 1, dy: 1 };
}

/** The first core, in the order of `a`, that is in both sets. */
export function firstCommonCore(a: CoreSet, b: CoreSet): Coord | undefined {
  for (const left of a) {
    for (const right of b) {
      const x = firstCommonTerm(left.x, left.dx, left.w, right.x, right.dx, right.w);
      const y = firstCommonTerm(left.y, left.dy, left.h, right.y, right.dy, right.h);
      if (x !== undefined && y !== undefined) return { x, y };
    }
  }
  return undefined;
}

/** Smallest term that two ascending arithmetic sequences share. Steps are small, so trying a period is cheap. */
function firstCommonTerm(
  a: number,
  stepA: number,
  countA: number,
  b: number,
  stepB: number,
  countB: number,
): number | undefined {
  const lastA = a + (countA - 1) * stepA;
  const lastB = b + (countB - 1) * stepB;
  const from = a >= b ? a : a + Math.ceil((b - a) / stepA) * stepA;
  const end = Math.min(lastA, lastB);
  for (let term = from, tries = 0; term <= end && tries < stepB; term += stepA, tries++) {
    if ((term - b) % stepB === 0) return term;
  }
  return undefined;
}
