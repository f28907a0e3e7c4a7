// The actors that may be able to go on, first come first served: in a chain of queues this lets each fill before its reader runs.
import { A_QUEUED } from "./network.ts";

const QUEUED = A_QUEUED;

export class Agenda {
  readonly #words: Int32Array;
  readonly #ring: Int32Array;
  readonly #mask: number;
  #head = 0;
  #tail = 0;

  /** `actors` is how many there are; each is in the agenda at most once. */
  constructor(words: Int32Array, actors: number) {
    let length = 1;
    while (length <= actors) length *= 2;
    this.#words = words;
    this.#ring = new Int32Array(length);
    this.#mask = length - 1;
  }

  add(actor: number): void {
    const words = this.#words;
    if (words[actor + QUEUED] !== 0) return;
    words[actor + QUEUED] = 1;
    this.#ring[this.#tail] = actor;
    this.#tail = (this.#tail + 1) & this.#mask;
  }

  /** The next actor, taken off; 0 if none is left. */
  take(): number {
    if (this.#head === this.#tail) return 0;
    const actor = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & this.#mask;
    this.#words[actor + QUEUED] = 0;
    return actor;
  }
}
