// Removal of ops and constants that no output depends on. Inputs stay: they are the model's interface.
import { readsOf, type GraphBuilder, type Op } from "@waferc/ir/graph";

/** Erases dead ops, then constants that nobody uses. Returns how many ops went. */
export function eraseDead(graph: GraphBuilder): number {
  let erased = 0;
  const queue: Op[] = graph.everyOp.filter((op) => isDead(graph, op));
  while (queue.length > 0) {
    const op = queue.pop();
    if (op === undefined || !graph.has(op.id)) continue;
    const producers = readsOf(op).map((id) => graph.producer(id));
    graph.eraseOp(op.id);
    erased += 1;
    for (const producer of producers) if (producer !== undefined && isDead(graph, producer)) queue.push(producer);
  }
  for (const id of [...graph.constants.keys()]) if (!graph.hasUses(id)) graph.eraseSource(id);
  return erased;
}

function isDead(graph: GraphBuilder, op: Op): boolean {
  return graph.has(op.id) && op.results.every((id) => id === undefined || !graph.hasUses(id));
}
