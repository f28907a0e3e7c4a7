// Which actor moves next: any fair order is right (docs/program.md section 10). Without a seed, round robin with long bursts;
// with one, a random choice among all that may be able to move and random burst lengths.
import { Rng } from "@waferc/base";

const LONG_BURST = 64;

export class Scheduler {
  /** Actors that may be able to move; each at most once. */
  readonly #ready: number[] = [];
  readonly #isReady: Uint8Array;
  readonly #rng: Rng | undefined;
  #next = 0;

  constructor(actors: number, seed: number | string | undefined) {
    this.#isReady = new Uint8Array(actors);
    this.#rng = seed === undefined ? undefined : new Rng(seed).fork("untimed");
  }

  wake(actor: number): void {
    if (this.#isReady[actor]) return;
    this.#isReady[actor] = 1;
    this.#ready.push(actor);
  }

  /** The next actor, no longer marked ready; undefined when none is. */
  take(): number | undefined {
    const ready = this.#ready;
    if (this.#next >= ready.length) return undefined;
    if (this.#rng) {
      const chosen = this.#next + this.#rng.below(ready.length - this.#next);
      [ready[this.#next], ready[chosen]] = [ready[chosen]!, ready[this.#next]!];
    }
    const actor = ready[this.#next++]!;
    this.#isReady[actor] = 0;
    if (this.#next > 1024 && this.#next * 2 > ready.length) {
      ready.splice(0, this.#next);
      this.#next = 0;
    }
    return actor;
  }

  /** Moves that the actor may make before another one is chosen. */
  burst(): number {
    if (!this.#rng) return LONG_BURST;
    return this.#rng.chance(0.5) ? 1 : this.#rng.between(1, 16);
  }
}
