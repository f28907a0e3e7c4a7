// Freezing: sorts the ops of every block topologically, keeping their order where it is one already, and numbers
// ops and values densely in print order (main block first, then nested blocks, outermost first).
import { invariant } from "@waferc/base";
import type { Attr } from "./attr.ts";
import type { Block, Graph, GraphOutput, Op, OpId, TensorSource, Value, ValueId } from "./graph.ts";
import { blocksOf, opId, readsOf, valueId } from "./graph.ts";

/** A graph with ids that need not be dense and ops that need not be sorted. */
export interface LooseGraph {
  readonly name: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<ValueId, Value>;
  readonly constants: ReadonlyMap<ValueId, TensorSource>;
  readonly main: Block;
  readonly outputs: readonly GraphOutput[];
}

/** A numbered graph, and what the ids of the loose one became. */
export interface NumberedGraph {
  readonly graph: Graph;
  readonly valueIds: ReadonlyMap<ValueId, ValueId>;
  readonly opIds: ReadonlyMap<Op, OpId>;
}

/**
 * Numbers a graph densely; with `keepOrder` without sorting it.
 * @throws RangeError if ops wait for each other in a circle
 */
export function numberGraph(loose: LooseGraph, options: { readonly keepOrder?: boolean } = {}): NumberedGraph {
  const numbering = new Numbering(loose.values, options.keepOrder ?? false);
  for (const id of loose.main.params) numbering.addValue(id);
  for (const id of loose.constants.keys()) numbering.addValue(id);
  numbering.addOps(loose.main);
  const ops = numbering.rewriteOps(loose.main);
  const graph = Object.freeze({
    name: loose.name,
    opsets: loose.opsets,
    values: numbering.values,
    inputs: loose.main.params.map((id) => numbering.value(id)),
    constants: new Map([...loose.constants].map(([id, source]) => [numbering.value(id), source])),
    ops,
    outputs: loose.outputs.map(({ name, value }) => ({ name, value: numbering.value(value) })),
  });
  return { graph, valueIds: numbering.valueIds, opIds: numbering.opIds };
}

/**
 * Depth first in list order, so that an appended op lands just before its first reader and a list that is sorted
 * already stays as it is. An explicit stack, because chains are longer than the call stack is deep.
 */
export function sortOps(ops: readonly Op[]): Op[] {
  const producers = new Map<ValueId, Op>();
  for (const op of ops) for (const id of op.results) if (id !== undefined) producers.set(id, op);
  const state = new Map<Op, "open" | "done">();
  const sorted: Op[] = [];
  for (const root of ops) {
    const stack = [root];
    while (stack.length > 0) {
      const op = stack[stack.length - 1] as Op;
      if (state.get(op) === undefined) {
        state.set(op, "open");
        pushPending(op, producers, state, stack);
      } else {
        stack.pop();
        if (state.get(op) === "done") continue;
        state.set(op, "done");
        sorted.push(op);
      }
    }
  }
  return sorted;
}

function pushPending(op: Op, producers: Map<ValueId, Op>, state: Map<Op, "open" | "done">, stack: Op[]): void {
  for (const id of readsOf(op).reverse()) {
    const producer = producers.get(id);
    if (producer === undefined) continue;
    if (state.get(producer) === "open") throw new RangeError(describeCycle(stack, producer));
    if (state.get(producer) === undefined) stack.push(producer);
  }
}

function describeCycle(stack: readonly Op[], first: Op): string {
  const names = stack.slice(stack.indexOf(first)).map((op) => `"${op.loc[0] ?? op.kind}"`);
  return `Ops must not wait for each other in a circle: ${names.slice(0, 20).join(", ")}`;
}

class Numbering {
  readonly values: Value[] = [];
  readonly #keepOrder: boolean;
  readonly #loose: ReadonlyMap<ValueId, Value>;
  readonly valueIds = new Map<ValueId, ValueId>();
  readonly opIds = new Map<Op, OpId>();
  readonly #sorted = new Map<Block, readonly Op[]>();

  constructor(loose: ReadonlyMap<ValueId, Value>, keepOrder: boolean) {
    this.#loose = loose;
    this.#keepOrder = keepOrder;
  }

  value(id: ValueId): ValueId {
    const dense = this.valueIds.get(id);
    invariant(dense !== undefined, `%${id} must be an input, a constant, a block parameter or the result of an op`);
    return dense;
  }

  addValue(id: ValueId): void {
    const value = this.#loose.get(id);
    invariant(value !== undefined, `%${id} must be declared`);
    invariant(!this.valueIds.has(id), `%${id} must be defined once`);
    const dense = valueId(this.values.length);
    this.valueIds.set(id, dense);
    this.values.push(Object.freeze({ ...value, id: dense }));
  }

  /** Numbers the ops of a block, then block by block those nested in them. */
  addOps(block: Block): void {
    const ops = this.#keepOrder ? block.ops : sortOps(block.ops);
    this.#sorted.set(block, ops);
    for (const op of ops) {
      this.opIds.set(op, opId(this.opIds.size));
      for (const id of op.results) if (id !== undefined) this.addValue(id);
    }
    for (const op of ops) {
      for (const nested of blocksOf(op)) {
        for (const id of nested.params) this.addValue(id);
        this.addOps(nested);
      }
    }
  }

  rewriteOps(block: Block): readonly Op[] {
    const ops = this.#sorted.get(block);
    invariant(ops !== undefined, "every block must have been numbered");
    return ops.map((op) => this.#rewriteOp(op));
  }

  #rewriteOp(op: Op): Op {
    const id = this.opIds.get(op);
    invariant(id !== undefined, `${op.kind} must have been numbered`);
    const dense = (ids: readonly (ValueId | undefined)[]): (ValueId | undefined)[] =>
      ids.map((one) => (one === undefined ? undefined : this.value(one)));
    return Object.freeze({
      id,
      domain: op.domain,
      kind: op.kind,
      version: op.version,
      attrs: new Map([...op.attrs].map(([name, attr]) => [name, this.#rewriteAttr(attr)])),
      operands: dense(op.operands),
      results: dense(op.results),
      loc: op.loc,
      ...(op.from === undefined ? {} : { from: op.from }),
    });
  }

  #rewriteAttr(attr: Attr): Attr {
    if (attr.type === "block") return { type: "block", value: this.#rewriteBlock(attr.value) };
    if (attr.type === "blocks") return { type: "blocks", value: attr.value.map((one) => this.#rewriteBlock(one)) };
    return attr;
  }

  #rewriteBlock(block: Block): Block {
    return {
      name: block.name,
      params: block.params.map((id) => this.value(id)),
      ops: this.rewriteOps(block),
      results: block.results.map((id) => this.value(id)),
    };
  }
}
