// The state of `resolve-control-flow` on its way through a graph: what is known of values, which sequences have known elements,
// and how new ops come in. Ops are resolved in topological order, those of an inlined block as soon as they are copied,
// so that whatever an op reads has its type, its data (if they follow) and its final id when the op's turn comes.
import { invariant } from "@waferc/base";
import type { Attrs, Block, Op, ValueId } from "@waferc/ir/graph";
import { sourceOf } from "@waferc/ir/graph";
import { tensorOf, toFloat64, type Tensor } from "@waferc/numerics";
import { opTable } from "@waferc/ops";
import type { PassStats } from "../pass.ts";
import { cloneBlock } from "./clone-block.ts";
import type { Propagation } from "./type-propagation.ts";

/** Ops that all loops together may become. */
const UNROLLED_OPS = 5_000;

/** Where new ops go, and for which op they stand. */
export interface Site {
  /** Undefined is the main block. */
  readonly home: Block | undefined;
  readonly op: Op;
}

export type ResolveOp = (flow: ControlFlow, op: Op, home: Block | undefined) => void;

export class ControlFlow {
  readonly run: Propagation;
  readonly stats: PassStats;
  /** Elements of the sequences whose construction is known. */
  readonly sequences = new Map<ValueId, readonly ValueId[]>();
  /** Ops that unrolling may still add. */
  budget = UNROLLED_OPS;
  readonly #resolve: ResolveOp;
  readonly #renamed = new Map<ValueId, ValueId>();

  constructor(run: Propagation, stats: PassStats, resolve: ResolveOp) {
    this.run = run;
    this.stats = stats;
    this.#resolve = resolve;
  }

  /** Results of a copy of the block's ops, resolved in turn. */
  inline(block: Block, args: readonly ValueId[], home: Block | undefined): ValueId[] {
    const copy = cloneBlock(this.run.graph, block, args, home);
    this.budget -= copy.ops.length;
    for (const op of copy.ops) this.#resolve(this, op, home);
    return copy.results.map((id) => this.#current(id));
  }

  /** Adds an op of the default domain in its newest version. */
  emit(kind: string, operands: readonly ValueId[], attrs: Attrs, site: Site, resultCount = 1): ValueId[] {
    const version = opTable.get(kind)?.versions.at(-1);
    invariant(version !== undefined, `${kind} must be in the op table`);
    const { graph } = this.run;
    graph.opsets.set("", Math.max(graph.opsets.get("") ?? 1, version));
    const results = Array.from({ length: resultCount }, () => ({}));
    const { home: block, op } = site;
    const made = graph.addOp({ kind, version, attrs, operands, results, loc: op.loc, from: op.from, block });
    this.#resolve(this, made, block);
    return made.results.map((id) => this.#current(id as ValueId));
  }

  constant(tensor: Tensor): ValueId {
    const id = this.run.graph.addConstant("known", sourceOf(tensor));
    this.run.known.set(id, tensor);
    return id;
  }

  integers(values: readonly number[]): ValueId {
    return this.constant(tensorOf("i64", [values.length], values));
  }

  integer(value: number): ValueId {
    return this.constant(tensorOf("i64", [], [value]));
  }

  replace(from: ValueId, to: ValueId): void {
    this.run.graph.replaceUses(from, to);
    this.#renamed.set(from, to);
  }

  /** The elements of a tensor of numbers, if they are known. */
  numbers(id: ValueId | undefined): readonly number[] | undefined {
    const tensor = id === undefined ? undefined : this.run.known.get(id);
    return tensor === undefined || tensor.dtype === "string" ? undefined : [...toFloat64(tensor)];
  }

  /** The element of a tensor with one number, if it is known. */
  number(id: ValueId | undefined): number | undefined {
    const numbers = this.numbers(id);
    return numbers?.length === 1 ? numbers[0] : undefined;
  }

  #current(id: ValueId): ValueId {
    let now = id;
    for (let next = this.#renamed.get(now); next !== undefined; next = this.#renamed.get(now)) now = next;
    return now;
  }
}
