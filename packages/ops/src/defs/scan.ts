// Scan: runs its body for every position along an axis of its scanned operands. The body takes the states and a slice of
// each scanned operand; it gives the next states and slices, which are stacked. Directions are 0 forward, 1 backward; a
// backward result is stacked in reverse. Version 8 has a batch axis before the scanned one in all operands and results,
// and lengths for each batch as an optional first operand: results beyond a length are zero there.
import type { Dim, ValueType } from "@waferc/ir/graph";
import { UNKNOWN_DIM } from "@waferc/ir/graph";
import { zeros } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { ints, requiredBlock, requiredInt } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { bareType, commonType, expectTensor } from "../data.ts";
import type { Data } from "../data.ts";
import { insertLength, joinTensors, pickTensor, sliceTensor, stackOrEmpty, stackTensors } from "../math/stack.ts";
import { defineOp } from "../op-definition.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { mergeDims, normalAxis } from "../shapes.ts";

const ATTRS = {
  body: requiredBlock,
  num_scan_inputs: requiredInt,
  directions: ints(),
  scan_input_axes: ints(),
  scan_input_directions: ints(),
  scan_output_axes: ints(),
  scan_output_directions: ints(),
};

type Context = EvaluateContext<typeof ATTRS>;

/** Numbers of states, scanned operands and stacked results; `first` is the operand that is the first state. */
interface Layout {
  readonly states: number;
  readonly scanned: number;
  readonly stacked: number;
  readonly first: number;
}

function layoutOf(
  { body, num_scan_inputs: scanned }: AttrValues<typeof ATTRS>,
  version: number,
  count: number,
): Layout {
  const first = version < 9 ? 1 : 0;
  const states = count - first - scanned;
  require(states >= 0 && scanned >= 1, () => `needs ${scanned} scanned operands, but has ${count - first} operands`);
  require(body.params.length === states + scanned, () =>
    `needs a body with ${states + scanned} parameters, but it has ${body.params.length}`);
  const stacked = body.results.length - states;
  require(stacked >= 0, () => `needs a body with ${states} results or more, but it has ${body.results.length}`);
  return { states, scanned, stacked, first };
}

function inferScan({ attrs, version, operands, operand, blockResults }: InferContext<typeof ATTRS>): ValueType[] {
  const { states, scanned, first } = layoutOf(attrs, version, operands.length);
  const batched = version < 9 ? 1 : 0;
  const lengths = Array.from({ length: scanned }, (_, i): Dim => {
    const shape = operand(first + states + i).shape;
    if (shape === undefined) return UNKNOWN_DIM;
    return shape[batched + normalAxis(attrs.scan_input_axes?.[i] ?? 0, shape.length - batched)] ?? UNKNOWN_DIM;
  });
  const length = lengths.reduce((a, b) => mergeDims(a, b, "lengths of the scanned operands"));
  const batch = operand(first).shape?.[0] ?? UNKNOWN_DIM;
  return blockResults(attrs.body).map((after, i) => {
    const { dtype, shape } = bareType(after);
    if (shape === undefined) return { dtype };
    const own = i < states ? shape : insertLength(shape, attrs.scan_output_axes?.[i - states] ?? 0, length);
    const type = { dtype, shape: batched === 1 ? [batch, ...own] : own };
    return i < states ? commonType([operand(first + i), type]) : type;
  });
}

/** Runs the body along the scanned operands, whose axes count in them. Slices are in the order of the results. */
function runScan(
  { attrs, run }: Context,
  { states, stacked }: Layout,
  start: readonly Data[],
  scanned: readonly { readonly tensor: Tensor; readonly axis: number; readonly isBackward: boolean }[],
  length: number,
): { values: readonly Data[]; slices: readonly Tensor[][] } {
  const slices = Array.from({ length: stacked }, (): Tensor[] => []);
  let values = start;
  for (let step = 0; step < length; step++) {
    const items = scanned.map(({ tensor, axis, isBackward }) =>
      pickTensor(tensor, axis, isBackward ? length - 1 - step : step),
    );
    const results = run(attrs.body, [...values, ...items]);
    values = results.slice(0, states);
    slices.forEach((list, i) =>
      list.push(expectTensor(results[states + i]!, `what the body gives for scan output ${i}`)),
    );
  }
  attrs.scan_output_directions?.forEach((direction, i) => {
    if (direction === 1) slices[i]?.reverse();
  });
  return { values, slices };
}

function evaluateScan(ctx: Context): Data[] {
  const { attrs, operands, operand, data, blockResults } = ctx;
  const layout = layoutOf(attrs, ctx.version, operands.length);
  const { states, scanned } = layout;
  const inputs = Array.from({ length: scanned }, (_, i) => {
    const tensor = operand(states + i);
    const axis = normalAxis(attrs.scan_input_axes?.[i] ?? 0, tensor.shape.length, "scan_input_axes");
    return { tensor, axis, isBackward: attrs.scan_input_directions?.[i] === 1 };
  });
  const length = commonLength(inputs.map(({ tensor, axis }) => tensor.shape[axis]!));
  const start = Array.from({ length: states }, (_, i) => data(i));
  const { values, slices } = runScan(ctx, layout, start, inputs, length);
  const types = blockResults(attrs.body).slice(states);
  return [...values, ...slices.map((list, i) => stackOrEmpty(list, attrs.scan_output_axes?.[i] ?? 0, types[i]))];
}

/** Version 8: one scan for each batch. */
function evaluateBatched(ctx: Context): Data[] {
  const { attrs, operands, operand, has, ints: integers, blockResults } = ctx;
  const layout = layoutOf(attrs, ctx.version, operands.length);
  const tensors = Array.from({ length: layout.states + layout.scanned }, (_, i) => operand(layout.first + i));
  const batches = commonLength(tensors.map(({ shape }) => shape[0] ?? 0));
  const longest = commonLength(tensors.slice(layout.states).map(({ shape }) => shape[1] ?? 0));
  const lengths = has(0) ? integers(0) : Array<number>(batches).fill(longest);
  require(batches > 0 && lengths.length === batches, () => `needs a length for each of ${batches} batches`);
  const types = blockResults(attrs.body).slice(layout.states);
  const runs = lengths.map((length, batch) => {
    require(length >= 0 && length <= longest, () => `needs lengths in 0 .. ${longest}, but found ${length}`);
    const own = tensors.map((tensor) => pickTensor(tensor, 0, batch));
    const inputs = own.slice(layout.states).map((tensor, i) => {
      return { tensor: sliceTensor(tensor, 0, 0, length), axis: 0, isBackward: attrs.directions?.[i] === 1 };
    });
    const { values, slices } = runScan(ctx, layout, own.slice(0, layout.states), inputs, length);
    const stacks = slices.map((list, i) => padFirst(stackOrEmpty(list, 0, types[i]), longest));
    return [...values.map((value, i) => expectTensor(value, `state ${i}`)), ...stacks];
  });
  return Array.from({ length: layout.states + layout.stacked }, (_, i) =>
    stackTensors(
      runs.map((results) => results[i]!),
      0,
    ),
  );
}

/** Zeros behind the first axis, up to a length. */
function padFirst(tensor: Tensor, length: number): Tensor {
  const missing = length - tensor.shape[0]!;
  return missing === 0 ? tensor : joinTensors([tensor, zeros(tensor.dtype, tensor.shape.with(0, missing))], 0);
}

function commonLength(lengths: readonly number[]): number {
  const [first = 0] = lengths;
  require(lengths.every((length) => length === first), () => `needs equal lengths, but found ${lengths.join(", ")}`);
  return first;
}

export const scanOp = defineOp({
  kind: "Scan",
  versions: [8, 9, 11, 16, 19, 21, 23, 24, 25],
  traits: ["control"],
  attrs: ATTRS,
  operands: [1, Infinity],
  results: [1, Infinity],
  infer: inferScan,
  evaluate: (ctx) => (ctx.version < 9 ? evaluateBatched(ctx) : evaluateScan(ctx)),
});
