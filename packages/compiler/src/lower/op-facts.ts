/** What a lowering rule may ask about an op before anything is lowered: types, which operands are constants, who uses the results. */
import type { Graph, Op, ValueId } from "@waferc/ir/graph";
import { isStaticShape, valueOf } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";

/** Values that follow from constants alone, and values that something reads. */
interface GraphFacts {
  readonly constants: ReadonlySet<ValueId>;
  readonly used: ReadonlySet<ValueId>;
}

// Graphs are frozen, so what is found once stays true.
const factsByGraph = new WeakMap<Graph, GraphFacts>();

function factsOf(graph: Graph): GraphFacts {
  let facts = factsByGraph.get(graph);
  if (facts === undefined) {
    const constants = new Set<ValueId>(graph.constants.keys());
    const used = new Set<ValueId>(graph.outputs.map(({ value }) => value));
    for (const op of graph.ops) {
      const reads = op.operands.filter((id) => id !== undefined);
      for (const id of reads) used.add(id);
      if (reads.length === 0 || !reads.every((id) => constants.has(id))) continue;
      for (const id of op.results) if (id !== undefined) constants.add(id);
    }
    facts = { constants, used };
    factsByGraph.set(graph, facts);
  }
  return facts;
}

export class OpFacts {
  readonly op: Op;
  readonly graph: Graph;

  constructor(op: Op, graph: Graph) {
    this.op = op;
    this.graph = graph;
  }

  has(operand: number): boolean {
    return this.op.operands[operand] !== undefined;
  }

  /** Shape of an operand; undefined if it is omitted or has unknown lengths. */
  shape(operand: number): readonly number[] | undefined {
    return this.#shapeOf(this.op.operands[operand]);
  }

  resultShape(result = 0): readonly number[] | undefined {
    return this.#shapeOf(this.op.results[result]);
  }

  dtype(operand: number): string | undefined {
    const id = this.op.operands[operand];
    return id === undefined ? undefined : valueOf(this.graph, id).dtype;
  }

  isConstant(operand: number): boolean {
    const id = this.op.operands[operand];
    return id !== undefined && factsOf(this.graph).constants.has(id);
  }

  /** Data of an operand that is a constant of the graph. */
  constant(operand: number): Tensor | undefined {
    const id = this.op.operands[operand];
    return id === undefined ? undefined : this.graph.constants.get(id)?.read();
  }

  /** The integers of a constant operand. */
  integers(operand: number): readonly number[] | undefined {
    const tensor = this.constant(operand);
    return tensor === undefined ? undefined : [...toFloat64(tensor)];
  }

  isResultUsed(result: number): boolean {
    const id = this.op.results[result];
    return id !== undefined && factsOf(this.graph).used.has(id);
  }

  #shapeOf(id: ValueId | undefined): readonly number[] | undefined {
    const shape = id === undefined ? undefined : valueOf(this.graph, id).shape;
    return shape !== undefined && isStaticShape(shape) ? shape : undefined;
  }
}
