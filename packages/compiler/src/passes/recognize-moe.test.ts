// Mixtures of experts in both forms that exporters write, with random sizes, routings and activations: each must come to one MoE
// with the same outputs.
import { DiagnosticSink, Rng } from "@waferc/base";
import { attr, printGraph, type ValueId } from "@waferc/ir/graph";
import { compareTensors, tensorOf } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";
import { FormulaWriter } from "@waferc/testkit/arbitrary";
import { expect, it } from "vitest";
import { canonicalizePasses, runPasses } from "./canonicalize.ts";

const RUNS = 60;
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

class ExpertWriter extends FormulaWriter {
  readonly tokens = this.rng.between(2, 5);
  readonly experts = this.rng.between(2, 4);
  readonly chosen = this.rng.between(1, Math.min(2, this.experts));
  readonly width = this.rng.between(3, 5);
  readonly inner = this.rng.between(3, 5);

  /** Weights and experts of the tokens, [tokens, chosen]. */
  route(x: ValueId): { readonly weights: ValueId; readonly indices: ValueId } {
    const scores = this.op("MatMul", [x, this.weight([this.width, this.experts])]);
    const softmax = (of: ValueId): ValueId => this.op("Softmax", [of], { axis: attr.int(-1) });
    const form = this.rng.pick(["plain", "over sum", "behind"]);
    const { graph } = this;
    const from = form === "behind" ? scores : softmax(scores);
    const shape = [this.tokens, this.chosen];
    const [values, indices] = graph.addOp({
      kind: "TopK",
      version: 11,
      operands: [from, this.ints(this.chosen)],
      results: [
        { dtype: "f32", shape },
        { dtype: "i64", shape },
      ],
    }).results as readonly [ValueId, ValueId];
    if (form === "plain") return { weights: values, indices };
    if (form === "behind") return { weights: softmax(values), indices };
    const sum = this.op("ReduceSum", [values, this.ints(1)], { keepdims: attr.int(1) });
    return { weights: this.op("Div", [values, sum]), indices };
  }

  /** SiLU or ReLU of a gate, perhaps times a second layer. */
  activate(gate: ValueId, other: ValueId | undefined): ValueId {
    const curve = this.either(
      () => this.op("Relu", [gate]),
      () => this.op("Mul", [gate, this.op("Sigmoid", [gate])]),
    );
    return other === undefined ? curve : this.op("Mul", [curve, other]);
  }
}

function writeBatched(writer: ExpertWriter, x: ValueId): ValueId {
  const { tokens, experts, chosen, width, inner } = writer;
  const { weights, indices } = writer.route(x);
  const flat = writer.reshaped(indices, [tokens * chosen]);
  const gathered = (rows: number, columns: number): ValueId =>
    writer.op("Gather", [writer.weight([experts, rows, columns]), flat], { axis: attr.int(0) });
  const wide = writer.op("Expand", [writer.reshaped(x, [tokens, 1, width]), writer.ints(tokens, chosen, width)]);
  const isLeft = writer.rng.chance(0.5);
  const layer = (from: ValueId, rows: number, columns: number): ValueId => {
    const product = isLeft
      ? writer.op("MatMul", [gathered(rows, columns), writer.reshaped(from, [tokens * chosen, columns, 1])])
      : writer.op("MatMul", [writer.reshaped(from, [tokens * chosen, 1, columns]), gathered(columns, rows)]);
    return writer.reshaped(product, [tokens * chosen, rows]);
  };
  const gate = layer(wide, inner, width);
  const hidden = writer.activate(gate, writer.rng.chance(0.6) ? layer(wide, inner, width) : undefined);
  const down = layer(hidden, width, inner);
  const weighted = writer.op("Mul", [down, writer.reshaped(weights, [tokens * chosen, 1])]);
  const axis = writer.ints(writer.rng.pick([1, -2]));
  return writer.op("ReduceSum", [writer.reshaped(weighted, [tokens, chosen, width]), axis], { keepdims: attr.int(0) });
}

function writeDispatched(writer: ExpertWriter, x: ValueId): ValueId {
  const { tokens, experts, chosen, width, inner } = writer;
  const { weights, indices } = writer.route(x);
  const table = writer.reshaped(weights, [tokens * chosen, 1]);
  const values = writer.constant(tensorOf("i64", [2], [0, 1]));
  const hot = writer.op("OneHot", [indices, writer.ints(experts), values], { axis: attr.int(-1) });
  const isTokensLast = writer.rng.chance(0.5);
  const masks = writer.op("Transpose", [hot], { perm: attr.ints(isTokensLast ? [2, 1, 0] : [2, 0, 1]) });
  const isGated = writer.rng.chance(0.6);
  const isRelu = writer.rng.chance(0.5);
  const zeros = writer.constant(tensorOf("f32", [tokens, width], Array<number>(tokens * width).fill(0)));
  let sum = zeros;
  for (let expert = 0; expert < experts; expert++) {
    const mask = writer.op("Gather", [masks, writer.constant(tensorOf("i64", [], [expert]))], { axis: attr.int(0) });
    const found = writer.op("NonZero", [writer.cast(mask, 9)]);
    const column = (index: number): ValueId =>
      writer.op("Gather", [found, writer.constant(tensorOf("i64", [], [index]))], { axis: attr.int(0) });
    const [token, place] = isTokensLast ? [column(1), column(0)] : [column(0), column(1)];
    const own = writer.op("Gather", [x, token], { axis: attr.int(0) });
    const layer = (from: ValueId, columns: number, rows: number): ValueId =>
      writer.op("MatMul", [from, writer.weight([columns, rows])]);
    const gate = layer(own, width, inner);
    const curve = isRelu ? writer.op("Relu", [gate]) : writer.op("Mul", [gate, writer.op("Sigmoid", [gate])]);
    const hidden = isGated ? writer.op("Mul", [curve, layer(own, width, inner)]) : curve;
    const at = writer.op("Add", [place, writer.op("Mul", [token, writer.constant(tensorOf("i64", [], [chosen]))])]);
    const weight = writer.op("Gather", [table, at], { axis: attr.int(0) });
    const updates = writer.op("Mul", [layer(hidden, inner, width), weight]);
    const rows = writer.op("Unsqueeze", [token, writer.ints(1)]);
    const index = writer.op("Expand", [rows, writer.op("Shape", [updates])]);
    const attrs = { axis: attr.int(0) };
    sum = writer.either(
      () => writer.sum(sum, writer.op("ScatterElements", [zeros, index, updates], attrs)),
      () => writer.op("ScatterElements", [sum, index, updates], { ...attrs, reduction: attr.string("add") }),
    );
  }
  return writer.op("Add", [sum, zeros]);
}

it.each([
  ["batched", writeBatched],
  ["dispatched by expert", writeDispatched],
] as const)(`recognises ${RUNS} mixtures that are %s`, (name, write) => {
  for (let seed = 0; seed < RUNS; seed++) {
    const writer = new ExpertWriter(new Rng(`${name} ${seed}`));
    const x = writer.input("x", [writer.tokens, writer.width]);
    writer.graph.addOutput("y", write(writer, x));
    const graph = writer.graph.freeze();
    const made = runPasses(graph, canonicalizePasses, { diag: new DiagnosticSink(), rng: new Rng(1) });
    const what = `seed ${seed}:\n${printGraph(made)}`;
    const kinds = made.ops.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "MoE").length, what).toBe(1);
    expect(
      kinds.filter((kind) => ["TopK", "NonZero", "Shape", "Expand", "ScatterElements"].includes(kind)),
      what,
    ).toEqual([]);
    const [want, found] = [graph, made].map((one) => evaluateGraph(one, writer.inputs).get("y"));
    expect(want && found && compareTensors(found, want, TOLERANCE), what).toMatchObject({ pass: true });
  }
});

it("leaves experts of which one is missing", () => {
  const writer = new ExpertWriter(new Rng("missing"));
  Object.assign(writer, { experts: 3, chosen: 1 });
  const x = writer.input("x", [writer.tokens, writer.width]);
  const { weights, indices } = writer.route(x);
  const mask = writer.op("Equal", [indices, writer.constant(tensorOf("i64", [], [1]))]);
  const found = writer.op("NonZero", [mask]);
  const column = (index: number): ValueId =>
    writer.op("Gather", [found, writer.constant(tensorOf("i64", [], [index]))], { axis: attr.int(0) });
  const own = writer.op("Gather", [x, column(0)], { axis: attr.int(0) });
  const hidden = writer.op("Relu", [writer.op("MatMul", [own, writer.weight([writer.width, writer.inner])])]);
  const down = writer.op("MatMul", [hidden, writer.weight([writer.inner, writer.width])]);
  const updates = writer.op("Mul", [down, writer.op("Gather", [weights, column(0)], { axis: attr.int(0) })]);
  const index = writer.op("Expand", [
    writer.op("Unsqueeze", [column(0), writer.ints(1)]),
    writer.op("Shape", [updates]),
  ]);
  const zeros = writer.op("Mul", [x, writer.number(0)]);
  const attrs = { axis: attr.int(0), reduction: attr.string("add") };
  writer.graph.addOutput("y", writer.op("ScatterElements", [zeros, index, updates], attrs));
  const graph = writer.graph.freeze();
  const made = runPasses(graph, canonicalizePasses, { diag: new DiagnosticSink(), rng: new Rng(1) });
  expect(made.ops.filter(({ kind }) => kind === "MoE")).toEqual([]);
});
