// The graph evaluator: engine "reference". Runs a graph op by op on tensors, in graph order, and lets go of each tensor
// after its last use, so that memory holds what is live and not what was ever made.
import type { Block, Graph, Op, ValueId } from "@waferc/ir/graph";
import { qualifiedKind, readsOf, valueOf } from "@waferc/ir/graph";
import { describeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { evaluateOp } from "./evaluate.ts";
import { OpError } from "./op-error.ts";

export interface EvaluateGraphOptions {
  /** Called with every value of the main block when it is made; inputs and constants are not reported. */
  readonly onValue?: (id: ValueId, tensor: Tensor) => void;
  /** Called after every op of the main block. */
  readonly onOp?: (op: Op, done: number, total: number) => void;
}

/**
 * Outputs of a graph by name.
 * @throws OpError, with the op and its ONNX node in the message, if data breaks an op's rules or an input is missing
 */
export function evaluateGraph(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: EvaluateGraphOptions = {},
): Map<string, Tensor> {
  const scope = new Scope(graph);
  for (const id of graph.inputs) {
    const { name, ...type } = valueOf(graph, id);
    const tensor = inputs.get(name);
    if (tensor === undefined) throw new OpError(`cannot evaluate "${graph.name}": input "${name}" is missing`);
    checkInput(name, type, tensor);
    scope.set(id, tensor);
  }
  const lastUses = findLastUses(graph);
  graph.ops.forEach((op, index) => {
    const results = evaluateInScope(op, scope);
    results.forEach((tensor, i) => {
      const id = op.results[i];
      if (id === undefined || tensor === undefined) return;
      scope.set(id, tensor);
      options.onValue?.(id, tensor);
    });
    for (const id of lastUses.get(op) ?? []) scope.delete(id);
    options.onOp?.(op, index + 1, graph.ops.length);
  });
  return new Map(graph.outputs.map(({ name, value }) => [name, scope.tensor(value)]));
}

/** Tensors of the values that are visible somewhere: those of a block, over those around it. */
class Scope {
  readonly #graph: Graph;
  readonly #outer: Scope | undefined;
  readonly #tensors = new Map<ValueId, Tensor>();

  constructor(graph: Graph, outer?: Scope) {
    this.#graph = graph;
    this.#outer = outer;
  }

  get inner(): Scope {
    return new Scope(this.#graph, this);
  }

  set(id: ValueId, tensor: Tensor): void {
    this.#tensors.set(id, tensor);
  }

  delete(id: ValueId): void {
    this.#tensors.delete(id);
  }

  tensor(id: ValueId): Tensor {
    const found = this.#find(id) ?? this.#graph.constants.get(id)?.read();
    if (found === undefined) throw new OpError(`cannot find the data of %${id} in graph "${this.#graph.name}"`);
    if (this.#graph.constants.has(id)) this.set(id, found);
    return found;
  }

  #find(id: ValueId): Tensor | undefined {
    const own = this.#tensors.get(id);
    if (own !== undefined || this.#outer === undefined) return own;
    return this.#outer.#find(id);
  }
}

function evaluateInScope(op: Op, scope: Scope): readonly (Tensor | undefined)[] {
  const operands = op.operands.map((id) => (id === undefined ? undefined : scope.tensor(id)));
  try {
    return evaluateOp(op, operands, (block, args) => runBlock(block, args, scope.inner));
  } catch (error) {
    if (!(error instanceof OpError) || error.isPlaced) throw error;
    const operandTypes = operands.map((tensor) => (tensor === undefined ? "_" : describeTensor(tensor))).join(", ");
    throw error.placed(`${qualifiedKind(op)} (node "${op.loc[0] ?? `op ${op.id}`}", operands ${operandTypes})`);
  }
}

function runBlock(block: Block, args: readonly Tensor[], scope: Scope): Tensor[] {
  block.params.forEach((id, i) => {
    const arg = args[i];
    if (arg !== undefined) scope.set(id, arg);
  });
  for (const op of block.ops) {
    evaluateInScope(op, scope).forEach((tensor, i) => {
      const id = op.results[i];
      if (id !== undefined && tensor !== undefined) scope.set(id, tensor);
    });
  }
  return block.results.map((id) => scope.tensor(id));
}

/** Values that nobody needs after an op of the main block: those it reads last, and results that nobody reads. */
function findLastUses(graph: Graph): Map<Op, ValueId[]> {
  const lastUses = new Map<Op, ValueId[]>();
  const seen = new Set<ValueId>(graph.outputs.map(({ value }) => value));
  for (const op of graph.ops.toReversed()) {
    const last: ValueId[] = [];
    for (const id of [...op.results, ...readsOf(op)]) {
      if (id === undefined || seen.has(id)) continue;
      seen.add(id);
      last.push(id);
    }
    lastUses.set(op, last);
  }
  return lastUses;
}

function checkInput(
  name: string,
  type: { readonly dtype?: unknown; readonly shape?: readonly unknown[] | undefined },
  tensor: Tensor,
): void {
  const isDTypeRight = type.dtype === undefined || type.dtype === tensor.dtype;
  const isShapeRight =
    type.shape === undefined ||
    (type.shape.length === tensor.shape.length &&
      type.shape.every((dim, axis) => typeof dim === "string" || dim === tensor.shape[axis]));
  if (isDTypeRight && isShapeRight) return;
  const wanted = `${String(type.dtype)}[${type.shape?.join(",") ?? "*"}]`;
  throw new OpError(`cannot feed ${describeTensor(tensor)} to input "${name}", which is ${wanted}`);
}
