// Copies of the ops of a block, with other values in the place of its parameters: what inlining a branch and unrolling a loop
// are made of. Nested blocks are copied with their parameters. Names and locations stay; ids are new.
import { blocksOf, type Attr, type Block, type GraphBuilder, type Op, type ValueId } from "@waferc/ir/graph";

export interface ClonedBlock {
  /** In the order of the block. */
  readonly ops: readonly Op[];
  /** What the block's results are in the copy; one that the block captures is itself. */
  readonly results: readonly ValueId[];
}

/**
 * Copies `block` into `home` (the main block if undefined).
 * @param args values of the block's parameters, as many as it has
 */
export function cloneBlock(
  graph: GraphBuilder,
  block: Block,
  args: readonly ValueId[],
  home: Block | undefined,
): ClonedBlock {
  const renamed = new Map(block.params.map((param, i) => [param, args[i] ?? param] as const));
  const ops = block.ops.map((op) => cloneOp(graph, op, renamed, home));
  return { ops, results: block.results.map((id) => renamed.get(id) ?? id) };
}

function cloneOp(graph: GraphBuilder, op: Op, renamed: Map<ValueId, ValueId>, home: Block | undefined): Op {
  const { domain, kind, version, loc, from } = op;
  const attrs =
    blocksOf(op).length === 0
      ? op.attrs
      : new Map([...op.attrs].map(([name, attr]) => [name, cloneAttr(graph, attr, renamed)] as const));
  const copy = graph.addOp({
    domain,
    kind,
    version,
    attrs,
    operands: op.operands.map((id) => (id === undefined ? undefined : (renamed.get(id) ?? id))),
    results: op.results.map((id) => (id === undefined ? undefined : graph.value(id))),
    loc,
    from,
    block: home,
  });
  op.results.forEach((id, i) => {
    const fresh = copy.results[i];
    if (id !== undefined && fresh !== undefined) renamed.set(id, fresh);
  });
  return copy;
}

function cloneAttr(graph: GraphBuilder, attr: Attr, renamed: ReadonlyMap<ValueId, ValueId>): Attr {
  if (attr.type === "block") return { type: "block", value: cloneNested(graph, attr.value, renamed) };
  if (attr.type === "blocks") {
    return { type: "blocks", value: attr.value.map((block) => cloneNested(graph, block, renamed)) };
  }
  return attr;
}

function cloneNested(graph: GraphBuilder, block: Block, outer: ReadonlyMap<ValueId, ValueId>): Block {
  const copy = graph.addBlock(block.name);
  const renamed = new Map(outer);
  for (const param of block.params) renamed.set(param, graph.addParam(copy, graph.value(param)));
  for (const op of block.ops) cloneOp(graph, op, renamed, copy);
  for (const id of block.results) graph.addResult(copy, renamed.get(id) ?? id);
  return copy;
}
