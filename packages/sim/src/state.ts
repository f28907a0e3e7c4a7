// What persistent buffers hold from one run of a program to the next (docs/program.md section 1), by core and address. Engines take
// a state at the start of a run and give it back at the end.
import { Sha256 } from "@waferc/base";
import { bufferBytes, type Program } from "@waferc/ir/program";
import { ProgramFault } from "./fault.ts";
import type { Image } from "./image.ts";

/** The state of one program; new, it is empty. A run with `state` starts from it and, if it ends, updates it. */
export class ProgramState {
  readonly program: Program;
  /** Words of a kept buffer by router and address. */
  readonly #kept = new Map<number, Map<number, Int32Array>>();

  constructor(program: Program) {
    this.program = program;
  }

  /** SHA-256 over all that is kept, in the order of cores and addresses. */
  digest(): string {
    const hash = new Sha256();
    for (const [router, buffers] of [...this.#kept].sort(([a], [b]) => a - b)) {
      for (const [address, words] of [...buffers].sort(([a], [b]) => a - b)) {
        hash.update(new Uint8Array(Int32Array.of(router, address, words.length).buffer));
        hash.update(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
      }
    }
    return hash.hex();
  }

  /**
   * Fills persistent buffers that the state has; others stay as they are. For engines.
   * @throws RangeError if the image is of another program
   * @throws ProgramFault SIM-002 if a kept buffer had another size
   */
  restore(image: Image, words: Int32Array = image.words): void {
    if (image.program !== this.program) throw new RangeError(`the state is one of program "${this.program.name}"`);
    forEachPersistent(image, (router, address, first, length) => {
      const kept = this.#kept.get(router)?.get(address);
      if (!kept) return;
      if (kept.length === length) words.set(kept, first);
      else throw otherSize(image, { router, address, found: kept.length, needed: length });
    });
  }

  /** Takes over what persistent buffers hold at the end of a run. For engines. */
  keep(image: Image, words: Int32Array = image.words): void {
    forEachPersistent(image, (router, address, first, length) => {
      let buffers = this.#kept.get(router);
      if (!buffers) this.#kept.set(router, (buffers = new Map<number, Int32Array>()));
      buffers.set(address, words.slice(first, first + length));
    });
  }
}

interface SizeConflict {
  readonly router: number;
  readonly address: number;
  readonly found: number;
  readonly needed: number;
}

/** The program is not legal: `verifyProgram` and the checker say so before it runs. */
function otherSize({ fabric, entry }: Image, { router, address, found, needed }: SizeConflict): ProgramFault {
  const message = `Cannot start entry "${entry.name}": the persistent buffer at ${address} B takes ${4 * needed} B, but ${4 * found} B were kept`;
  const core = { x: router % fabric.width, y: Math.floor(router / fabric.width) };
  return new ProgramFault("SIM-002", message, { core });
}

function forEachPersistent(
  { cores, codes }: Image,
  visit: (router: number, address: number, first: number, length: number) => void,
): void {
  const persistent = codes.map(({ code }) => code.buffers.filter((buffer) => buffer.persistent));
  for (let k = 0; k < cores.count; k++) {
    for (const buffer of persistent[cores.codeOf[k]!]!) {
      const first = cores.memoryBase[k]! + buffer.address / 4;
      visit(cores.router[k]!, buffer.address, first, Math.ceil(bufferBytes(buffer) / 4));
    }
  }
}
