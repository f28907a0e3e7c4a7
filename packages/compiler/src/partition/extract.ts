/**
 * Cuts a part out of a graph: some of its ops, in their order, with the values that cross the cut as inputs and outputs. Constants come along
 * where they are used. Assumes that the part is closed: what its ops read is an input, a constant, or made inside.
 */
import { invariant } from "@waferc/base";
import { GraphBuilder, valueOf } from "@waferc/ir/graph";
import type { Attr, Block, Graph, Op, ValueId } from "@waferc/ir/graph";

export interface PartOptions {
  readonly name: string;
  readonly ops: readonly Op[];
  readonly inputs: readonly { readonly name: string; readonly value: ValueId }[];
  readonly outputs: readonly { readonly name: string; readonly value: ValueId }[];
}

export function extractPart(graph: Graph, part: PartOptions): Graph {
  const copier = new PartCopier(graph, part.name);
  for (const { name, value } of part.inputs) copier.addInput(name, value);
  for (const op of part.ops) copier.addOp(op);
  for (const { name, value } of part.outputs) copier.builder.addOutput(name, copier.resolve(value));
  return copier.builder.freeze();
}

class PartCopier {
  readonly builder: GraphBuilder;
  readonly #graph: Graph;
  readonly #copies = new Map<ValueId, ValueId>();

  constructor(graph: Graph, name: string) {
    this.#graph = graph;
    this.builder = new GraphBuilder(name, graph.opsets);
  }

  addInput(name: string, id: ValueId): void {
    this.#copies.set(id, this.builder.addInput(name, valueOf(this.#graph, id)));
  }

  resolve(id: ValueId): ValueId {
    const known = this.#copies.get(id);
    if (known !== undefined) return known;
    const source = this.#graph.constants.get(id);
    const { name } = valueOf(this.#graph, id);
    invariant(source !== undefined, `%${id} ("${name}") must be an input, a constant or made in the part`);
    const copy = this.builder.addConstant(name, source);
    this.#copies.set(id, copy);
    return copy;
  }

  addOp(op: Op, block?: Block): void {
    const { domain, kind, version, loc, from } = op;
    const operands = op.operands.map((id) => (id === undefined ? undefined : this.resolve(id)));
    const attrs = new Map([...op.attrs].map(([name, attr]) => [name, this.#copyAttr(attr)] as const));
    const results = op.results.map((id) => (id === undefined ? undefined : this.#declare(id)));
    this.builder.addOp({ domain, kind, version, attrs, operands, results, loc, from, block });
  }

  #declare(id: ValueId): ValueId {
    const copy = this.builder.declareValue(valueOf(this.#graph, id));
    this.#copies.set(id, copy);
    return copy;
  }

  #copyAttr(attr: Attr): Attr {
    if (attr.type === "block") return { type: "block", value: this.#copyBlock(attr.value) };
    if (attr.type === "blocks") return { type: "blocks", value: attr.value.map((block) => this.#copyBlock(block)) };
    return attr;
  }

  #copyBlock(block: Block): Block {
    const copy = this.builder.addBlock(block.name);
    for (const id of block.params) {
      this.#copies.set(id, this.builder.addParam(copy, valueOf(this.#graph, id)));
    }
    for (const op of block.ops) this.addOp(op, copy);
    for (const id of block.results) this.builder.addResult(copy, this.resolve(id));
    return copy;
  }
}
