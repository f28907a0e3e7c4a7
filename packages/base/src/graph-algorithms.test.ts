import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stronglyConnectedComponents, topologicalSort } from "./graph-algorithms.ts";

const edgesOf = (count: number, edges: readonly (readonly [number, number])[]) => {
  const table = Array.from({ length: count }, (): number[] => []);
  for (const [from, to] of edges) table[from]!.push(to);
  return (v: number) => table[v]!;
};

const randomGraph = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.array(fc.tuple(fc.nat({ max: count - 1 }), fc.nat({ max: count - 1 })), { maxLength: 24 }),
    ),
  );

/** reaches[a][b]: a path of one edge or more; by Warshall's algorithm, as the oracle. */
function closure(count: number, edges: readonly (readonly [number, number])[]): boolean[][] {
  const reaches = Array.from({ length: count }, () => new Array<boolean>(count).fill(false));
  for (const [from, to] of edges) reaches[from]![to] = true;
  for (let k = 0; k < count; k++)
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) if (reaches[i]![k] && reaches[k]![j]) reaches[i]![j] = true;
  return reaches;
}

describe("topologicalSort", () => {
  it("takes the smallest ready vertex first", () => {
    expect(
      topologicalSort(
        4,
        edgesOf(4, [
          [3, 0],
          [2, 0],
        ]),
      ),
    ).toEqual({ kind: "order", order: [1, 2, 3, 0] });
  });

  it("gives an order that respects all edges, or a real cycle exactly if there is one", () => {
    fc.assert(
      fc.property(randomGraph, ([count, edges]) => {
        const result = topologicalSort(count, edgesOf(count, edges));
        const hasCycle = closure(count, edges).some((row, v) => row[v]);
        expect(result.kind).toBe(hasCycle ? "cycle" : "order");
        if (result.kind === "order") {
          const position = new Map(result.order.map((v, i) => [v, i]));
          expect(position.size).toBe(count);
          for (const [from, to] of edges) expect(position.get(from)!).toBeLessThan(position.get(to)!);
        } else {
          result.cycle.forEach((v, i) => {
            const next = result.cycle[(i + 1) % result.cycle.length]!;
            expect(edges.some(([from, to]) => from === v && to === next)).toBe(true);
          });
        }
      }),
    );
  });

  it("does not overflow the stack on a long chain", () => {
    const count = 200_000;
    const chain = (v: number) => (v + 1 < count ? [v + 1] : []);
    expect(topologicalSort(count, chain).kind).toBe("order");
    expect(topologicalSort(count, (v) => [(v + 1) % count]).kind).toBe("cycle");
  });
});

describe("stronglyConnectedComponents", () => {
  it("puts two vertices together exactly if each reaches the other", () => {
    fc.assert(
      fc.property(randomGraph, ([count, edges]) => {
        const components = stronglyConnectedComponents(count, edgesOf(count, edges));
        expect(components.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        const reaches = closure(count, edges);
        const home = new Map(components.flatMap((members, i) => members.map((v) => [v, i] as const)));
        for (let a = 0; a < count; a++)
          for (let b = 0; b < count; b++)
            expect(home.get(a) === home.get(b)).toBe(a === b || (reaches[a]![b]! && reaches[b]![a]!));
      }),
    );
  });
});
