// Every rule of expansion against its op: random sizes, forms of masks and optional operands; the op must be gone, and the outputs the
// same. What a rule cannot express must stay, with a reason.
import { DiagnosticSink, Rng } from "@waferc/base";
import {
  attr,
  attrsOf,
  GraphBuilder,
  isStaticShape,
  qualifiedKind,
  sourceOf,
  type Attr,
  type Graph,
  type ValueId,
} from "@waferc/ir/graph";
import { compareTensors, tensorOf, type DType, type Tensor } from "@waferc/numerics";
import { evaluateGraph, inferOp, opTable } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { CountedStats, defaultOptions } from "../pass.ts";
import { expandOps } from "./expand-ops.ts";
import { foldConstants } from "./fold-constants.ts";

const RUNS = 60;
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

/** A graph of one op of onnxruntime. */
class Case {
  readonly graph = new GraphBuilder("case", [
    ["", 25],
    ["com.microsoft", 1],
  ]);
  readonly inputs = new Map<string, Tensor>();
  readonly rng: Rng;

  constructor(seed: string) {
    this.rng = new Rng(seed);
  }
  floats(...shape: readonly number[]): ValueId {
    return this.input(
      tensorOf(
        "f32",
        shape,
        this.numbers(shape, () => this.rng.normal()),
      ),
    );
  }
  integers(dtype: DType, shape: readonly number[], low: number, high: number): Tensor {
    return tensorOf(
      dtype,
      shape,
      this.numbers(shape, () => this.rng.between(low, high)),
    );
  }
  numbers(shape: readonly number[], draw: () => number): number[] {
    return Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw);
  }
  input(tensor: Tensor): ValueId {
    const name = `in${this.inputs.size}`;
    this.inputs.set(name, tensor);
    return this.graph.addInput(name, { dtype: tensor.dtype, shape: tensor.shape });
  }
  constant(tensor: Tensor): ValueId {
    return this.graph.addConstant("constant", sourceOf(tensor));
  }
  /** An input or a constant. */
  either(tensor: Tensor): ValueId {
    return this.rng.chance(0.5) ? this.input(tensor) : this.constant(tensor);
  }
  maybe(make: () => ValueId): ValueId | undefined {
    return this.rng.chance(0.5) ? make() : undefined;
  }
  /** The op, with these of its results as outputs. */
  op(
    kind: string,
    operands: readonly (ValueId | undefined)[],
    attrs: Record<string, Attr> = {},
    outputs: readonly number[] = [0],
  ): void {
    const domain = opTable.has(`com.microsoft::${kind}`) ? "com.microsoft" : "";
    const version = opTable.get(qualifiedKind({ domain, kind }))?.versions.at(-1) ?? 1;
    const given = operands.slice(0, operands.findLastIndex((id) => id !== undefined) + 1);
    const results = Array.from({ length: Math.max(...outputs) + 1 }, () => undefined);
    const like = { domain, kind, version, attrs: attrsOf(attrs), results };
    const types = inferOp(
      like,
      given.map((id) => (id === undefined ? undefined : this.graph.value(id))),
      given.map((id) => this.graph.constant(id)?.read()),
    );
    const made = this.graph.addOp({ ...like, operands: given, results: results.map((_, i) => types[i] ?? {}) });
    for (const i of outputs) {
      const id = made.results[i];
      if (id !== undefined) this.graph.addOutput(`out${i}`, id);
    }
  }
}

const int = attr.int;
const float = attr.float;

/** Rows of nothing but padding differ in the digits that are left beside the filter value, so that it is small here. */
const FILTER = float(-50);

function attentionMask(one: Case, batch: number, queries: number, keys: number): ValueId | undefined {
  const ones = (...shape: readonly number[]): Tensor => one.integers("i32", shape, 0, 1);
  return one.rng.pick([
    () => undefined,
    () => one.either(ones(batch, keys)),
    () => one.either(ones(batch, queries, keys)),
    () => one.either(one.integers("i32", [batch], 1, keys)),
    () =>
      one.either(tensorOf("i32", [2 * batch], [...Array<number>(batch).fill(keys), ...Array<number>(batch).fill(1)])),
  ])();
}

const WRITERS: Readonly<Record<string, (one: Case) => void>> = {
  SkipLayerNormalization: (one) => {
    const [batch, seq, width] = [one.rng.between(1, 3), one.rng.between(1, 4), one.rng.between(3, 6)];
    const [x, skip] = [
      one.floats(batch, seq, width),
      one.floats(
        ...one.rng.pick([
          [batch, seq, width],
          [1, seq, width],
          [seq, width],
        ]),
      ),
    ];
    const vector = (): ValueId => one.floats(width);
    // Mean and deviation are not asked for.
    const results = one.rng.chance(0.5) ? [0, 3] : [0];
    one.op(
      "SkipLayerNormalization",
      [x, skip, vector(), one.maybe(vector), one.maybe(vector)],
      { epsilon: float(1e-5) },
      results,
    );
  },
  SkipSimplifiedLayerNormalization: (one) => {
    const shape = [one.rng.between(1, 3), one.rng.between(1, 4), one.rng.between(3, 6)];
    const width = shape[2] ?? 1;
    const operands = [
      one.floats(...shape),
      one.floats(...shape),
      one.floats(width),
      one.maybe(() => one.floats(width)),
    ];
    one.op("SkipSimplifiedLayerNormalization", operands, { epsilon: float(1e-6) });
  },
  EmbedLayerNormalization: (one) => {
    const [batch, seq, width] = [one.rng.between(1, 3), one.rng.between(1, 4), one.rng.between(3, 6)];
    const ids = (count: number): ValueId => one.input(one.integers("i32", [batch, seq], 0, count - 1));
    const hasSegments = one.rng.chance(0.5);
    const operands = [
      ids(7),
      hasSegments ? ids(2) : undefined,
      one.floats(7, width),
      one.floats(5, width),
      hasSegments ? one.floats(2, width) : undefined,
      one.floats(width),
      one.floats(width),
      one.maybe(() => ids(2)),
      one.maybe(() => ids(5)),
    ];
    one.op("EmbedLayerNormalization", operands, { epsilon: float(1e-5) }, [0, 1, 2]);
  },
  BiasGelu: (one) => one.op("BiasGelu", [one.floats(2, 3, 4), one.floats(4)]),
  FastGelu: (one) => one.op("FastGelu", [one.floats(2, 3, 4), one.maybe(() => one.floats(4))]),
  QuickGelu: (one) => one.op("QuickGelu", [one.floats(3, 4)], { alpha: float(one.rng.pick([1, 1.702])) }),
  BiasSplitGelu: (one) => one.op("BiasSplitGelu", [one.floats(2, 3, 8), one.floats(8)]),
  BiasAdd: (one) => one.op("BiasAdd", [one.floats(2, 3, 4), one.floats(4), one.floats(2, 3, 4)]),
  SwiGLU: (one) => one.op("SwiGLU", [one.floats(2, 3), one.floats(2, 3)], { alpha: float(one.rng.pick([1, 2])) }),
  FusedMatMul: (one) => {
    const [batch, m, k, n] = [
      one.rng.between(1, 3),
      one.rng.between(1, 4),
      one.rng.between(1, 4),
      one.rng.between(1, 4),
    ];
    const [a, b] = [one.rng.chance(0.5), one.rng.chance(0.5)];
    const operands = [one.floats(batch, ...(a ? [k, m] : [m, k])), one.floats(batch, ...(b ? [n, k] : [k, n]))];
    one.op("FusedMatMul", operands, {
      alpha: float(one.rng.pick([1, 0.5])),
      transA: int(a ? 1 : 0),
      transB: int(b ? 1 : 0),
    });
  },
  FusedGemm: (one) => {
    const activation = attr.string(one.rng.pick(["Relu", "Tanh", "Sigmoid", "LeakyRelu"]));
    one.op("FusedGemm", [one.floats(2, 3), one.floats(4, 3), one.floats(4)], {
      activation,
      transB: int(1),
      alpha: float(0.5),
    });
  },
  RotaryEmbedding: (one) => {
    const { rng } = one;
    const [batch, seq, heads, half] = [rng.between(1, 3), rng.between(1, 4), rng.between(1, 3), rng.between(1, 3)];
    const ids = rng.pick([[batch, seq], [1]]);
    const positions = one.input(one.integers("i64", ids, 0, 4));
    const isHeaded = rng.chance(0.5);
    const x = isHeaded ? one.floats(batch, heads, seq, 2 * half) : one.floats(batch, seq, heads * 2 * half);
    one.op("RotaryEmbedding", [x, positions, one.floats(10, half), one.floats(10, half)], {
      interleaved: int(rng.below(2)),
    });
  },
  Attention: (one) => {
    const { rng } = one;
    const [batch, seq, heads, depth] = [rng.between(1, 3), rng.between(1, 4), rng.between(1, 3), rng.pick([2, 4])];
    const [hidden, past] = [heads * depth, rng.chance(0.5) ? rng.between(0, 3) : undefined];
    const keys = seq + (past ?? 0);
    const operands = [
      one.floats(batch, seq, 5),
      one.floats(5, 3 * hidden),
      one.maybe(() => one.floats(3 * hidden)),
      attentionMask(one, batch, seq, keys),
      past === undefined ? undefined : one.floats(2, batch, heads, past, depth),
      one.maybe(() => one.floats(rng.pick([1, batch]), heads, seq, keys)),
    ];
    const attrs = {
      num_heads: int(heads),
      mask_filter_value: FILTER,
      unidirectional: int(rng.below(2)),
      do_rotary: int(rng.below(2)),
    };
    one.op("Attention", operands, attrs, [0, 1]);
  },
  MultiHeadAttention: (one) => {
    const { rng } = one;
    const [batch, seq, heads, depth, fresh] = [
      rng.between(1, 3),
      rng.between(1, 4),
      rng.between(1, 3),
      rng.between(1, 4),
      rng.between(1, 4),
    ];
    const hidden = heads * depth;
    const form = rng.pick(["three", "heads first", "packed pair", "packed"]);
    const keys = form === "packed" ? seq : fresh;
    const q = form === "packed" ? one.floats(batch, seq, heads, 3, depth) : one.floats(batch, seq, hidden);
    const pairs: Readonly<Record<string, () => readonly (ValueId | undefined)[]>> = {
      three: () => [one.floats(batch, keys, hidden), one.floats(batch, keys, hidden)],
      "heads first": () => [one.floats(batch, heads, keys, depth), one.floats(batch, heads, keys, depth)],
      "packed pair": () => [one.floats(batch, keys, heads, 2, depth), undefined],
      packed: () => [undefined, undefined],
    };
    const [k, v] = pairs[form]?.() ?? [];
    const past = form === "three" && rng.chance(0.5) ? rng.between(0, 3) : undefined;
    const all = keys + (past ?? 0);
    const cache = (): ValueId | undefined => (past === undefined ? undefined : one.floats(batch, heads, past, depth));
    const bias = one.maybe(() => one.floats(3 * hidden));
    const added = one.maybe(() => one.floats(1, heads, seq, all));
    const operands = [q, k, v, bias, attentionMask(one, batch, seq, all), added, cache(), cache()];
    one.op(
      "MultiHeadAttention",
      operands,
      { num_heads: int(heads), mask_filter_value: FILTER, unidirectional: int(rng.below(2)) },
      [0, 1, 2],
    );
  },
  GroupQueryAttention: groupQueryAttention,
  MatMulNBits: (one) => {
    const { rng } = one;
    const [k, n, bits, block] = [rng.pick([16, 32, 40]), rng.between(1, 5), rng.pick([2, 4, 8]), 16];
    const blocks = Math.ceil(k / block);
    const bytes = (length: number): number => Math.ceil((length * bits) / 8);
    const scales = one.constant(
      tensorOf(
        "f32",
        [n * blocks],
        one.numbers([n, blocks], () => rng.normal()),
      ),
    );
    const zero = rng.pick([
      () => undefined,
      () => one.constant(one.integers("u8", [n, bytes(blocks)], 0, 255)),
      () =>
        k % block === 0
          ? one.constant(
              tensorOf(
                "f32",
                [n, blocks],
                one.numbers([n, blocks], () => rng.normal()),
              ),
            )
          : undefined,
    ])();
    const weights = one.constant(one.integers("u8", [n, blocks, bytes(block)], 0, 255));
    const attrs = {
      K: int(k),
      N: int(n),
      bits: int(bits),
      block_size: int(block),
      accuracy_level: int(rng.pick([0, 4])),
    };
    one.op(
      "MatMulNBits",
      [one.floats(2, 3, k), weights, scales, zero, undefined, one.maybe(() => one.floats(n))],
      attrs,
    );
  },
  GatherBlockQuantized: (one) => {
    const { rng } = one;
    const [rows, width, bits] = [5, 32, rng.pick([4, 8])];
    const table = one.constant(one.integers("u8", [rows, (width * bits) / 8], 0, 255));
    const scales = one.constant(
      tensorOf(
        "f32",
        [rows, 2],
        one.numbers([rows, 2], () => rng.normal()),
      ),
    );
    const zero = one.maybe(() => one.constant(one.integers("u8", [rows, bits === 8 ? 2 : 1], 0, 255)));
    const ids = one.input(one.integers("i64", [2, 3], 0, rows - 1));
    one.op("GatherBlockQuantized", [table, ids, scales, zero], {
      bits: int(bits),
      block_size: int(16),
      quantize_axis: int(1),
    });
  },
  QMoE: (one) => {
    const { rng } = one;
    const [experts, hidden, inner, bits] = [3, 16, 32, rng.pick([4, 8])];
    const block = rng.pick([0, 16]);
    const layer = (rows: number, columns: number): readonly ValueId[] => {
      const blocks = block === 0 ? [] : [columns / block];
      return [
        one.constant(one.integers("u8", [experts, rows, (columns * bits) / 8], 0, 255)),
        one.constant(
          tensorOf(
            "f32",
            [experts, rows, ...blocks],
            one.numbers([experts, rows, ...blocks], () => 0.02 * rng.normal()),
          ),
        ),
      ];
    };
    const [up, down] = [layer(inner, hidden), layer(hidden, inner)];
    const operands = [
      one.floats(4, hidden),
      one.floats(4, experts),
      ...up,
      undefined,
      ...down,
      one.maybe(() => one.floats(experts, hidden)),
    ];
    const attrs = {
      activation_type: attr.string("silu"),
      block_size: int(block),
      expert_weight_bits: int(bits),
      k: int(2),
    };
    one.op("QMoE", operands, attrs);
  },
  DynamicQuantizeMatMul: (one) => {
    const isByColumn = one.rng.chance(0.5);
    const scale = one.floats(...(isByColumn ? [4] : [1]));
    const zero = one.maybe(() => one.input(one.integers("i8", isByColumn ? [4] : [1], -3, 3)));
    const b = one.either(one.integers("i8", [3, 4], -128, 127));
    one.op("DynamicQuantizeMatMul", [one.floats(2, 3), b, scale, zero, one.maybe(() => one.floats(4))]);
  },
  MatMulIntegerToFloat: (one) => {
    const a = one.input(one.integers("u8", [2, 3], 0, 255));
    const b = one.either(one.integers("i8", [3, 4], -128, 127));
    const [aZero, bZero] = [one.input(one.integers("u8", [1], 0, 255)), one.input(one.integers("i8", [4], -5, 5))];
    one.op("MatMulIntegerToFloat", [a, b, one.floats(1), one.floats(4), aZero, bZero, one.maybe(() => one.floats(4))]);
  },
  QGemm: (one) => {
    const [a, b] = [one.input(one.integers("u8", [2, 3], 0, 255)), one.input(one.integers("i8", [4, 3], -128, 127))];
    const [aZero, bZero] = [one.input(one.integers("u8", [], 0, 255)), one.input(one.integers("i8", [], -5, 5))];
    const bias = one.maybe(() => one.input(one.integers("i32", [4], -500, 500)));
    one.op("QGemm", [a, one.floats(), aZero, b, one.floats(), bZero, bias], { transB: int(1), alpha: float(0.5) });
  },
};

/** All courses: the first step, equal and different lengths, known or data; windows, rotation, norms and sinks. */
function groupQueryAttention(one: Case): void {
  const { rng } = one;
  const [batch, kvHeads, depth] = [rng.between(1, 2), rng.between(1, 2), rng.pick([2, 4])];
  const heads = kvHeads * rng.between(1, 3);
  const isFirst = rng.chance(0.4);
  const seq = isFirst ? rng.between(1, 4) : rng.between(1, 2);
  const total = isFirst ? seq : seq + rng.between(1, 4);
  const isWindowed = !isFirst && rng.chance(0.2);
  const rows = isWindowed ? rng.between(3, 5) : total - (isFirst ? 0 : rng.pick([0, seq]));
  const areEqual = isWindowed || rng.chance(0.5);
  const lengths = Array.from({ length: batch }, () => (areEqual ? total : rng.between(seq, total)) - 1);
  const isPacked = rng.chance(0.5);
  const [width, kvWidth] = [heads * depth, kvHeads * depth];
  const cache = (): ValueId | undefined => (isFirst ? undefined : one.floats(batch, kvHeads, rows, depth));
  const known = rng.chance(0.5);
  const seqlens = tensorOf("i32", [batch], lengths);
  const isRotated = rng.chance(0.5);
  const angles = (): ValueId | undefined => (isRotated ? one.floats(12, depth / 2) : undefined);
  const sink = one.maybe(() => one.floats(heads));
  const norm = rng.chance(0.3);
  const operands = [
    one.floats(batch, seq, isPacked ? width + 2 * kvWidth : width),
    isPacked ? undefined : one.floats(batch, seq, kvWidth),
    isPacked ? undefined : one.floats(batch, seq, kvWidth),
    cache(),
    cache(),
    known ? one.constant(seqlens) : one.input(seqlens),
    one.constant(tensorOf("i32", [], [total])),
    angles(),
    angles(),
    undefined,
    areEqual && known && rng.chance(0.5) ? one.floats(1, heads, seq, total) : undefined,
    sink,
    undefined,
    undefined,
    norm ? one.floats(depth) : undefined,
    norm ? one.floats(depth) : undefined,
  ];
  const attrs = {
    num_heads: int(heads),
    kv_num_heads: int(kvHeads),
    do_rotary: int(isRotated ? 1 : 0),
    rotary_interleaved: int(rng.below(2)),
    local_window_size: int(isWindowed ? rng.between(1, 3) : rng.pick([-1, 2])),
    sliding_window_cache: int(isWindowed ? 1 : 0),
    softcap: float(rng.pick([0, 5])),
    causal: int(isFirst ? rng.below(2) : 1),
  };
  one.op("GroupQueryAttention", operands, attrs, [0, 1, 2]);
}

function expand(graph: Graph, stats = new CountedStats()): Graph {
  const ctx = { diag: new DiagnosticSink(), rng: new Rng(1), stats };
  const folded = foldConstants.run(graph, defaultOptions(foldConstants.options), ctx);
  return expandOps.run(folded, {}, ctx);
}

describe.each(Object.keys(WRITERS))("%s", (kind) => {
  it(`is the same in other ops, ${RUNS} times`, () => {
    for (let seed = 0; seed < RUNS; seed++) {
      const one = new Case(`${kind} ${seed}`);
      WRITERS[kind]?.(one);
      const graph = one.graph.freeze();
      const stats = new CountedStats();
      const made = expand(graph, stats);
      const what = `seed ${seed}: ${[...stats.counts.keys()].join(", ")}`;
      const names = new Set(graph.ops.map(qualifiedKind));
      const isGone = !made.ops.some((op) => names.has(qualifiedKind(op)));
      expect(isGone, what).toBe(true);
      expect(
        made.outputs.every(({ value }) => isStaticShape(made.values[value]?.shape ?? ["?"])),
        what,
      ).toBe(true);
      const [expected, actual] = [evaluateGraph(graph, one.inputs), evaluateGraph(made, one.inputs)];
      for (const [name, tensor] of expected) {
        const found = actual.get(name);
        expect(found && compareTensors(found, tensor, TOLERANCE), `${what} ${name}`).toMatchObject({ pass: true });
      }
    }
  });
});

it("keeps what it cannot express, and says why", () => {
  const one = new Case("kept");
  const shape = [1, 2, 4];
  one.op("SkipLayerNormalization", [one.floats(...shape), one.floats(...shape), one.floats(4)], {}, [0, 1]);
  const stats = new CountedStats();
  const made = expand(one.graph.freeze(), stats);
  expect(made.ops.map(({ kind }) => kind)).toEqual(["SkipLayerNormalization"]);
  expect([...stats.counts.keys()]).toEqual(["SkipLayerNormalization kept: cannot express result 1"]);
});
