// Strided sets against plain enumeration.
import { Rng } from "@waferc/base";
import { describe, expect, test } from "vitest";
import { commonElement, extentOf, isEmptySet, repeatedElement } from "./strided.ts";
import type { StridedSet } from "./strided.ts";

function randomSet(rng: Rng): StridedSet {
  const rank = rng.below(4);
  const counts = Array.from({ length: rank }, () => rng.between(0, 5));
  return { start: rng.between(-8, 24), counts, strides: counts.map(() => rng.between(-7, 9)) };
}

function elementsOf({ start, counts, strides }: StridedSet): number[] {
  let elements = [start];
  for (const [d, count] of counts.entries()) {
    const steps = Array.from({ length: Math.max(0, count) }, (_, i) => i * strides[d]!);
    elements = elements.flatMap((element) => steps.map((step) => element + step));
  }
  return elements;
}

describe("strided sets", () => {
  test("have the extent, the repetitions and the common elements of their elements", () => {
    const rng = new Rng("strided sets");
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [randomSet(rng), randomSet(rng)];
      const [left, right] = [elementsOf(a), elementsOf(b)];
      expect(isEmptySet(a)).toBe(left.length === 0);
      if (left.length > 0) expect(extentOf(a)).toEqual({ first: Math.min(...left), last: Math.max(...left) });
      const repeated = repeatedElement(a);
      expect(repeated !== undefined, JSON.stringify(a)).toBe(new Set(left).size < left.length);
      if (repeated !== undefined) expect(left.filter((element) => element === repeated).length).toBeGreaterThan(1);
      const common = commonElement(a, b);
      expect(common !== undefined, JSON.stringify([a, b])).toBe(left.some((element) => right.includes(element)));
      if (common !== undefined) expect(left.includes(common) && right.includes(common)).toBe(true);
    }
  });
});
