// Attention in random spellings: each must come to one Attention op with the same outputs.
import { DiagnosticSink, Rng } from "@waferc/base";
import { attr, attrsOf, GraphBuilder, intAttr, sourceOf, type Graph, type ValueId } from "@waferc/ir/graph";
import { compareTensors, scalarTensor, tensorOf, type Tensor } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { canonicalizePasses, runPasses } from "./canonicalize.ts";

const SPELLINGS = 200;
const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
  readonly valueDepth: number;
}

/** Writes one attention the way some exporter might, choosing at random. */
class Speller {
  readonly graph = new GraphBuilder("attention", [["", 20]]);
  readonly inputs = new Map<string, Tensor>();
  readonly rng: Rng;
  readonly sizes: Sizes;

  constructor(seed: number) {
    this.rng = new Rng(seed).fork("spelling");
    const { rng } = this;
    const [kvHeads, queries] = [rng.between(1, 3), rng.between(1, 4)];
    const heads = kvHeads * rng.between(1, 3);
    const [batch, depth, valueDepth] = [rng.between(1, 3), rng.between(1, 4), rng.between(1, 4)];
    const keys = rng.chance(0.6) ? queries : rng.between(1, 5);
    this.sizes = { batch, heads, kvHeads, queries, keys, depth, valueDepth };
  }
  input(name: string, shape: readonly number[], dtype: "f32" | "bool" = "f32"): ValueId {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, () => (dtype === "f32" ? this.rng.normal() : this.rng.chance(0.7)));
    this.inputs.set(name, tensorOf(dtype, [...shape], values));
    return this.graph.addInput(name, { dtype, shape });
  }
  op(kind: string, operands: readonly ValueId[], attrs: Parameters<typeof attrsOf>[0] = {}): ValueId {
    const version =
      { Softmax: 13, Where: 16, IsNaN: 13, MatMul: 13, Transpose: 13, Expand: 13, Unsqueeze: 13, Reshape: 14 }[kind] ??
      14;
    return this.graph.emit({ kind, version, operands, attrs: attrsOf(attrs) });
  }
  number(value: number): ValueId {
    return this.graph.addConstant("c", sourceOf(scalarTensor("f32", value)));
  }
  ints(...values: readonly number[]): ValueId {
    return this.graph.addConstant("i", sourceOf(tensorOf("i64", [values.length], values.map(BigInt))));
  }
  swap<T>(a: T, b: T): [T, T] {
    return this.rng.chance(0.5) ? [a, b] : [b, a];
  }
  scaled(x: ValueId, factor: number): ValueId {
    return this.rng.chance(0.5)
      ? this.op("Div", [x, this.number(1 / factor)])
      : this.op("Mul", this.swap(x, this.number(factor)));
  }
  /** [batch, heads, rows, depth] from a 3-D input, by way of a transpose or an input that is headed already. */
  headed(name: string, heads: number, rows: number, depth: number): ValueId {
    const { batch } = this.sizes;
    if (this.rng.chance(0.2)) return this.input(name, [batch, heads, rows, depth]);
    const flat = this.input(name, [batch, rows, heads * depth]);
    const target = this.rng.chance(0.5) ? this.ints(batch, rows, heads, depth) : this.ints(0, 0, heads, -1);
    return this.op("Transpose", [this.op("Reshape", [flat, target])], { perm: attr.ints([0, 2, 1, 3]) });
  }
  /** Repeats each key/value head for the query heads that share it. */
  repeated(x: ValueId, rows: number, depth: number): ValueId {
    const { batch, heads, kvHeads } = this.sizes;
    if (heads === kvHeads) return x;
    const wide = this.op("Unsqueeze", [x, this.ints(2)]);
    const many = this.op("Expand", [wide, this.ints(batch, kvHeads, heads / kvHeads, rows, depth)]);
    return this.op("Reshape", [many, this.ints(batch, heads, rows, depth)]);
  }
  keysTransposed(): ValueId {
    const { batch, heads, kvHeads, keys, depth } = this.sizes;
    const k = this.repeated(this.headed("k", kvHeads, keys, depth), keys, depth);
    if (this.rng.chance(0.5)) return this.op("Transpose", [k], { perm: attr.ints([0, 1, 3, 2]) });
    const flat = this.op("Reshape", [k, this.ints(-1, keys, depth)]);
    const turned = this.op("Transpose", [flat], { perm: attr.ints([0, 2, 1]) });
    return this.op("Reshape", [turned, this.ints(batch, heads, depth, keys)]);
  }
  masked(scores: ValueId): ValueId {
    const { batch, queries, keys } = this.sizes;
    const isCausal = this.rng.chance(0.5) && queries === keys;
    let masked = scores;
    if (isCausal) {
      const keep = Array.from({ length: queries * keys }, (_, i) => i % keys <= Math.floor(i / keys));
      const low = this.rng.pick([-Infinity, -3.4028234663852886e38]);
      const constant = this.graph.addConstant("keep", sourceOf(tensorOf("bool", [queries, keys], keep)));
      if (this.rng.chance(0.5)) masked = this.op("Where", [constant, masked, this.number(low)]);
      else masked = this.op("Add", this.swap(masked, this.op("Where", [constant, this.number(0), this.number(low)])));
    }
    if (this.rng.chance(0.4)) masked = this.op("Add", this.swap(masked, this.input("mask", [batch, 1, 1, keys])));
    if (!isCausal && this.rng.chance(0.3)) {
      masked = this.op("Where", [this.input("keep", [batch, 1, queries, keys], "bool"), masked, this.number(-3e38)]);
    }
    return masked;
  }
  spell(): Graph {
    const { batch, heads, kvHeads, queries, keys, depth, valueDepth } = this.sizes;
    const split = this.rng.chance(0.4);
    const q = this.headed("q", heads, queries, depth);
    const kt = this.keysTransposed();
    const v = this.repeated(this.headed("v", kvHeads, keys, valueDepth), keys, valueDepth);
    const product = this.op("MatMul", split ? [this.scaled(q, 0.5), this.scaled(kt, 0.5)] : [q, kt]);
    const scores = this.masked(split || this.rng.chance(0.3) ? product : this.scaled(product, 0.25));
    let weights = this.op("Softmax", [scores], { axis: attr.int(this.rng.pick([-1, 3])) });
    if (this.rng.chance(0.3)) weights = this.op("Where", [this.op("IsNaN", [weights]), this.number(0), weights]);
    let result = this.op("MatMul", [weights, v]);
    if (this.rng.chance(0.7)) {
      result = this.op("Transpose", [result], { perm: attr.ints([0, 2, 1, 3]) });
      result = this.op("Reshape", [result, this.ints(batch, queries, heads * valueDepth)]);
    }
    this.graph.addOutput("y", result);
    return this.graph.freeze();
  }
}

describe("recognize-attention", () => {
  it(`comes to one Attention from ${SPELLINGS} random spellings`, () => {
    let causal = 0;
    for (let seed = 0; seed < SPELLINGS; seed++) {
      const speller = new Speller(seed);
      const graph = speller.spell();
      const canonical = runPasses(graph, canonicalizePasses, { diag: new DiagnosticSink(), rng: new Rng(seed) });
      const found = canonical.ops.filter((op) => op.kind === "Attention");
      const what = `seed ${seed} ${JSON.stringify(speller.sizes)}`;
      expect(found.length, what).toBe(1);
      expect(
        canonical.ops.filter((op) => op.kind === "Softmax" || op.kind === "MatMul"),
        what,
      ).toEqual([]);
      causal += found[0] === undefined ? 0 : intAttr(found[0], "is_causal", 0);
      const expected = evaluateGraph(graph, speller.inputs).get("y");
      const actual = evaluateGraph(canonical, speller.inputs).get("y");
      expect(expected && actual && compareTensors(actual, expected, TOLERANCE), what).toMatchObject({ pass: true });
    }
    expect(causal).toBeGreaterThan(20);
  });
});
