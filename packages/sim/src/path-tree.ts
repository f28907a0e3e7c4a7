// Who made whom wait, as a tree that grows with a timing run: a node begins at a cycle and says what happens from then on; its
// parent is what had to happen first. The critical path is the walk from the last output wavelet to the root. Nodes that nothing
// refers to any more are thrown away now and then (children come after parents, so one pass back marks and one forward moves).

/** What a stretch of the critical path is spent on. */
export const PATH_RUN = 0;
export const PATH_MOVE = 1;
export const PATH_TRAVEL = 2;
export const PATH_SPACE = 3;
export const PATH_FEED = 4;
const KIND_BITS = 3;

export interface PathSegment {
  readonly kind: number;
  /** Core for PATH_RUN, PATH_MOVE and PATH_TRAVEL (-1 - stream if a host stream sent it); lane for PATH_SPACE; stream for PATH_FEED. */
  readonly subject: number;
  /** Step of the core's code; -1 where there is none. */
  readonly step: number;
  /** First cycle, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

const FIRST_CAPACITY = 1 << 16;
const COLLECT_FROM = 1 << 21;

export class PathTree {
  #parents = new Int32Array(FIRST_CAPACITY);
  #starts = new Int32Array(FIRST_CAPACITY);
  #subjects = new Int32Array(FIRST_CAPACITY);
  /** Kind and step. */
  #whats = new Int32Array(FIRST_CAPACITY);
  #count = 0;
  #collectAt = COLLECT_FROM;

  /** A new node; `parent` is -1 at the root, `step` -1 where no instruction is meant. */
  add(parent: number, start: number, subject: number, kind: number, step: number): number {
    const node = this.#count++;
    if (node === this.#parents.length) this.#grow();
    this.#parents[node] = parent;
    this.#starts[node] = start;
    this.#subjects[node] = subject;
    this.#whats[node] = ((step + 1) << KIND_BITS) | kind;
    return node;
  }

  get needsCollection(): boolean {
    return this.#count >= this.#collectAt;
  }

  /** Keeps what `visit` names and its ancestors. `visit` calls back for every reference and stores what it is given. */
  collect(visit: (move: (node: number) => number) => void): void {
    const moved = new Int32Array(this.#count);
    visit((node) => {
      if (node >= 0) moved[node] = 1;
      return node;
    });
    const parents = this.#parents;
    for (let node = this.#count - 1; node >= 0; node--) {
      if (moved[node] === 1 && parents[node]! >= 0) moved[parents[node]!] = 1;
    }
    let kept = 0;
    for (let node = 0; node < this.#count; node++) {
      if (moved[node] === 0) continue;
      moved[node] = kept;
      parents[kept] = parents[node]! < 0 ? -1 : moved[parents[node]!]!;
      this.#starts[kept] = this.#starts[node]!;
      this.#subjects[kept] = this.#subjects[node]!;
      this.#whats[kept++] = this.#whats[node]!;
    }
    visit((node) => (node < 0 ? node : moved[node]!));
    this.#count = kept;
    this.#collectAt = Math.max(COLLECT_FROM, 2 * kept);
  }

  /** From cycle 0 to `end`, without gaps; neighbours of one kind, subject and step are one segment. */
  segments(last: number, end: number): PathSegment[] {
    const segments: PathSegment[] = [];
    let to = end;
    for (let node = last; node >= 0; node = this.#parents[node]!) {
      const from = this.#starts[node]!;
      if (from === to) continue;
      const what = this.#whats[node]!;
      const [kind, step] = [what & ((1 << KIND_BITS) - 1), (what >> KIND_BITS) - 1];
      const subject = this.#subjects[node]!;
      const later = segments.at(-1);
      if (later && later.kind === kind && later.subject === subject && later.step === step) {
        segments[segments.length - 1] = { ...later, from };
      } else {
        segments.push({ kind, subject, step, from, to });
      }
      to = from;
    }
    return segments.reverse();
  }

  #grow(): void {
    const larger = (old: Int32Array) => {
      const grown = new Int32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.#parents = larger(this.#parents);
    this.#starts = larger(this.#starts);
    this.#subjects = larger(this.#subjects);
    this.#whats = larger(this.#whats);
  }
}
