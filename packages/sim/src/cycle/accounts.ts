// Where the cycles of main threads go: for each core and each kernel that its code names, one row of six counters. Rows of a
// core start at `rowBase`; a step finds its row by `rowOfStep`.
import type { Image } from "../image.ts";
import { buildLedger, type Ledger, type PathStretch, type StallCycles } from "../ledger.ts";
import { LAYOUT } from "./layout.ts";

const { BUSY, CONTROL, RAMP, RECV, ROW, SEND, WAIT } = LAYOUT;

function kernelsOf({ steps }: Image["codes"][number]): readonly number[] {
  return [...new Set(steps.map((step) => step.kernel))];
}

/** Words that the rows of all cores take. */
export function ledgerWords(codes: Image["codes"], cores: Image["cores"]): number {
  const words = codes.map((code) => kernelsOf(code).length * ROW);
  let total = 0;
  for (let k = 0; k < cores.count; k++) total += words[cores.codeOf[k]!]!;
  return total;
}

export class Accounts {
  readonly #image: Image;
  /** Kernels of each code, and for each step of a code the offset of its row. */
  readonly #kernels: readonly (readonly number[])[];
  readonly rowOfStep: readonly Int32Array[];
  /** First word of each core's rows. */
  readonly rowBase: Int32Array;
  readonly rows: Float64Array;
  /** Cycle in which each main thread ended, -1 while it runs. */
  readonly end: Float64Array;

  /** @param rows room of `ledgerWords` words, all 0; made here if there is none */
  constructor(image: Image, rows?: Float64Array) {
    const { codes, cores } = image;
    this.#image = image;
    this.#kernels = codes.map(kernelsOf);
    this.rowOfStep = codes.map((code, c) =>
      Int32Array.from(code.steps, (step) => this.#kernels[c]!.indexOf(step.kernel) * ROW),
    );
    this.rowBase = new Int32Array(cores.count);
    let words = 0;
    for (let k = 0; k < cores.count; k++) {
      this.rowBase[k] = words;
      words += this.#kernels[cores.codeOf[k]!]!.length * ROW;
    }
    this.rows = rows ?? new Float64Array(words);
    this.end = new Float64Array(cores.count).fill(-1);
  }

  ledger(quiescentCycles: number, criticalPath: readonly PathStretch[]): Ledger {
    return buildLedger(this.#image, {
      quiescentCycles,
      stalls: this.#stalls(),
      end: this.end,
      forEachKernel: (core, visit) => {
        this.#kernels[this.#image.cores.codeOf[core]!]!.forEach((kernel, i) => {
          visit(kernel, this.rows[this.rowBase[core]! + i * ROW + BUSY]!);
        });
      },
      criticalPath,
    });
  }

  #stalls(): Omit<StallCycles, "done"> {
    const { cores } = this.#image;
    const sum = (cause: number) =>
      Float64Array.from({ length: cores.count }, (_, core) => {
        let total = 0;
        this.#kernels[cores.codeOf[core]!]!.forEach((_kernel, i) => {
          total += this.rows[this.rowBase[core]! + i * ROW + cause]!;
        });
        return total;
      });
    return { recv: sum(RECV), send: sum(SEND), ramp: sum(RAMP), wait: sum(WAIT), control: sum(CONTROL) };
  }
}
