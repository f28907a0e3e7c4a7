// Orders and components of directed graphs whose vertices are 0 .. count - 1. All results are a function of the edges only:
// ties go to the smaller vertex. Iterative throughout, because graphs of 10^5 vertices would overflow the call stack.

export type Successors = (vertex: number) => Iterable<number>;

/** An order in which every edge points forward, or the vertices of one cycle in the order of its edges. */
export type TopologicalOrder =
  | { readonly kind: "order"; readonly order: readonly number[] }
  | { readonly kind: "cycle"; readonly cycle: readonly number[] };

/** Topological order that always takes the smallest vertex that is ready. O((V + E) log V). */
export function topologicalSort(count: number, successors: Successors): TopologicalOrder {
  const waitingFor = new Int32Array(count);
  for (let v = 0; v < count; v++) for (const s of successors(v)) waitingFor[s]! += 1;
  const ready = new MinHeap();
  for (let v = 0; v < count; v++) if (waitingFor[v] === 0) ready.push(v);
  const order: number[] = [];
  for (let v = ready.pop(); v !== undefined; v = ready.pop()) {
    order.push(v);
    for (const s of successors(v)) if ((waitingFor[s]! -= 1) === 0) ready.push(s);
  }
  if (order.length === count) return { kind: "order", order };
  return { kind: "cycle", cycle: findCycle(count, successors) };
}

/** The cycle through the smallest vertex of the first strongly connected component that has one. */
function findCycle(count: number, successors: Successors): number[] {
  const component = stronglyConnectedComponents(count, successors).find(
    (vertices) => vertices.length > 1 || [...successors(vertices[0]!)].includes(vertices[0]!),
  );
  const start = component![0]!;
  const inside = new Set(component);
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (const v of queue) {
    for (const s of [...successors(v)].sort((a, b) => a - b)) {
      if (s === start) return walkBack(cameFrom, v, start);
      if (!inside.has(s) || cameFrom.has(s)) continue;
      cameFrom.set(s, v);
      queue.push(s);
    }
  }
  throw new Error("a strongly connected component has a cycle through each of its vertices");
}

function walkBack(cameFrom: ReadonlyMap<number, number>, end: number, start: number): number[] {
  const path = [end];
  for (let v = end; v !== start;) {
    v = cameFrom.get(v)!;
    path.push(v);
  }
  return path.reverse();
}

/**
 * Strongly connected components (Tarjan, "Depth-first search and linear graph algorithms", 1972), each sorted, and the list
 * sorted by first vertex. O(V + E) and the sorts.
 */
export function stronglyConnectedComponents(count: number, successors: Successors): number[][] {
  const UNSEEN = -1;
  const index = new Int32Array(count).fill(UNSEEN);
  const low = new Int32Array(count);
  const isOnStack = new Uint8Array(count);
  const stack: number[] = [];
  const components: number[][] = [];
  let nextIndex = 0;
  const enter = (v: number) => {
    index[v] = low[v] = nextIndex++;
    stack.push(v);
    isOnStack[v] = 1;
    return { v, rest: successors(v)[Symbol.iterator]() };
  };
  for (let root = 0; root < count; root++) {
    if (index[root] !== UNSEEN) continue;
    const frames = [enter(root)];
    while (frames.length > 0) {
      const { v, rest } = frames[frames.length - 1]!;
      const step = rest.next();
      if (!step.done) {
        const s = step.value;
        if (index[s] === UNSEEN) frames.push(enter(s));
        else if (isOnStack[s]) low[v] = Math.min(low[v]!, index[s]!);
        continue;
      }
      frames.pop();
      const parent = frames[frames.length - 1];
      if (parent) low[parent.v] = Math.min(low[parent.v]!, low[v]!);
      if (low[v] !== index[v]) continue;
      const component: number[] = [];
      let member: number;
      do {
        member = stack.pop()!;
        isOnStack[member] = 0;
        component.push(member);
      } while (member !== v);
      components.push(component.sort((a, b) => a - b));
    }
  }
  return components.sort((a, b) => a[0]! - b[0]!);
}

/** Binary heap of numbers. */
class MinHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]! <= item) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }
}
