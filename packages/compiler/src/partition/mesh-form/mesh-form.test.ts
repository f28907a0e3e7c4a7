// What stands for an op computes what the op computes: both graphs on random data by the reference evaluator.
import { Rng } from "@waferc/base";
import { attr, GraphBuilder, sourceOf, type Attr, type Graph, type ValueId } from "@waferc/ir/graph";
import { compareTensors, makeTensor, tensorOf, type Tensor } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { toMeshForm } from "./to-mesh-form.ts";

const rng = new Rng("mesh form");
const floats = (...shape: number[]) =>
  makeTensor(
    "f32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
  );
const integers = (shape: readonly number[], data: readonly number[]) => tensorOf("i64", shape, data);

/** A graph of one op, or of a chain made by `build`, with inputs and constants by name. */
class Case {
  readonly builder = new GraphBuilder("case", [["", 25]]);
  readonly inputs = new Map<string, Tensor>();

  input(name: string, tensor: Tensor): ValueId {
    this.inputs.set(name, tensor);
    return this.builder.addInput(name, { dtype: tensor.dtype, shape: [...tensor.shape] });
  }

  constant(tensor: Tensor): ValueId {
    return this.builder.addConstant("c", sourceOf(tensor));
  }

  op(
    kind: string,
    version: number,
    operands: readonly (ValueId | undefined)[],
    result: Tensor["dtype"],
    shape: readonly number[],
    attrs: Readonly<Record<string, Attr>> = {},
  ): ValueId {
    const [domain, name] = kind.includes("::") ? (kind.split("::") as [string, string]) : ["", kind];
    const spec = { domain, kind: name, version, operands, attrs: new Map(Object.entries(attrs)), loc: [`/${name}`] };
    return this.builder.emit(spec, { dtype: result, shape: [...shape] });
  }

  graph(result: ValueId): Graph {
    this.builder.addOutput("y", result);
    return this.builder.freeze();
  }
}

/** Says that nothing has a kernel, so that all that can be expressed by other ops is. */
const support = { objectionTo: () => "has no kernel" };

function expectSame(one: Case, result: ValueId, gone: readonly string[], atol = 1e-5): void {
  const graph = one.graph(result);
  const form = toMeshForm(graph, support);
  const kinds = form.ops.map(({ kind }) => kind);
  for (const kind of gone) expect(kinds).not.toContain(kind);
  const [expected, actual] = [graph, form].map((g) => evaluateGraph(g, one.inputs).get("y"));
  if (expected === undefined || actual === undefined) return expect.fail("no output");
  const comparison = compareTensors(actual, expected, { rtol: 1e-5, atol });
  expect(comparison, JSON.stringify(comparison)).toMatchObject({ pass: true });
}

describe("Conv", () => {
  it.each([
    {
      name: "of patches",
      x: [2, 3, 6, 4],
      w: [5, 3, 3, 2],
      y: [2, 5, 2, 2],
      strides: [3, 2],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
    },
    { name: "with padding", x: [1, 2, 5], w: [4, 2, 3], y: [1, 4, 5], strides: [1], pads: [1, 1], dilations: [1] },
    {
      name: "with strides and uneven padding",
      x: [2, 3, 7],
      w: [2, 3, 3],
      y: [2, 2, 4],
      strides: [2],
      pads: [0, 2],
      dilations: [1],
    },
    {
      name: "dilated, in two dimensions",
      x: [1, 2, 7, 6],
      w: [3, 2, 2, 2],
      y: [1, 3, 4, 6],
      strides: [1, 1],
      pads: [0, 1, 0, 1],
      dilations: [3, 2],
    },
    {
      name: "of single positions",
      x: [2, 3, 2, 2],
      w: [4, 3, 1, 1],
      y: [2, 4, 2, 2],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
    },
  ])("$name", ({ x, w, y, ...attrs }) => {
    const one = new Case();
    const operands = [one.input("x", floats(...x)), one.constant(floats(...w)), one.constant(floats(w[0] ?? 1))];
    const entries = Object.entries(attrs).filter(([key]) => key !== "name");
    const given = Object.fromEntries(entries.map(([key, value]) => [key, attr.ints(value as number[])]));
    expectSame(one, one.op("Conv", 22, operands, "f32", y, given), ["Conv"]);
  });

  it("stays where its weights are computed or it has groups", () => {
    const one = new Case();
    const operands = [one.input("x", floats(1, 2, 4)), one.constant(floats(2, 1, 3))];
    const graph = one.graph(one.op("Conv", 22, operands, "f32", [1, 2, 2], { group: attr.int(2) }));
    expect(toMeshForm(graph, support).ops.map(({ kind }) => kind)).toEqual(["Conv"]);
  });
});

describe("MoE", () => {
  it.each([
    { activation: "relu", k: 1, normalize: 0, third: false },
    { activation: "silu", k: 2, normalize: 1, third: true },
    { activation: "gelu", k: 4, normalize: 0, third: false },
  ])("with $activation and $k of 4 experts", ({ activation, k, normalize, third }) => {
    const one = new Case();
    const layer = (rows: number, columns: number) => one.constant(floats(4, rows, columns));
    const operands = [
      one.input("x", floats(5, 6)),
      one.input("router", floats(5, 4)),
      layer(3, 6),
      one.constant(floats(4, 3)),
      layer(6, 3),
      one.constant(floats(4, 6)),
      ...(third ? [layer(3, 6)] : []),
    ];
    const attrs = {
      activation_type: attr.string(activation),
      k: attr.int(k),
      normalize_routing_weights: attr.int(normalize),
    };
    expectSame(one, one.op("com.microsoft::MoE", 1, operands, "f32", [5, 6], attrs), ["MoE"]);
  });

  it("gives equal scores to the lower expert", () => {
    const one = new Case();
    const router = makeTensor("f32", [2, 3], Float32Array.of(1, 2, 2, 0, 0, 0));
    const operands = [one.input("x", floats(2, 4)), one.input("router", router)];
    const weights = [one.constant(floats(3, 2, 4)), undefined, one.constant(floats(3, 4, 2))];
    const attrs = { k: attr.int(1) };
    expectSame(one, one.op("com.microsoft::MoE", 1, [...operands, ...weights], "f32", [2, 4], attrs), ["MoE"]);
  });
});

describe("quantised activations", () => {
  it.each(["u8", "i8"] as const)("of %s, moved in between", (dtype) => {
    const one = new Case();
    const [scale, zero] = [
      one.constant(makeTensor("f32", [], Float32Array.of(0.05))),
      one.constant(tensorOf(dtype, [], [7])),
    ];
    const q = one.op("QuantizeLinear", 25, [one.input("x", floats(3, 4)), scale, zero], dtype, [3, 4]);
    const moved = one.op("Transpose", 25, [q], dtype, [4, 3], { perm: attr.ints([1, 0]) });
    const y = one.op("DequantizeLinear", 25, [moved, scale, zero], "f32", [4, 3]);
    expectSame(one, y, ["QuantizeLinear", "DequantizeLinear"], 1e-6);
  });

  it("by channel", () => {
    const one = new Case();
    const scale = one.constant(makeTensor("f32", [3], Float32Array.of(0.1, 0.02, 0.5)));
    const attrs = { axis: attr.int(0) };
    const q = one.op("QuantizeLinear", 25, [one.input("x", floats(3, 4)), scale], "u8", [3, 4], attrs);
    expectSame(
      one,
      one.op("DequantizeLinear", 25, [q, scale], "f32", [3, 4], attrs),
      ["QuantizeLinear", "DequantizeLinear"],
      1e-6,
    );
  });

  it.each([8, 3])("in blocks of %i of an axis with 8 elements", (block) => {
    const one = new Case();
    const scale = one.input(
      "scale",
      makeTensor(
        "f32",
        [2, Math.ceil(8 / block)],
        Float32Array.of(0.1, 0.02, 0.5, 0.3, 0.2, 0.1).slice(0, 2 * Math.ceil(8 / block)),
      ),
    );
    const attrs = { axis: attr.int(-1), block_size: attr.int(block) };
    const operands = [one.input("x", floats(2, 8)), scale];
    const q = one.op("QuantizeLinear", 25, operands, "i8", [2, 8], { ...attrs, output_dtype: attr.int(3) });
    const y = one.op("DequantizeLinear", 25, [q, scale], "f32", [2, 8], attrs);
    expectSame(one, y, ["QuantizeLinear", "DequantizeLinear"], 1e-6);
  });

  it("by their own range", () => {
    const one = new Case();
    const spec = { domain: "", kind: "DynamicQuantizeLinear", version: 11, operands: [one.input("x", floats(3, 4))] };
    const types = [
      { dtype: "u8" as const, shape: [3, 4] },
      { dtype: "f32" as const, shape: [] },
      { dtype: "u8" as const, shape: [] },
    ];
    const { results } = one.builder.addOp({ ...spec, results: types });
    const y = one.op("DequantizeLinear", 25, results, "f32", [3, 4]);
    expectSame(one, y, ["DynamicQuantizeLinear", "DequantizeLinear"], 1e-6);
  });
});

describe("choice by index", () => {
  const computed = (one: Case, ...shape: number[]) =>
    one.op("Exp", 13, [one.input("x", floats(...shape))], "f32", shape);

  it.each([0, 1, 2])("Gather of computed values along axis %i", (axis) => {
    const one = new Case();
    const shape = [3, 4, 5];
    const ids = one.input("ids", integers([2, 2], [1, -1, 0, 2]));
    const result = [...shape.slice(0, axis), 2, 2, ...shape.slice(axis + 1)];
    const gathered = one.op("Gather", 13, [computed(one, ...shape), ids], "f32", result, { axis: attr.int(axis) });
    expectSame(one, one.op("Neg", 13, [gathered], "f32", result), ["Gather"]);
  });

  it("GatherElements with a table that repeats, and with one that does not", () => {
    for (const rows of [2, 6]) {
      const one = new Case();
      const index = Array.from({ length: 18 }, (_, i) => ((i % (rows * 3)) % 4) - ((i % (rows * 3)) % 5 === 0 ? 1 : 0));
      const operands = [computed(one, 3, 2, 4), one.constant(integers([3, 2, 3], index))];
      expectSame(one, one.op("GatherElements", 13, operands, "f32", [3, 2, 3], { axis: attr.int(-1) }), [
        "GatherElements",
      ]);
    }
  });

  it.each([1, 2])("ScatterElements of %i slices into a cache", (count) => {
    const one = new Case();
    const positions = one.input("positions", integers([1, 1, count, 1], [3, 1].slice(0, count)));
    const shape = one.constant(integers([4], [1, 2, count, 3]));
    const indices = one.op("Expand", 13, [positions, shape], "i64", [1, 2, count, 3]);
    const operands = [one.input("cache", floats(1, 2, 5, 3)), indices, one.input("new", floats(1, 2, count, 3))];
    const attrs = { axis: attr.int(2) };
    expectSame(one, one.op("ScatterElements", 18, operands, "f32", [1, 2, 5, 3], attrs), ["ScatterElements"]);
  });

  it("ScatterND over everything", () => {
    const one = new Case();
    const indices = one.constant(integers([2, 2, 2], [0, 0, 0, 1, 1, 0, 1, 1]));
    const operands = [one.constant(floats(2, 2, 3)), indices, computed(one, 2, 2, 3)];
    expectSame(one, one.op("ScatterND", 18, operands, "f32", [2, 2, 3]), ["ScatterND"]);
  });
});
