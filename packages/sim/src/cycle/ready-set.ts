// Who is to be tried in which of the next few cycles: for each cycle of a short ring and each member (a router, a core, a host
// port) one word of bits (lanes, units, streams). Members with a word that is not 0 are found through two levels of bitsets, so
// that a cycle costs what is active in it, and members come in ascending order, which is kind to caches.

export class ReadySet {
  /** Bits of member m in ring slot s: masks[s * members + m]. */
  readonly masks: Int32Array;
  readonly #members: number;
  readonly #words: Int32Array;
  readonly #wordsPerSlot: number;
  readonly #summary: Int32Array;
  readonly #summaryPerSlot: number;
  /** Members of the last `collect`. */
  readonly found: Int32Array;

  constructor(slots: number, members: number) {
    this.#members = members;
    this.masks = new Int32Array(slots * members);
    this.#wordsPerSlot = (members + 31) >> 5;
    this.#words = new Int32Array(slots * this.#wordsPerSlot);
    this.#summaryPerSlot = (this.#wordsPerSlot + 31) >> 5;
    this.#summary = new Int32Array(slots * this.#summaryPerSlot);
    this.found = new Int32Array(members);
  }

  add(slot: number, member: number, bit: number): void {
    const at = slot * this.#members + member;
    const mask = this.masks[at]!;
    this.masks[at] = mask | bit;
    if (mask !== 0) return;
    const word = slot * this.#wordsPerSlot + (member >> 5);
    const bits = this.#words[word]!;
    this.#words[word] = bits | (1 << (member & 31));
    if (bits === 0) this.#summary[slot * this.#summaryPerSlot + (member >> 10)]! |= 1 << ((member >> 5) & 31);
  }

  isEmpty(slot: number): boolean {
    const start = slot * this.#summaryPerSlot;
    for (let i = start; i < start + this.#summaryPerSlot; i++) if (this.#summary[i] !== 0) return false;
    return true;
  }

  /** Moves the slot's members to `found` and returns how many. Their masks stay until `take`. */
  collect(slot: number): number {
    const summary = this.#summary;
    const words = this.#words;
    const found = this.found;
    const start = slot * this.#summaryPerSlot;
    const firstWord = slot * this.#wordsPerSlot;
    let count = 0;
    for (let i = 0; i < this.#summaryPerSlot; i++) {
      let full = summary[start + i]!;
      if (full === 0) continue;
      summary[start + i] = 0;
      while (full !== 0) {
        const index = (i << 5) + (31 - Math.clz32(full & -full));
        full &= full - 1;
        let bits = words[firstWord + index]!;
        words[firstWord + index] = 0;
        while (bits !== 0) {
          found[count++] = (index << 5) + (31 - Math.clz32(bits & -bits));
          bits &= bits - 1;
        }
      }
    }
    return count;
  }

  /** The member's bits in the slot, which become 0. */
  take(slot: number, member: number): number {
    const at = slot * this.#members + member;
    const mask = this.masks[at]!;
    this.masks[at] = 0;
    return mask;
  }
}
