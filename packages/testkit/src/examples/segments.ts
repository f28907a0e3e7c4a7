// Positions along a line as arithmetic progressions, so that classes and routes of a pattern that repeats are few.

/** start, start + step, .., `count` of them. */
export interface Segment {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** Covers ascending positions by progressions, greedily from the first on. */
export function segmentsOf(positions: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < positions.length) {
    const start = positions[at]!;
    const step = at + 1 < positions.length ? positions[at + 1]! - start : 1;
    let count = 1;
    while (at + count < positions.length && positions[at + count] === start + count * step) count++;
    // Two positions far apart are no pattern, unless nothing follows.
    if (count === 2 && at + 2 < positions.length) count = 1;
    segments.push({ start, count, step: count === 1 ? 1 : step });
    at += count;
  }
  return segments;
}

/** Positions by what `keyOf` says of them, in order of their first. */
export function groupPositions(length: number, keyOf: (position: number) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (let position = 0; position < length; position++) {
    const key = keyOf(position);
    const group = groups.get(key);
    if (group) group.push(position);
    else groups.set(key, [position]);
  }
  return groups;
}

/** All positions from 0 to length - 1. */
export function range(length: number): number[] {
  return Array.from({ length }, (_, position) => position);
}
