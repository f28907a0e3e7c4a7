// Attention in random spellings: each comes to one canonical Attention, with its past as operands, and gives the same outputs.
import { DiagnosticSink, Rng } from "@waferc/base";
import { canonicalizePasses, runPasses } from "@waferc/compiler";
import { floatAttr, intAttr, printGraph, verifyGraph } from "@waferc/ir/graph";
import { compareTensors } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { spellAttention } from "../arbitrary/attention-spelling.ts";

const SPELLINGS = 200;
const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

describe("recognize-attention", () => {
  it(`comes to one Attention from ${SPELLINGS} random spellings`, { timeout: 60_000 }, () => {
    let causal = 0;
    for (let seed = 0; seed < SPELLINGS; seed++) {
      const spelled = spellAttention(new Rng(seed).fork("attention"));
      const what = `seed ${seed} ${spelled.what}`;
      const ctx = { diag: new DiagnosticSink(), rng: new Rng(seed) };
      const canonical = runPasses(spelled.graph, canonicalizePasses, ctx);
      expect(verifyGraph(canonical, opRules), what).toEqual([]);
      const kinds = canonical.ops.map(({ kind }) => kind);
      expect(
        kinds.filter((kind) => ["Attention", "Softmax", "MatMul", "Tanh", "Expand", "Tile"].includes(kind)),
        what,
      ).toEqual(["Attention"]);
      const op = canonical.ops.find(({ kind }) => kind === "Attention");
      if (op === undefined) continue;
      expect(op.operands[4] !== undefined && op.operands[5] !== undefined, what).toBe(spelled.past > 0);
      expect(floatAttr(op, "softcap", 0) > 0, what).toBe(spelled.hasSoftcap);
      expect(intAttr(op, "kv_num_heads", 0), what).toBe(spelled.kvHeads);
      if (spelled.isCausal) expect([intAttr(op, "is_causal", 0), op.operands[3]], what).toEqual([1, undefined]);
      causal += intAttr(op, "is_causal", 0);
      const [expected, actual] = [
        evaluateGraph(spelled.graph, spelled.inputs),
        evaluateGraph(canonical, spelled.inputs),
      ];
      for (const [name, tensor] of expected) {
        const found = actual.get(name);
        expect(found && compareTensors(found, tensor, TOLERANCE), `${name}: ${what}`).toMatchObject({ pass: true });
      }
      expect(printGraph(runPasses(canonical, canonicalizePasses, ctx)), what).toBe(printGraph(canonical));
    }
    expect(causal).toBeGreaterThan(SPELLINGS / 20);
  });
});
