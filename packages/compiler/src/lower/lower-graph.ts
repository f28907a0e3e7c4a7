/**
 * One graph into kernels for given groups: a flat schedule, not yet folded. Each group first takes in what it needs from the host and from
 * earlier groups, in one order for all groups, so that no two wait for each other; then its ops run; outputs leave at the end. An input that
 * is an output passes.
 */
import { invariant } from "@waferc/base";
import type { Group, GroupId } from "@waferc/ir/dataflow";
import type { Graph, Op, ValueId } from "@waferc/ir/graph";
import { isStaticShape, tensorTypeOf, valueOf } from "@waferc/ir/graph";
import { DataflowBuilder } from "./dataflow-builder.ts";
import { LoweringContext, tensorOperand } from "./lowering-context.ts";
import { OpFacts } from "./op-facts.ts";
import { ruleFor } from "./rule-table.ts";
import { scheduleOps } from "./schedule-ops.ts";
import type { WeightStore } from "./weight-store.ts";

export interface LowerGraphOptions {
  readonly groups: readonly Group[];
  /** Group of each op of the schedule; ascending along it. */
  groupOf(index: number): GroupId;
}

/** A flat schedule, with the scheduled op that each kernel was made for; -1 for flows. */
export interface FlatDataflow {
  readonly builder: DataflowBuilder;
  readonly ops: readonly Op[];
  readonly opOf: readonly number[];
}

export function lowerGraph(graph: Graph, store: WeightStore, options: LowerGraphOptions): FlatDataflow {
  const builder = new DataflowBuilder(options.groups);
  const ctx = new LoweringContext(graph, builder, store);
  const ops = scheduleOps(graph);
  const opOf: number[] = [];
  const note = (index: number) => {
    while (opOf.length < builder.kernels.length) opOf.push(index);
  };
  for (const group of options.groups.keys()) {
    builder.group = group;
    const own = [...ops.entries()].filter(([index]) => options.groupOf(index) === group);
    builder.loc = [];
    takeIn(
      ctx,
      own.map(([, op]) => op),
    );
    note(-1);
    for (const [index, op] of own) {
      builder.loc = op.loc;
      lowerOp(ctx, op);
      note(index);
    }
  }
  sendOut(ctx);
  note(-1);
  return { builder, ops, opOf };
}

/** Values that the ops read and do not make: inputs of the graph, and what earlier groups have made. */
function takeIn(ctx: LoweringContext, ops: readonly Op[]): void {
  const own = new Set(ops.flatMap((op) => op.results));
  const reads = new Set(ops.flatMap((op) => op.operands).filter((id) => id !== undefined && !own.has(id)));
  const inputs = new Set<ValueId | undefined>(ctx.graph.inputs);
  for (const id of reads) {
    if (id === undefined) continue;
    if (inputs.has(id) && ctx.find(id)?.kind !== "constant") takeInput(ctx, id);
    else {
      const value = ctx.value(id);
      if (value.kind === "mesh") ctx.bring(value.base);
    }
  }
}

/** An input enters in the first group that reads it, and goes on from there. */
function takeInput(ctx: LoweringContext, id: ValueId): void {
  const known = ctx.find(id);
  if (known?.kind === "mesh") return void ctx.bring(known.base);
  const { builder, graph } = ctx;
  const { name } = valueOf(graph, id);
  const { shape } = tensorTypeOf(graph, id);
  invariant(isStaticShape(shape), `input "${name}" has a static shape`);
  const to = { kind: "group", group: builder.group } as const;
  const flow = builder.hostFlow({ name, from: { kind: "host", tensor: name }, to, shape }, ctx.hostNames);
  const tensor = builder.emit({ template: "io.ingress", operands: [], flow }, { name, shape });
  ctx.define(id, ctx.whole(tensor));
}

function lowerOp(ctx: LoweringContext, op: Op): void {
  const operands = op.operands.filter((id) => id !== undefined);
  if (operands.every((id) => ctx.value(id).kind === "constant")) return ctx.defineConstants(op);
  const rule = ruleFor(op);
  invariant(rule !== undefined, `${op.kind} has a lowering rule`);
  rule.lower(ctx, new OpFacts(op, ctx.graph));
}

function sendOut(ctx: LoweringContext): void {
  const { builder, graph } = ctx;
  for (const { name, value: id } of graph.outputs) {
    if (ctx.find(id) === undefined) takeInput(ctx, id);
    const value = ctx.value(id);
    invariant(value.kind === "mesh", `output "${name}" is made on the mesh`);
    builder.group = builder.tensor(value.base).group;
    builder.loc = [];
    const tensor = ctx.materialize(value);
    const from = { kind: "group", group: builder.group } as const;
    const to = { kind: "host", tensor: name } as const;
    const flow = builder.hostFlow({ name, from, to, shape: value.view.shape }, ctx.hostNames);
    builder.emitSink({ template: "io.egress", operands: [tensorOperand(tensor)], flow });
  }
}
