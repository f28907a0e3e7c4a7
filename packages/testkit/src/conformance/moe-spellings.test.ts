// Mixtures of experts in random spellings: each comes to one MoE and gives the same output.
import { DiagnosticSink, Rng } from "@waferc/base";
import { canonicalizePasses, runPasses } from "@waferc/compiler";
import { intAttr, verifyGraph } from "@waferc/ir/graph";
import { compareTensors } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { expect, it } from "vitest";
import { spellMoE } from "../arbitrary/moe-spelling.ts";

const SPELLINGS = 100;
const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

it(`comes to one MoE from ${SPELLINGS} random spellings`, { timeout: 60_000 }, () => {
  for (let seed = 0; seed < SPELLINGS; seed++) {
    const spelled = spellMoE(new Rng(seed).fork("moe"));
    const what = `seed ${seed} ${spelled.what}`;
    const canonical = runPasses(spelled.graph, canonicalizePasses, { diag: new DiagnosticSink(), rng: new Rng(seed) });
    expect(verifyGraph(canonical, opRules), what).toEqual([]);
    const kinds = canonical.ops.map(({ kind }) => kind).filter((kind) => kind !== "Reshape");
    expect(kinds, what).toEqual(["MatMul", "MoE"]);
    const op = canonical.ops.find(({ kind }) => kind === "MoE");
    if (op === undefined) continue;
    expect(intAttr(op, "k", 0), what).toBe(spelled.k);
    // The weight of a lone expert is 1 only if it is normalised.
    expect(intAttr(op, "normalize_routing_weights", 0) !== 0, what).toBe(spelled.isNormalized);
    expect(op.operands[6] !== undefined, what).toBe(spelled.hasThird);
    const expected = evaluateGraph(spelled.graph, spelled.inputs).get("y");
    const actual = evaluateGraph(canonical, spelled.inputs).get("y");
    expect(expected && actual && compareTensors(actual, expected, TOLERANCE), what).toMatchObject({ pass: true });
  }
});
