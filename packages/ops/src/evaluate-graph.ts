// The graph evaluator: engine "reference". Runs a graph op by op on tensors, in graph order, and lets go of each tensor
// after its last use, so that memory holds what is live and not what was ever made.
import type { Block, Graph, Op, ValueId, ValueType } from "@waferc/ir/graph";
import { printType, qualifiedKind, readsOf, valueOf } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { describeData, isDataOf, isTensor } from "./data.ts";
import type { Data } from "./data.ts";
import { evaluateOpData } from "./evaluate.ts";
import { OpError } from "./op-error.ts";

export interface EvaluateGraphOptions {
  /** Called with every tensor of the main block when it is made; inputs and constants are not reported. */
  readonly onValue?: (id: ValueId, tensor: Tensor) => void;
  /** Called after every op of the main block. */
  readonly onOp?: (op: Op, done: number, total: number) => void;
}

/**
 * Outputs of a graph by name, all of them tensors.
 * @throws OpError, with the op and its ONNX node in the message, if data breaks an op's rules, an input is missing, or an
 * output is no tensor
 */
export function evaluateGraph(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: EvaluateGraphOptions = {},
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, data] of evaluateGraphData(graph, inputs, options)) {
    if (!isTensor(data)) {
      throw new OpError(`cannot give output "${name}" of "${graph.name}" as a tensor: it is ${describeData(data)}`);
    }
    tensors.set(name, data);
  }
  return tensors;
}

/**
 * Outputs of a graph by name, sequences and optionals among them.
 * @throws OpError, with the op and its ONNX node in the message, if data breaks an op's rules or an input is missing
 */
export function evaluateGraphData(
  graph: Graph,
  inputs: ReadonlyMap<string, Data>,
  options: EvaluateGraphOptions = {},
): Map<string, Data> {
  const scope = new Scope(graph);
  for (const id of graph.inputs) {
    const { name, ...type } = valueOf(graph, id);
    const data = inputs.get(name);
    if (data === undefined) throw new OpError(`cannot evaluate "${graph.name}": input "${name}" is missing`);
    checkInput(name, type, data);
    scope.set(id, data);
  }
  const lastUses = findLastUses(graph);
  graph.ops.forEach((op, index) => {
    const results = evaluateInScope(op, scope);
    results.forEach((data, i) => {
      const id = op.results[i];
      if (id === undefined || data === undefined) return;
      scope.set(id, data);
      if (isTensor(data)) options.onValue?.(id, data);
    });
    for (const id of lastUses.get(op) ?? []) scope.delete(id);
    options.onOp?.(op, index + 1, graph.ops.length);
  });
  return new Map(graph.outputs.map(({ name, value }) => [name, scope.data(value)]));
}

/** Data of the values that are visible somewhere: those of a block, over those around it. */
class Scope {
  readonly #graph: Graph;
  readonly #outer: Scope | undefined;
  readonly #data = new Map<ValueId, Data>();

  constructor(graph: Graph, outer?: Scope) {
    this.#graph = graph;
    this.#outer = outer;
  }

  get inner(): Scope {
    return new Scope(this.#graph, this);
  }

  set(id: ValueId, data: Data): void {
    this.#data.set(id, data);
  }

  delete(id: ValueId): void {
    this.#data.delete(id);
  }

  /** The declared type of a value of the graph. */
  typeOf(id: ValueId): ValueType {
    return valueOf(this.#graph, id);
  }

  data(id: ValueId): Data {
    const found = this.#find(id) ?? this.#readConstant(id);
    if (found === undefined) throw new OpError(`cannot find the data of %${id} in graph "${this.#graph.name}"`);
    return found;
  }

  /** Keeps what it reads in the outermost scope, so that blocks that run many times read a constant once. */
  #readConstant(id: ValueId): Data | undefined {
    if (this.#outer !== undefined) return this.#outer.#readConstant(id);
    const read = this.#graph.constants.get(id)?.read();
    if (read !== undefined) this.set(id, read);
    return read;
  }

  #find(id: ValueId): Data | undefined {
    const own = this.#data.get(id);
    if (own !== undefined || this.#outer === undefined) return own;
    return this.#outer.#find(id);
  }
}

function evaluateInScope(op: Op, scope: Scope): readonly (Data | undefined)[] {
  const operands = op.operands.map((id) => (id === undefined ? undefined : scope.data(id)));
  try {
    return evaluateOpData(op, operands, {
      run: (block, args) => runBlock(block, args, scope.inner),
      resultTypes: (block) => block.results.map((id) => scope.typeOf(id)),
    });
  } catch (error) {
    if (!(error instanceof OpError) || error.isPlaced) throw error;
    const operandTypes = operands.map((data) => (data === undefined ? "_" : describeData(data))).join(", ");
    throw error.placed(`${qualifiedKind(op)} (node "${op.loc[0] ?? `op ${op.id}`}", operands ${operandTypes})`);
  }
}

function runBlock(block: Block, args: readonly Data[], scope: Scope): Data[] {
  block.params.forEach((id, i) => {
    const arg = args[i];
    if (arg !== undefined) scope.set(id, arg);
  });
  for (const op of block.ops) {
    evaluateInScope(op, scope).forEach((data, i) => {
      const id = op.results[i];
      if (id !== undefined && data !== undefined) scope.set(id, data);
    });
  }
  return block.results.map((id) => scope.data(id));
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

function checkInput(name: string, type: ValueType, data: Data): void {
  if (isDataOf(data, type)) return;
  throw new OpError(`cannot feed ${describeData(data)} to input "${name}", which is ${printType(type)}`);
}
