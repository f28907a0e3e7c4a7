// Canonicalisation keeps the meaning of random graphs: well-formed, same outputs, and stable under a second run.
import { DiagnosticSink, Rng } from "@waferc/base";
import { canonicalizePasses, runPasses } from "@waferc/compiler";
import { printGraph, verifyGraph } from "@waferc/ir/graph";
import { compareTensors } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { expect, it } from "vitest";
import { randomGraph } from "../graphs/random-graph.ts";

const GRAPHS = 300;
const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

it(`keeps the values of ${GRAPHS} random graphs`, () => {
  for (let seed = 0; seed < GRAPHS; seed++) {
    const { graph, inputs, kinds } = randomGraph(seed);
    const ctx = { diag: new DiagnosticSink(), rng: new Rng(seed) };
    const canonical = runPasses(graph, canonicalizePasses, ctx);
    const what = `seed ${seed}: ${kinds.join(", ")}`;
    expect(verifyGraph(canonical, opRules), what).toEqual([]);
    const [expected, actual] = [evaluateGraph(graph, inputs), evaluateGraph(canonical, inputs)];
    for (const [name, tensor] of expected) {
      const found = actual.get(name);
      expect(found && compareTensors(found, tensor, TOLERANCE), what).toMatchObject({ pass: true });
    }
    expect(printGraph(runPasses(canonical, canonicalizePasses, ctx)), what).toBe(printGraph(canonical));
  }
});
