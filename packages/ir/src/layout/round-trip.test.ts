// Dataflows and layouts read back from their text as they were, also where they would not verify.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Dataflow, Flow, Kernel, MeshTensor, Operand, Sharding, Step } from "../dataflow/dataflow.ts";
import { parseDataflow } from "../dataflow/parse.ts";
import { printDataflow } from "../dataflow/print.ts";
import { verifyDataflow } from "../dataflow/verify.ts";
import type { Hop, Layout } from "./layout.ts";
import { CHANNEL_KINDS, parseLayout } from "./parse.ts";
import { printLayout } from "./print.ts";
import { verifyLayout } from "./verify.ts";

const id = fc.nat({ max: 6 });
const size = fc.integer({ min: 0, max: 9 });
const name = fc.oneof(fc.string(), fc.constantFrom("x", "/layer.0/MatMul", "a b"));
const word = fc.oneof(fc.constantFrom("matmul.gather", "io.ingress", "in", "inf"), name);
const digest = fc.constantFrom("", "0123abcd", "not a digest");
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, Infinity, 1e-5));
const some = <T>(item: fc.Arbitrary<T>, max = 3) => fc.array(item, { maxLength: max });

const dim = fc.oneof(
  fc.record({ extent: size, block: size, axis: fc.constantFrom("x" as const, "y" as const) }),
  fc.record({ extent: size, block: size, axis: fc.constant("none" as const) }),
);
const sharding: fc.Arbitrary<Sharding> = fc.record({ rows: dim, cols: dim });

const operand: fc.Arbitrary<Operand> = fc.oneof(
  fc.record({ kind: fc.constant("tensor" as const), tensor: id }),
  fc.record({ kind: fc.constant("weight" as const), weights: some(id), sharding }),
  fc.record({ kind: fc.constant("scalar" as const), value: number }),
);

const params = some(
  fc.tuple(name, fc.oneof(number, name, fc.boolean(), some(number))) as fc.Arbitrary<
    [string, number | string | boolean | number[]]
  >,
).map((entries) => new Map(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));

const kernel: fc.Arbitrary<Kernel> = fc
  .record({ template: word, group: id, operands: some(operand), results: some(id), params, loc: some(name) })
  .chain((plain) => fc.option(id).map((flow) => (flow === null ? plain : { ...plain, flow })));

const tensor: fc.Arbitrary<MeshTensor> = fc.record({ name, shape: some(size), group: id, sharding });

const end: fc.Arbitrary<Flow["from"]> = fc.oneof(
  fc.record({ kind: fc.constant("host" as const), tensor: name }),
  fc.record({ kind: fc.constant("group" as const), group: id }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("kernel" as const), kernel: id }),
  fc.record({
    kind: fc.constant("loop" as const),
    count: size,
    body: some(id),
    carried: some(fc.record({ into: id, initial: id, next: id })),
    group: id,
  }),
);

const dataflow: fc.Arbitrary<Dataflow> = fc.record({
  name,
  machine: fc.record({ name: word, sha256: digest, width: size, height: size }),
  groups: some(fc.record({ name, width: size, height: size })),
  tensors: some(tensor),
  weights: some(fc.record({ name, rows: size, cols: size, sha256: digest })),
  kernels: some(kernel, 5),
  steps: some(step, 5),
  flows: some(fc.record({ name, from: end, to: end, shape: some(size) })),
});

const port = fc.constantFrom("north" as const, "east" as const, "south" as const, "west" as const, "ramp" as const);
const side = fc.constantFrom("north" as const, "east" as const, "south" as const, "west" as const);
const hop: fc.Arbitrary<Hop> = fc.record({
  x: size,
  y: size,
  from: port,
  to: fc.array(port, { minLength: 1, maxLength: 3 }),
});

const layout: fc.Arbitrary<Layout> = fc.record({
  dataflow,
  seed: fc.nat(),
  regions: some(fc.record({ group: id, x: size, y: size, width: size, height: size })),
  channels: some(fc.record({ group: id, kind: fc.constantFrom(...CHANNEL_KINDS), colors: some(size) })),
  ports: some(fc.record({ flow: id, x: size, y: size, side })),
  routes: some(fc.record({ flow: id, color: size, hops: some(hop, 4) })),
});

test("a dataflow", () => {
  fc.assert(
    fc.property(dataflow, (made) => {
      const text = printDataflow(made);
      const { dataflow: read } = parseDataflow(text);
      expect(read).toEqual(made);
      expect(printDataflow(read)).toBe(text);
      verifyDataflow(made);
    }),
    { numRuns: 300 },
  );
});

test("a layout", () => {
  fc.assert(
    fc.property(layout, (made) => {
      const text = printLayout(made);
      expect(parseLayout(text).layout).toEqual(made);
      verifyLayout(made);
    }),
    { numRuns: 300 },
  );
});
