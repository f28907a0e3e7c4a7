// The text form of graphs: parse(print(g)) is g, and print(parse(t)) is t.
import { Rng } from "@waferc/base";
import { areTensorsIdentical } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import type { Graph, TensorSource } from "./graph.ts";
import { parseGraph } from "./parse.ts";
import { printGraph } from "./print.ts";
import { randomGraph } from "./random-graph.ts";
import { verifyGraph } from "./verify.ts";

const RUNS = 400;

/** A graph without functions, so that `toEqual` compares meaning; data is compared as bits elsewhere. */
function plain(graph: Graph): unknown {
  const replacer = (_: string, value: unknown): unknown => {
    if (typeof value === "bigint") return `${value}n`;
    if (value instanceof Map) return [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    return Object.is(value, -0) ? "-0" : value;
  };
  return JSON.parse(JSON.stringify(graph, replacer));
}

describe("text form of graphs", () => {
  it("round-trips random graphs", () => {
    for (let seed = 0; seed < RUNS; seed++) {
      const graph = randomGraph(new Rng(`graph ${seed}`));
      const blobs = new Map<string, TensorSource>();
      const text = printGraph(graph, { onBlob: (sha256, source) => blobs.set(sha256, source) });
      const parsed = parseGraph(text, { blobs: ({ sha256 }) => blobs.get(sha256) }).graph;
      expect(printGraph(parsed), `seed ${seed}`).toBe(text);
      expect(plain(parsed), `seed ${seed}`).toEqual(plain(graph));
      expect(verifyGraph(parsed), `seed ${seed}`).toEqual([]);
      for (const [id, source] of graph.constants) {
        const copy = parsed.constants.get(id);
        expect(copy !== undefined && areTensorsIdentical(copy.read(), source.read()), `seed ${seed}`).toBe(true);
      }
    }
  });
});
