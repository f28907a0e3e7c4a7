// Rotary embedding in random spellings: each comes to one canonical RotaryEmbedding and gives the same output.
import { DiagnosticSink, Rng } from "@waferc/base";
import { canonicalizePasses, runPasses } from "@waferc/compiler";
import { attr, attrsOf, GraphBuilder, intAttr, printGraph, verifyGraph } from "@waferc/ir/graph";
import { compareTensors, fromFloat64, tensorOf, type Tensor } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { spellRotary } from "../arbitrary/rotary-spelling.ts";

const SPELLINGS = 300;
const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

describe("recognize-rotary", () => {
  it(`comes to one RotaryEmbedding from ${SPELLINGS} random spellings`, { timeout: 60_000 }, () => {
    for (let seed = 0; seed < SPELLINGS; seed++) {
      const spelled = spellRotary(new Rng(seed).fork("rotary"));
      const what = `seed ${seed} ${spelled.what}`;
      const ctx = { diag: new DiagnosticSink(), rng: new Rng(seed) };
      const canonical = runPasses(spelled.graph, canonicalizePasses, ctx);
      expect(verifyGraph(canonical, opRules), what).toEqual([]);
      const ops = canonical.ops.filter(({ kind }) => kind === "RotaryEmbedding");
      expect(ops.length, what).toBe(1);
      const [op] = ops;
      if (op === undefined) continue;
      // One pair of columns is the same in both forms.
      const isPaired = spelled.isInterleaved && intAttr(op, "interleaved", 0) === 0;
      if (isPaired) expect(canonical.values[op.operands[1] ?? -1]?.shape?.at(-1), what).toBe(1);
      else expect(intAttr(op, "interleaved", 0) !== 0, what).toBe(spelled.isInterleaved);
      expect(intAttr(op, "rotary_embedding_dim", 0), what).toBe(spelled.rotaryDim);
      expect(op.operands.length, what).toBe(3);
      const left = canonical.ops.map(({ kind }) => kind).filter((kind) => ["Concat", "Split", "Slice"].includes(kind));
      expect(left, what).toEqual([]);
      const expected = evaluateGraph(spelled.graph, spelled.inputs).get("y");
      const actual = evaluateGraph(canonical, spelled.inputs).get("y");
      expect(expected && actual && compareTensors(actual, expected, TOLERANCE), what).toMatchObject({ pass: true });
      expect(printGraph(runPasses(canonical, canonicalizePasses, ctx)), what).toBe(printGraph(canonical));
    }
  });

  it("brings the op with positions to 3-D operands and gathered caches", () => {
    for (const isSplit of [true, false]) {
      const rng = new Rng(`op ${isSplit}`);
      const normal = (shape: number[]): Tensor => {
        const count = shape.reduce((a, b) => a * b, 1);
        return fromFloat64(
          "f32",
          shape,
          Float64Array.from({ length: count }, () => rng.normal()),
        );
      };
      const graph = new GraphBuilder("rotary", [["", 23]]);
      const inputs = new Map<string, Tensor>([
        ["x", normal(isSplit ? [2, 3, 5, 8] : [2, 5, 24])],
        ["cos", normal([7, 2])],
        ["sin", normal([7, 2])],
        ["ids", tensorOf("i64", [2, 5], [0n, 1n, 2n, 3n, 4n, 2n, 3n, 4n, 5n, 6n])],
      ]);
      const operands = [...inputs].map(([name, { dtype, shape }]) => graph.addInput(name, { dtype, shape }));
      const attrs = attrsOf({
        rotary_embedding_dim: attr.int(4),
        interleaved: attr.int(1),
        ...(isSplit ? {} : { num_heads: attr.int(3) }),
      });
      graph.addOutput("y", graph.emit({ kind: "RotaryEmbedding", version: 23, operands, attrs, loc: ["/rotary"] }));
      const source = graph.freeze();
      const canonical = runPasses(source, canonicalizePasses, { diag: new DiagnosticSink(), rng });
      const op = canonical.ops.find(({ kind }) => kind === "RotaryEmbedding");
      expect(op?.operands.map((id) => (id === undefined ? undefined : canonical.values[id]?.shape))).toEqual([
        [2, 5, 24],
        [2, 5, 2],
        [2, 5, 2],
      ]);
      const [expected, actual] = [source, canonical].map((one) => evaluateGraph(one, inputs).get("y"));
      expect(expected && actual && compareTensors(actual, expected, TOLERANCE)).toMatchObject({ pass: true });
    }
  });
});
