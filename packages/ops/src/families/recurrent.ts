// RNN, GRU and LSTM: one layer of a recurrent network along sequences, forward, reverse or both. Operands are X, W, R, B, lengths of the sequences, initial
// hidden state and, for LSTM, initial cell state and peephole weights P; results are all hidden states, the last one and, for LSTM, the last cell
// state. Layout 1 (from version 14 on) puts the batch first. Steps beyond a sequence's length give zeros, and a reverse walk begins at its last step.
// A sequence of length 0 keeps its initial state. `clip` bounds what goes into activations. `output_sequence` of version 1 is ignored: the op's
// list of results says what is asked for.
import type { Dim, ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float, floats, int, strings, word } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { makeActivations } from "../math/recurrent-activations.ts";
import type { Activation } from "../math/recurrent-activations.ts";
import { runSequence } from "../math/recurrent.ts";
import type { RecurrentCell, RecurrentState, RecurrentWeights } from "../math/recurrent.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, CostContext, EvaluateContext, InferContext } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";
import { mergeDims, printShape } from "../shapes.ts";

const ATTRS = {
  activation_alpha: floats(),
  activation_beta: floats(),
  activations: strings(),
  clip: float(),
  direction: word("forward", "reverse", "bidirectional"),
  hidden_size: int(),
  input_forget: flag(false),
  layout: int(0),
  linear_before_reset: flag(false),
};
type Attrs = typeof ATTRS;

/** Makes the cell of one direction. */
export type MakeCell = (
  activations: readonly Activation[],
  flags: { readonly clip: (x: number) => number; readonly inputForget: boolean; readonly linearBeforeReset: boolean },
) => RecurrentCell;

export interface RecurrentDescription {
  readonly kind: string;
  readonly versions: readonly [number, ...number[]];
  readonly gates: number;
  readonly hasCellState: boolean;
  /** Default activations of one direction. */
  readonly activations: readonly string[];
  readonly cell: MakeCell;
}

export function defineRecurrent(op: RecurrentDescription): AnyOpDefinition {
  return defineOp({
    kind: op.kind,
    versions: op.versions,
    traits: ["contraction"],
    attrs: ATTRS,
    operands: [3, op.hasCellState ? 8 : 6],
    results: [0, op.hasCellState ? 3 : 2],
    infer: (ctx) => inferRecurrent(ctx, op),
    evaluate: (ctx) => evaluateRecurrent(ctx, op),
    macs: countMacs,
  });
}

interface RecurrentDims {
  readonly seq: Dim;
  readonly batch: Dim;
  readonly directions: number;
  readonly hidden: Dim;
}

function directionsOf(attrs: Pick<AttrValues<Attrs>, "direction">): number {
  return attrs.direction === "bidirectional" ? 2 : 1;
}

function inferRecurrent(ctx: InferContext<Attrs>, { gates, hasCellState }: RecurrentDescription): ValueType[] {
  const { attrs } = ctx;
  const { dtype } = ctx.operand(0);
  const [x, w, r] = [ctx.shape(0), ctx.shape(1), ctx.shape(2)];
  const directions = directionsOf(attrs);
  [x, w, r].forEach((shape, i) =>
    require(shape === undefined || shape.length === 3, () =>
      `needs operand ${i} of rank 3, but found ${printShape(shape!)}`),
  );
  [w, r].forEach((shape) => {
    if (shape !== undefined) mergeDims(shape[0]!, directions, "numbers of directions");
  });
  if (x !== undefined && w !== undefined) mergeDims(x[2]!, w[2]!, "widths of X and W");
  const hidden = r?.[2] ?? attrs.hidden_size ?? "?";
  if (attrs.hidden_size !== undefined) mergeDims(hidden, attrs.hidden_size, "hidden sizes");
  if (typeof hidden === "number")
    [w, r].forEach((shape) => {
      if (shape !== undefined) mergeDims(shape[1]!, gates * hidden, "rows of the weights and gates times hidden size");
    });
  if (x === undefined) return [{ dtype }, { dtype }, { dtype }];
  const [seq, batch] = attrs.layout === 0 ? [x[0]!, x[1]!] : [x[1]!, x[0]!];
  const { all, last } = resultShapes({ seq, batch, directions, hidden }, attrs.layout);
  return [{ dtype, shape: all }, { dtype, shape: last }, ...(hasCellState ? [{ dtype, shape: last }] : [])];
}

function resultShapes(dims: RecurrentDims, layout: number): { readonly all: Dim[]; readonly last: Dim[] } {
  const { seq, batch, directions, hidden } = dims;
  if (layout === 0) return { all: [seq, directions, batch, hidden], last: [directions, batch, hidden] };
  return { all: [batch, seq, directions, hidden], last: [batch, directions, hidden] };
}

interface Extents {
  readonly seq: number;
  readonly batch: number;
  readonly width: number;
  readonly directions: number;
  readonly hidden: number;
}

function evaluateRecurrent(ctx: EvaluateContext<Attrs>, op: RecurrentDescription): (Tensor | undefined)[] {
  const { attrs, operand } = ctx;
  const [x, r] = [operand(0), operand(2)];
  const dtype = floatDType(x.dtype);
  const isBatchFirst = attrs.layout !== 0;
  const [first = 0, second = 0, width = 0] = x.shape;
  const [seq, batch] = isBatchFirst ? [second, first] : [first, second];
  const extents: Extents = { seq, batch, width, directions: directionsOf(attrs), hidden: r.shape[2]! };
  const { directions, hidden } = extents;
  const lengths = ctx.has(4) ? ctx.ints(4) : new Array<number>(batch).fill(seq);
  require(lengths.length === batch && lengths.every((length) => length >= 0 && length <= seq), () =>
    `needs ${batch} sequence lengths of 0 to ${seq}, but found ${printShape(lengths)}`);
  const y = newFloats(dtype, seq * directions * batch * hidden);
  const [lastH, lastC] = [0, 1].map(() => newFloats(dtype, directions * batch * hidden)) as [Floats, Floats];
  const [initialH, initialC] = [initialState(ctx, 5, extents), initialState(ctx, op.hasCellState ? 6 : 8, extents)];
  const from = floatsOf(x);
  for (let direction = 0; direction < directions; direction++) {
    const cell = cellOf(op, attrs, direction);
    const weights = weightsOf(ctx, op, direction, extents);
    const isReversed = attrs.direction === "reverse" || direction === 1;
    for (let item = 0; item < batch; item++) {
      const at = (isBatchFirst ? item * directions + direction : direction * batch + item) * hidden;
      const state: RecurrentState = { h: rowOf(initialH, at, hidden), c: rowOf(initialC, at, hidden) };
      const xSteps = isBatchFirst
        ? { start: item * seq * width, stride: width }
        : { start: item * width, stride: batch * width };
      const ySteps = isBatchFirst
        ? { start: (item * seq * directions + direction) * hidden, stride: directions * hidden }
        : { start: (direction * batch + item) * hidden, stride: directions * batch * hidden };
      const steps = { length: lengths[item]!, isReversed };
      runSequence(cell, weights, state, { data: from, width, steps: xSteps }, { data: y, steps: ySteps }, steps);
      lastH.set(state.h, at);
      lastC.set(state.c, at);
    }
  }
  const { all, last } = resultShapes(extents, attrs.layout) as { all: number[]; last: number[] };
  return [finishFloats(dtype, all, y), finishFloats(dtype, last, lastH), finishFloats(dtype, last, lastC)];
}

function rowOf(states: Floats | undefined, at: number, hidden: number): Float64Array {
  return states === undefined ? new Float64Array(hidden) : Float64Array.from(states.subarray(at, at + hidden));
}

function initialState(ctx: EvaluateContext<Attrs>, index: number, extents: Extents): Floats | undefined {
  if (!ctx.has(index)) return undefined;
  const { directions, batch, hidden } = extents;
  return sized(ctx, index, directions * batch * hidden);
}

/** The operand's elements, of which there must be `count`. */
function sized(ctx: EvaluateContext<Attrs>, index: number, count: number): Floats {
  const tensor = ctx.operand(index);
  if (elementCount(tensor.shape) !== count)
    throw new OpError(`needs ${count} elements in operand ${index}, but found ${printShape(tensor.shape)}`);
  return floatsOf(tensor);
}

function weightsOf(
  ctx: EvaluateContext<Attrs>,
  { gates, hasCellState }: RecurrentDescription,
  direction: number,
  { width, hidden, directions }: Extents,
): RecurrentWeights {
  const rows = gates * hidden;
  const part = (index: number, count: number, offset = 0, length = count): Floats => {
    const start = direction * count + offset;
    return sized(ctx, index, directions * count).subarray(start, start + length);
  };
  return {
    hidden,
    input: part(1, rows * width),
    state: part(2, rows * hidden),
    inputBias: ctx.has(3) ? part(3, 2 * rows, 0, rows) : undefined,
    stateBias: ctx.has(3) ? part(3, 2 * rows, rows, rows) : undefined,
    peepholes: hasCellState && ctx.has(7) ? part(7, 3 * hidden) : undefined,
  };
}

function cellOf(op: RecurrentDescription, attrs: AttrValues<Attrs>, direction: number): RecurrentCell {
  const perDirection = op.activations.length;
  const directions = directionsOf(attrs);
  const names = attrs.activations ?? Array.from({ length: directions }, () => op.activations).flat();
  require(names.length === perDirection * directions, () =>
    `needs ${perDirection * directions} activations, but found ${names.length}`);
  const made = makeActivations(names, attrs.activation_alpha ?? [], attrs.activation_beta ?? []);
  const bound = attrs.clip ?? Infinity;
  const clip = bound > 0 ? (x: number): number => Math.min(bound, Math.max(-bound, x)) : (x: number): number => x;
  const own = made.slice(direction * perDirection, (direction + 1) * perDirection);
  return op.cell(own, { clip, inputForget: attrs.input_forget, linearBeforeReset: attrs.linear_before_reset });
}

function countMacs({ operands }: CostContext<Attrs>): number {
  const [x, w, r] = operands;
  const steps = (x?.shape[0] ?? 0) * (x?.shape[1] ?? 0);
  return steps * (elementCount(w?.shape ?? [0]) + elementCount(r?.shape ?? [0]));
}
