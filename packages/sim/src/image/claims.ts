// Claims of asynchronous operations, from issue until a `wait` on them has completed (docs/program.md section 4.2): the
// microthread, the colours with their directions, and the elements they read or write. Independent of when wavelets move, so
// that an engine reports a violation whatever the timing. One row of words for each microthread that a core's code uses.
import { Violation } from "../fault.ts";
import type { Image } from "../image.ts";
import { MAX_RANK, ResolvedView, viewsOverlap } from "./view.ts";

export type Access = "read" | "write";

/** What a fabric instruction uses; -1 for no lane. The view is copied where it must be kept. */
export interface FabricUse {
  inLane: number;
  outLane: number;
  view: ResolvedView | undefined;
  access: Access;
}

// Words of a row.
const STATE = 0;
const IN_LANE = 1;
const OUT_LANE = 2;
const START = 3;
const LOW = 4;
const HIGH = 5;
const TOTAL = 6;
const RANK = 7;
const COUNTS = 8;
const STRIDES = COUNTS + MAX_RANK;
const PER_WORD = STRIDES + MAX_RANK;
const ROW = PER_WORD + 1;

// Values of STATE.
const IDLE = 0;
const NO_VIEW = 1;
const READS = 2;
const WRITES = 3;

const HOLDS_IN = 1;
const HOLDS_OUT = 2;

export class Claims {
  readonly #rows: Int32Array;
  /** Rows of core k: rowStart[k] .. rowStart[k + 1] - 1. */
  readonly #rowStart: Int32Array;
  readonly #outstanding: Uint8Array;
  readonly #lanes: Uint8Array;
  readonly #laneColor: Uint8Array;
  readonly #scratch = new ResolvedView();

  constructor(image: Image) {
    const { cores, codes, fabric } = image;
    this.#rowStart = new Int32Array(cores.count + 1);
    for (let k = 0; k < cores.count; k++) {
      this.#rowStart[k + 1] = this.#rowStart[k]! + codes[cores.codeOf[k]!]!.threads;
    }
    this.#rows = new Int32Array(this.#rowStart[cores.count]! * ROW);
    this.#outstanding = new Uint8Array(cores.count);
    this.#lanes = new Uint8Array(fabric.laneCount);
    this.#laneColor = fabric.laneColor;
  }

  /** Whether the core has an operation whose `wait` is still to come. */
  hasOutstanding(core: number): boolean {
    return this.#outstanding[core] !== 0;
  }

  /** Throws `Violation` SIM-010 if an outstanding operation holds the lane in this direction. -1 passes. */
  checkLane(lane: number, direction: "in" | "out"): void {
    if (lane < 0 || !(this.#lanes[lane]! & (direction === "in" ? HOLDS_IN : HOLDS_OUT))) return;
    const color = this.#laneColor[lane]!;
    throw new Violation(
      "SIM-010",
      `Cannot use colour ${color} ${direction}: an asynchronous operation on it has no wait yet`,
    );
  }

  /** Throws `Violation` SIM-011 if `view` may not be accessed now. */
  checkView(core: number, view: ResolvedView, access: Access): void {
    if (this.#outstanding[core] === 0) return;
    const first = this.#rowStart[core]!;
    for (let r = first; r < this.#rowStart[core + 1]!; r++) {
      const state = this.#rows[r * ROW + STATE]!;
      if (state < READS || (state === READS && access === "read")) continue;
      this.#unpack(r * ROW);
      if (!viewsOverlap(this.#scratch, view)) continue;
      const holds = state === WRITES ? "writes" : "reads";
      throw new Violation(
        "SIM-011",
        `Cannot ${access} elements that microthread ${r - first} ${holds}: there is no wait yet`,
      );
    }
  }

  /** Checks a fabric instruction against all claims. */
  checkUse(core: number, use: FabricUse): void {
    this.checkLane(use.inLane, "in");
    this.checkLane(use.outLane, "out");
    if (use.view) this.checkView(core, use.view, use.access);
  }

  /** Checks and takes the claims of an asynchronous operation. Throws `Violation` SIM-009 to SIM-011. */
  claim(core: number, thread: number, use: FabricUse): void {
    const row = (this.#rowStart[core]! + thread) * ROW;
    if (this.#rows[row + STATE] !== IDLE) {
      throw new Violation("SIM-009", `Cannot issue on microthread ${thread}: its last operation has no wait yet`);
    }
    this.checkUse(core, use);
    const rows = this.#rows;
    rows[row + STATE] = use.view ? (use.access === "read" ? READS : WRITES) : NO_VIEW;
    rows[row + IN_LANE] = use.inLane;
    rows[row + OUT_LANE] = use.outLane;
    if (use.view) this.#pack(use.view, row);
    this.#outstanding[core]!++;
    if (use.inLane >= 0) this.#lanes[use.inLane]! |= HOLDS_IN;
    if (use.outLane >= 0) this.#lanes[use.outLane]! |= HOLDS_OUT;
  }

  /** A `wait` on the microthread has completed. */
  release(core: number, thread: number): void {
    const row = (this.#rowStart[core]! + thread) * ROW;
    const rows = this.#rows;
    if (rows[row + STATE] === IDLE) return;
    rows[row + STATE] = IDLE;
    this.#outstanding[core]!--;
    const [inLane, outLane] = [rows[row + IN_LANE]!, rows[row + OUT_LANE]!];
    if (inLane >= 0) this.#lanes[inLane]! &= ~HOLDS_IN;
    if (outLane >= 0) this.#lanes[outLane]! &= ~HOLDS_OUT;
  }

  #pack(view: ResolvedView, row: number): void {
    const rows = this.#rows;
    rows[row + START] = view.start;
    rows[row + LOW] = view.low;
    rows[row + HIGH] = view.high;
    rows[row + TOTAL] = view.total;
    rows[row + RANK] = view.rank;
    rows[row + PER_WORD] = view.perWord;
    rows.set(view.counts, row + COUNTS);
    rows.set(view.strides, row + STRIDES);
  }

  #unpack(row: number): void {
    const rows = this.#rows;
    const view = this.#scratch;
    view.start = rows[row + START]!;
    view.low = rows[row + LOW]!;
    view.high = rows[row + HIGH]!;
    view.total = rows[row + TOTAL]!;
    view.rank = rows[row + RANK]!;
    view.perWord = rows[row + PER_WORD]!;
    for (let d = 0; d < MAX_RANK; d++) {
      view.counts[d] = rows[row + COUNTS + d]!;
      view.strides[d] = rows[row + STRIDES + d]!;
    }
  }
}
