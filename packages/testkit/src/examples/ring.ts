/**
 * A logical ring of the cores of a line without a wrap-around link: even positions send two cores ahead, odd ones two cores back, and the ends
 * close the ring, so that neighbours in the ring are at most two links apart. Three colours are enough: at position p the colour p mod 3
 * passes through (at the ends it closes the ring), the other two are what the core sends and receives on.
 */
import type { LineFlow } from "./line-flows.ts";
import { range } from "./segments.ts";

export interface Ring {
  /** Position to which each position sends. */
  readonly next: readonly number[];
  readonly previous: readonly number[];
  /** Place in the ring of each position: that of `next` is one more, modulo the length. */
  readonly rank: readonly number[];
  /** Expression of the rank by the position `i` or `j`, with the formal parameters `base_i` and `sign_i`, or those of j. */
  readonly rankText: (position: "i" | "j") => string;
  readonly rankParams: (at: number, position: "i" | "j") => Record<string, number>;
  /** Colour, from 0 on, on which each position sends. */
  readonly color: readonly number[];
  readonly colors: number;
}

/** @throws RangeError below 2 cores */
export function interleavedRing(length: number): Ring {
  requireTwo(length);
  const next = range(length).map((p) => {
    const goal = p % 2 === 0 ? p + 2 : p - 2;
    if (goal >= 0 && goal < length) return goal;
    return goal < 0 ? p - 1 : p === length - 1 ? p - 1 : p + 1;
  });
  const color = next.map((to, p) => (Math.abs(to - p) === 2 ? (to + p) / 2 : to === 0 ? 0 : length - 1) % 3);
  return {
    ...invert(next),
    color,
    colors: 3,
    rankText: (v) => `(base_${v} + sign_${v}*((${v} + 1) floordiv 2))`,
    rankParams: (at, v) => ({
      [`base_${v}`]: at % 2 === 0 ? 0 : length,
      [`sign_${v}`]: at % 2 === 0 ? 1 : -1,
    }),
  };
}

/** The plain ring: each position sends to the one ahead, the last one past all others to the first. Three colours. */
export function wrappedRing(length: number): Ring {
  requireTwo(length);
  const next = range(length).map((p) => (p + 1) % length);
  const color = range(length).map((p) => (p === length - 1 ? 2 : p % 2));
  return { ...invert(next), color, colors: 3, rankText: (v) => v, rankParams: () => ({}) };
}

function requireTwo(length: number): void {
  if (length < 2) throw new RangeError(`a ring needs 2 cores or more, not ${length}`);
}

function invert(next: readonly number[]): Pick<Ring, "next" | "previous" | "rank"> {
  const previous = next.map(() => 0);
  const rank = next.map(() => 0);
  for (const [p, to] of next.entries()) previous[to] = p;
  for (let turn = 0, p = 0; turn < next.length; turn++, p = next[p]!) rank[p] = turn;
  return { next, previous, rank };
}

/** Every position to the next in the ring, on colours from `first` on; `reverse` the other way round on mirrored routes. */
export function ringFlows({ next, color }: Ring, first: number, reverse = false): LineFlow[] {
  return next.map((to, p) => ({ color: first + color[p]!, from: reverse ? to : p, to: reverse ? p : to }));
}

/** Colours on which a position sends to and receives from its neighbours. */
export function ringColors(ring: Ring, at: number, first: number, reverse = false): { out: number; in: number } {
  const [ahead, back] = [first + ring.color[at]!, first + ring.color[ring.previous[at]!]!];
  return reverse ? { out: back, in: ahead } : { out: ahead, in: back };
}

/** Links between a position and the one that sends to it. */
export function ringDistance(ring: Ring, at: number): number {
  return Math.abs(at - ring.previous[at]!);
}
