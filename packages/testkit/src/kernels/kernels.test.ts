// Every kernel template on regions of several shapes and extents that do not divide them, against plain loops in double precision; all engines
// agree bit for bit on outputs and final memory.
import { Rng } from "@waferc/base";
import { simulateCycle, simulateUntimed } from "@waferc/sim";
import { describe, expect, test } from "vitest";
import { KernelBench } from "./kernel-bench.ts";
import * as reference from "./references.ts";

const GRIDS = [
  [1, 1],
  [1, 3],
  [4, 1],
  [3, 4],
  [8, 8],
] as const;
const MATRICES = [
  [1, 1],
  [5, 7],
  [13, 3],
  [16, 17],
  [2, 33],
] as const;

type Inputs = Readonly<Record<string, Float32Array>>;

const rng = new Rng("kernels");
const random = (count: number) => Float32Array.from({ length: count }, () => rng.normal());

function expectOutput(bench: KernelBench, inputs: Inputs, expected: ArrayLike<number>): void {
  const machine = bench.machine();
  const program = bench.program(machine);
  const weights = (tensor: number) => bench.weights[tensor] ?? new Float32Array(0);
  const options = { inputs: new Map(Object.entries(inputs)) };
  const untimed = simulateUntimed(program, machine, weights, { ...options, seed: 7 });
  const cycle = simulateCycle(program, machine, weights, options);
  expect(cycle.memoryDigest()).toBe(untimed.memoryDigest());
  const actual = untimed.outputs.get("y") ?? new Float32Array(0);
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i] ?? NaN, expected[i] ?? NaN];
    if (!(Math.abs(a - b) <= 1e-5 + 1e-5 * Math.abs(b))) expect.fail(`element ${i}: ${a}, expected ${b}`);
  }
}

/** Runs `build` on a bench of every grid; it returns inputs and the expected output "y". */
function onGrids(build: (bench: KernelBench) => readonly [Inputs, ArrayLike<number>]): void {
  for (const [width, height] of GRIDS) {
    const bench = new KernelBench(width, height);
    const [inputs, expected] = build(bench);
    expectOutput(bench, inputs, expected);
  }
}

describe.each(MATRICES)("on a %i x %i matrix", (rows, cols) => {
  const x = random(rows * cols);
  const [scale, bias] = [random(cols), random(cols)];

  test("io.ingress and io.egress move it unchanged", () => {
    onGrids((bench) => {
      bench.output("y", bench.input("x", [rows, cols]));
      return [{ x }, x];
    });
  });

  test.each(Object.keys(reference.UNARY))("elementwise.unary %s", (fn) => {
    onGrids((bench) => {
      bench.output("y", bench.kernel("elementwise.unary", [bench.input("x", [rows, cols])], [rows, cols], { fn }));
      return [{ x }, x.map(reference.UNARY[fn] ?? Number)];
    });
  });

  test("elementwise.binary with a row, a scalar and a full constant", () => {
    const full = random(rows * cols);
    onGrids((bench) => {
      const shape = [rows, cols];
      const a = bench.input("x", shape);
      const b = bench.kernel("elementwise.binary", [a, bench.weight(1, cols, scale, "row")], shape, { fn: "mul" });
      const c = bench.kernel("elementwise.binary", [{ kind: "scalar", value: 3 }, b], shape, { fn: "sub" });
      const d = bench.kernel("elementwise.binary", [c, bench.weight(rows, cols, full, "tile")], shape, { fn: "max" });
      bench.output("y", d);
      return [{ x }, x.map((value, i) => Math.max(3 - value * (scale[i % cols] ?? 0), full[i] ?? 0))];
    });
  });

  test.each(["eq", "ne", "lt", "le", "gt", "ge"])("elementwise.compare %s and elementwise.select", (fn) => {
    const z = x.map((value, i) => (i % 3 === 0 ? value : -value));
    const holds = { eq: [0], ne: [-1, 1], lt: [-1], le: [-1, 0], gt: [1], ge: [0, 1] }[fn] ?? [];
    onGrids((bench) => {
      const shape = [rows, cols];
      const [a, b] = [bench.input("x", shape), bench.input("z", shape)];
      const flags = bench.kernel("elementwise.compare", [a, b], shape, { fn });
      const chosen = [flags, bench.weight(1, cols, scale, "row"), { kind: "scalar", value: -Infinity } as const];
      const picked = bench.kernel("elementwise.select", chosen, shape);
      bench.output(
        "y",
        bench.kernel("elementwise.binary", [picked, { kind: "scalar", value: -9 }], shape, { fn: "max" }),
      );
      const expected = x.map((value, i) => {
        const isTrue = holds.includes(Math.sign(value - (z[i] ?? 0)));
        return isTrue ? Math.max(scale[i % cols] ?? 0, -9) : -9;
      });
      return [{ x, z }, expected];
    });
  });

  test("norm.rms and norm.layer", () => {
    for (const template of ["norm.rms", "norm.layer"] as const) {
      onGrids((bench) => {
        const operands = [bench.input("x", [rows, cols]), bench.weight(1, cols, scale, "row")];
        if (template === "norm.layer") operands.push(bench.weight(1, cols, bias, "row"));
        bench.output("y", bench.kernel(template, operands, [rows, cols], { eps: 1e-3 }));
        return [{ x }, reference.norm(x, cols, scale, template === "norm.layer" ? bias : undefined, 1e-3)];
      });
    }
  });

  test("softmax.row", () => {
    onGrids((bench) => {
      bench.output("y", bench.kernel("softmax.row", [bench.input("x", [rows, cols])], [rows, cols]));
      return [{ x }, reference.softmax(x, cols)];
    });
  });

  test.each(["sum", "mean", "max", "min"])("reduce.row %s", (fn) => {
    onGrids((bench) => {
      bench.output("y", bench.kernel("reduce.row", [bench.input("x", [rows, cols])], [rows, 1], { fn }));
      return [{ x }, reference.reduceRows(x, cols, fn)];
    });
  });
});

test.each([
  [1, 1, 1],
  [5, 7, 3],
  [13, 16, 11],
  [2, 33, 5],
])("matmul.gather and matmul.reduce %i x %i x %i, with two products of one A", (m, k, n) => {
  const [x, w, w2] = [random(m * k), random(k * n), random(k * 2)];
  for (const [template, form] of [
    ["matmul.gather", "tile"],
    ["matmul.reduce", "turned"],
  ] as const)
    onGrids((bench) => {
      const a = bench.input("x", [m, k]);
      const products = bench.kernelOf(
        template,
        [a, bench.weight(k, n, w, form), bench.weight(k, 2, w2, form)],
        [
          [m, n],
          [m, 2],
        ],
      );
      for (const [index, product] of products.entries()) bench.output(index === 0 ? "y" : "z", product);
      return [{ x }, reference.matmul(x, w, m, k, n)];
    });
});

test("matmul.gather of batches", () => {
  const [batches, m, k, n] = [3, 5, 7, 4];
  const [x, z] = [random(batches * m * k), random(batches * k * n)];
  const expected = Array.from({ length: batches }, (_, b) =>
    reference.matmul(x.subarray(b * m * k), z.subarray(b * k * n), m, k, n),
  ).flat();
  onGrids((bench) => {
    const operands = [bench.input("x", [batches, m, k]), bench.input("z", [batches, k, n])];
    const params = { rowsPerBatch: m, k, batchMap: [1, batches, 1] };
    bench.output("y", bench.kernel("matmul.gather", operands, [batches, m, n], params));
    return [{ x, z }, expected];
  });
});

test.each([
  ["half", 6],
  ["half", 4],
  ["interleaved", 6],
  ["interleaved", 4],
] as const)("rotary.rotate, partner %s in the first %i of 6 columns, by computed angles", (partner, rotaryDim) => {
  const [seq, heads, headDim] = [5, 3, 6];
  const [cols, half] = [heads * headDim, rotaryDim / 2];
  const [x, cos, sin] = [random(seq * cols), random(seq * half), random(seq * half)];
  onGrids((bench) => {
    const operands = [bench.input("x", [seq, cols]), bench.input("cos", [seq, half]), bench.input("sin", [seq, half])];
    const params = { headDim, rotaryDim, partner, table: "angles" };
    bench.output("y", bench.kernel("rotary.rotate", operands, [seq, cols], params));
    return [{ x, cos, sin }, reference.rotateHeads(x, cos, sin, { cols, headDim, rotaryDim, partner })];
  });
});

test.each(["half", "interleaved"] as const)("rotary.rotate, partner %s", (partner) => {
  const [seq, heads, headDim] = [5, 3, 4];
  const cols = heads * headDim;
  const [x, cos, sin] = [random(seq * cols), random(seq * cols), random(seq * cols)];
  onGrids((bench) => {
    const operands = [
      bench.input("x", [seq, cols]),
      bench.weight(seq, cols, cos, "tile"),
      bench.weight(seq, cols, sin, "tile"),
    ];
    bench.output(
      "y",
      bench.kernel("rotary.rotate", operands, [seq, cols], { headDim, rotaryDim: headDim, partner, table: "columns" }),
    );
    return [{ x }, reference.rotate(x, cos, sin, cols, headDim, partner)];
  });
});

test.each([
  { batch: 1, seq: 5, heads: 3, kvHeads: 3, headDim: 4, causal: true, mask: "none" },
  { batch: 2, seq: 5, heads: 4, kvHeads: 2, headDim: 4, causal: true, mask: "none" },
  { batch: 2, seq: 3, heads: 4, kvHeads: 4, headDim: 2, causal: false, mask: "batch" },
  { batch: 1, seq: 7, heads: 6, kvHeads: 3, headDim: 4, causal: false, mask: "query" },
  { batch: 1, seq: 16, heads: 2, kvHeads: 1, headDim: 4, causal: true, mask: "none" },
  { batch: 2, seq: 5, heads: 4, kvHeads: 2, headDim: 4, causal: false, mask: "query", softcap: 0.75 },
  { batch: 2, seq: 3, heads: 3, kvHeads: 3, headDim: 2, causal: false, mask: "head" },
  { batch: 2, seq: 3, heads: 3, kvHeads: 1, headDim: 2, causal: true, mask: "nothing" },
] as const)("attention.gather %o", (p) => {
  const rows = p.batch * p.seq;
  const [cols, kvCols] = [p.heads * p.headDim, p.kvHeads * p.headDim];
  const [q, k, v] = [random(rows * cols), random(rows * kvCols), random(rows * kvCols)];
  const maskHeads = p.mask === "head" ? p.heads : 1;
  const maskSizes = { none: 0, batch: rows, query: rows * p.seq, head: rows * p.heads * p.seq, nothing: rows };
  const mask = p.mask === "nothing" ? new Float32Array(rows).fill(-Infinity) : random(maskSizes[p.mask]);
  const form = p.mask === "head" ? "query" : p.mask === "nothing" ? "batch" : p.mask;
  const [scale, softcap] = [0.5, "softcap" in p ? p.softcap : 0];
  onGrids((bench) => {
    const operands = [
      bench.input("q", [rows, cols]),
      bench.input("k", [rows, kvCols]),
      bench.input("v", [rows, kvCols]),
    ];
    if (form === "batch") operands.push(bench.input("mask", [p.batch, p.seq]));
    if (form === "query") operands.push(bench.weight(rows, maskHeads * p.seq, mask, "rows"));
    const { batch, seq, heads, kvHeads, headDim, causal } = p;
    const lengths = { queryLength: seq, keyLength: seq };
    const sizes = { batch, ...lengths, heads, kvHeads, headDim, valueDim: headDim };
    const params = { ...sizes, scale, causal, softcap, mask: form, maskHeads };
    bench.output("y", bench.kernel("attention.gather", operands, [rows, cols], params));
    const inputs = { q, k, v, ...(form === "batch" ? { mask } : {}) };
    return [inputs, reference.attention(q, k, v, mask, { ...p, mask: form, maskHeads, softcap, scale })];
  });
});

test.each([
  { name: "transpose", shape: [5, 3, 4], strides: [1, 20, 5], offset: 0 },
  { name: "slice", shape: [3, 2, 3], strides: [20, 10, 2], offset: 5 },
  { name: "expand", shape: [2, 3, 4, 5], strides: [0, 20, 5, 1], offset: 0 },
  { name: "reshape", shape: [6, 10], strides: [10, 1], offset: 0 },
  { name: "one column", shape: [5, 2], strides: [12, 0], offset: 3 },
  { name: "flatten", shape: [60], strides: [1], offset: 0 },
  { name: "reverse", shape: [3, 10], strides: [20, -2], offset: 19 },
  { name: "turn around", shape: [3, 4, 5], strides: [-20, 5, -1], offset: 44 },
])("move.view: $name", ({ shape, strides, offset }) => {
  const x = random(60);
  onGrids((bench) => {
    const operand = bench.input("x", [3, 4, 5]);
    bench.output("y", bench.kernel("move.view", [operand], shape, { shape, strides, offset }));
    return [{ x }, reference.view(x, shape, strides, offset)];
  });
});

test.each([0, 1, 2])("move.concat on axis %i", (axis) => {
  const left = [2, 3, 4];
  const right = left.map((dim, d) => (d === axis ? 5 : dim));
  const shape = left.map((dim, d) => (d === axis ? dim + 5 : dim));
  const [x, z] = [random(24), random(reference.product(right))];
  onGrids((bench) => {
    const operands = [bench.input("x", left), bench.input("z", right)];
    const starts = [0, left[axis] ?? 0, left[axis] ?? 0, shape[axis] ?? 0];
    const strides = [...reference.stridesOf(left), ...reference.stridesOf(right)];
    bench.output("y", bench.kernel("move.concat", operands, shape, { shape, axis, starts, strides, offsets: [0, 0] }));
    return [{ x, z }, reference.concat(x, left, z, right, axis)];
  });
});

test("move.concat of a turned view, a constant and a fill", () => {
  const [x, w] = [random(6), random(3)];
  onGrids((bench) => {
    const operands = [bench.input("x", [3, 2]), bench.weight(1, 3, w, "tile")];
    const views = { starts: [1, 3, 3, 4], strides: [1, 2, 3, 1], offsets: [0, 0] };
    const shape = [5, 3];
    bench.output("y", bench.kernel("move.concat", operands, shape, { shape, axis: 0, ...views, fill: 7 }));
    return [{ x }, [7, 7, 7, ...reference.view(x, [2, 3], [1, 2], 0), ...w, 7, 7, 7]];
  });
});

test("more outputs than a core has output queues leave one after the other through one queue", () => {
  const x = random(12);
  onGrids((bench) => {
    const operand = bench.input("x", [3, 4]);
    for (const name of ["a", "b", "c", "d", "e", "f", "y"]) bench.output(name, operand);
    return [{ x }, x];
  });
});
