// When each main thread issues its next instruction: a hashed timing wheel (Varghese and Lauck, "Hashed and hierarchical timing
// wheels", 1987, scheme 6) with at most one timer a core. Timers beyond one turn stay in their slot until their turn comes.

const SLOTS = 4096;
const NONE = -1;

export class Timers {
  readonly #first = new Int32Array(SLOTS).fill(NONE);
  readonly #isUsed = new Int32Array(SLOTS >> 5);
  readonly #next: Int32Array;
  readonly #due: Int32Array;
  #count = 0;
  /** Cores of the last `collect`. */
  readonly found: Int32Array;

  constructor(cores: number) {
    this.#next = new Int32Array(cores).fill(NONE);
    this.#due = new Int32Array(cores);
    this.found = new Int32Array(cores);
  }

  get count(): number {
    return this.#count;
  }

  /** The core must have no timer. */
  set(core: number, cycle: number): void {
    const slot = cycle & (SLOTS - 1);
    this.#due[core] = cycle;
    this.#next[core] = this.#first[slot]!;
    this.#first[slot] = core;
    this.#isUsed[slot >> 5]! |= 1 << (slot & 31);
    this.#count++;
  }

  /** Moves the cores due in `cycle` to `found` and returns how many. */
  collect(cycle: number): number {
    const slot = cycle & (SLOTS - 1);
    let core = this.#first[slot]!;
    if (core === NONE) return 0;
    let count = 0;
    let kept = NONE;
    while (core !== NONE) {
      const next = this.#next[core]!;
      if (this.#due[core] === cycle) {
        this.found[count++] = core;
      } else {
        this.#next[core] = kept;
        kept = core;
      }
      core = next;
    }
    this.#first[slot] = kept;
    if (kept === NONE) this.#isUsed[slot >> 5]! &= ~(1 << (slot & 31));
    this.#count -= count;
    return count;
  }

  /** The first cycle after `cycle` whose slot holds a timer, perhaps of a later turn; at least one timer must be set. */
  nextAfter(cycle: number): number {
    for (let step = 1; step <= SLOTS;) {
      const slot = (cycle + step) & (SLOTS - 1);
      const rest = this.#isUsed[slot >> 5]! >>> (slot & 31);
      if (rest !== 0) return cycle + step + (31 - Math.clz32(rest & -rest));
      step += 32 - (slot & 31);
    }
    return cycle + SLOTS;
  }
}
