// Types inside the blocks of control-flow ops, and what they say of the op's results. Parameters take the types of the operands
// that start them; where a body hands a carried value on with another shape, the lengths that differ are unknown, and the body
// is inferred a second time with that. Results of If are what both branches agree on.
// Leaves out how often a body runs: scan outputs of Loop have an unknown length.
import {
  UNKNOWN_DIM,
  allOps,
  blocksOf,
  intAttr,
  intsAttr,
  qualifiedKind,
  type Block,
  type Dim,
  type Op,
  type Shape,
  type ValueId,
  type ValueType,
} from "@waferc/ir/graph";
import type { Propagation } from "./type-propagation.ts";

/** Infers the ops of a block, whose parameters have their types already. */
export type VisitBlock = (block: Block) => void;

/** Types the blocks of an op and then, from them, its results. Ops without blocks are none of its business. */
export function propagateBlocks(run: Propagation, op: Op, visit: VisitBlock): void {
  const blocks = blocksOf(op);
  const [body] = blocks;
  if (body === undefined) return;
  switch (qualifiedKind(op)) {
    case "If":
      blocks.forEach(visit);
      refineResults(run, op, joinTypes(blocks.map((block) => typesOf(run, block.results))));
      return;
    case "Loop":
      refineResults(run, op, loopTypes(run, op, body, visit));
      return;
    case "Scan":
      if (op.version >= 9) refineResults(run, op, scanTypes(run, op, body, visit));
      else blocks.forEach(visit);
      return;
    default:
      blocks.forEach(visit);
  }
}

/** Body: iteration, condition, carried values in; condition, carried values, scan outputs out. */
function loopTypes(run: Propagation, op: Op, body: Block, visit: VisitBlock): readonly ValueType[] {
  const carried = body.params.length - 2;
  const starts = typesOf(run, op.operands.slice(2, 2 + carried));
  const counters: ValueType[] = [
    { dtype: "i64", shape: [] },
    { dtype: "bool", shape: [] },
  ];
  const states = settle(run, body, visit, { before: counters, starts, after: [], firstResult: 1 });
  const slices = typesOf(run, body.results.slice(1 + carried));
  return [...states, ...slices.map((slice) => insertDim(slice, 0, UNKNOWN_DIM))];
}

/** Body: states and slices in, states and slices out. */
function scanTypes(run: Propagation, op: Op, body: Block, visit: VisitBlock): readonly ValueType[] {
  const scanned = intAttr(op, "num_scan_inputs", 0);
  const stateCount = op.operands.length - scanned;
  const axes = intsAttr(op, "scan_input_axes") ?? [];
  const inputs = typesOf(run, op.operands.slice(stateCount));
  const starts = typesOf(run, op.operands.slice(0, stateCount));
  const after = inputs.map((type, i) => removeDim(type, axes[i] ?? 0));
  const states = settle(run, body, visit, { before: [], starts, after, firstResult: 0 });
  const length = inputs[0]?.shape?.at(axes[0] ?? 0) ?? UNKNOWN_DIM;
  const outputAxes = intsAttr(op, "scan_output_axes") ?? [];
  const slices = typesOf(run, body.results.slice(stateCount));
  return [...states, ...slices.map((slice, i) => insertDim(slice, outputAxes[i] ?? 0, length))];
}

interface BodyTypes {
  /** Types of the parameters before, among and after the carried ones. */
  readonly before: readonly ValueType[];
  readonly starts: readonly ValueType[];
  readonly after: readonly ValueType[];
  /** Index of the body's first carried result. */
  readonly firstResult: number;
}

/** Types of the carried values that hold before and after every iteration. */
function settle(run: Propagation, body: Block, visit: VisitBlock, types: BodyTypes): readonly ValueType[] {
  const declared = [...allOps(body.ops)].flatMap((op) => op.results.filter((id) => id !== undefined));
  const before = new Map(declared.map((id) => [id, { ...run.graph.value(id) }] as const));
  const inferWith = (states: readonly ValueType[]): readonly ValueType[] => {
    [...types.before, ...states, ...types.after].forEach((type, i) => {
      const param = body.params[i];
      if (param !== undefined) run.graph.setType(param, refine(run.graph.value(param), type));
    });
    visit(body);
    return joinTypes([states, typesOf(run, body.results.slice(types.firstResult, types.firstResult + states.length))]);
  };
  const joined = inferWith(types.starts);
  if (joined.every((type, i) => isSameType(type, types.starts[i]))) return joined;
  for (const [id, type] of before) {
    run.graph.setType(id, type);
    run.known.delete(id);
  }
  body.params.forEach((param) => run.graph.setType(param, { dtype: run.graph.value(param).dtype }));
  return inferWith(joined);
}

function typesOf(run: Propagation, ids: readonly (ValueId | undefined)[]): ValueType[] {
  return ids.map((id) => (id === undefined ? {} : run.graph.value(id)));
}

/** What all of the lists agree on, place by place. */
function joinTypes(lists: readonly (readonly ValueType[])[]): ValueType[] {
  const [first = [], ...others] = lists;
  return first.map((type, i) => others.reduce((joined, list) => joinType(joined, list[i] ?? {}), type));
}

function joinType(a: ValueType, b: ValueType): ValueType {
  const dtype = a.dtype === b.dtype ? a.dtype : undefined;
  const wrappers = a.wrappers ?? b.wrappers;
  const other = b.shape;
  if (a.shape === undefined || other === undefined || a.shape.length !== other.length) return { dtype, wrappers };
  const shape = a.shape.map((dim, axis) => (dim === other[axis] ? dim : UNKNOWN_DIM));
  return { dtype, shape, wrappers };
}

function isSameType(a: ValueType, b: ValueType | undefined): boolean {
  const [one, other] = [a.shape, b?.shape];
  if (a.dtype !== b?.dtype || one?.length !== other?.length) return false;
  return one === undefined || one.every((dim, axis) => dim === other?.[axis]);
}

/** Results keep what was known of them where the blocks do not say more. */
function refineResults(run: Propagation, op: Op, types: readonly ValueType[]): void {
  op.results.forEach((id, i) => {
    const type = types[i];
    if (id !== undefined && type !== undefined) run.graph.setType(id, refine(run.graph.value(id), type));
  });
}

function refine(old: ValueType, found: ValueType): ValueType {
  const dtype = found.dtype ?? old.dtype;
  const wrappers = found.wrappers ?? old.wrappers;
  const { shape } = found;
  if (shape === undefined || old.shape?.length !== shape.length) return { dtype, shape: shape ?? old.shape, wrappers };
  const known = old.shape;
  const better = (dim: Dim, axis: number): Dim => (dim === UNKNOWN_DIM ? (known[axis] ?? dim) : dim);
  return { dtype, shape: shape.map(better), wrappers };
}

function insertDim({ dtype, shape }: ValueType, axis: number, dim: Dim): ValueType {
  if (shape === undefined) return { dtype };
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return { dtype, shape: [...shape.slice(0, at), dim, ...shape.slice(at)] };
}

function removeDim({ dtype, shape }: ValueType, axis: number): ValueType {
  if (shape === undefined) return { dtype };
  const at = axis < 0 ? axis + shape.length : axis;
  const rest: Shape = shape.filter((_, i) => i !== at);
  return { dtype, shape: rest };
}
