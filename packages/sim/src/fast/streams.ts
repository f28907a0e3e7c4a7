// Where the wavelets of a value run wait: a source holds what a core (or a host stream) has emitted on a colour, and each sink
// (a core's input queue, an `out` stream) reads from sources in the order that `traceDeliveries` found. Routers and queues in
// between do not exist here. A source is a ring that grows when a reader is far behind; capacities cannot change values.
import type { Delivery } from "./delivery.ts";

const FIRST_LENGTH = 64;

export class Source {
  readonly number: number;
  words: Int32Array;
  floats: Float32Array;
  mask: number;
  /** Wavelets emitted in this run. */
  produced = 0;
  /** Sinks that read this source, each once. */
  readonly sinks: Sink[] = [];
  /** Sinks that wait for it. */
  readonly hungry: Sink[] = [];
  /** Wavelets up to this one have been read by all, as far as is known. */
  #released = 0;

  constructor(number: number) {
    this.number = number;
    this.words = new Int32Array(FIRST_LENGTH);
    this.floats = new Float32Array(this.words.buffer);
    this.mask = FIRST_LENGTH - 1;
  }

  reset(): void {
    this.produced = 0;
    this.#released = 0;
    this.hungry.length = 0;
  }

  /** Makes the whole input of a host stream the content; it is not copied. */
  fill(words: Int32Array): void {
    this.words = words;
    this.floats = new Float32Array(words.buffer, words.byteOffset, words.length);
    this.mask = -1;
    this.produced = words.length;
  }

  /** Makes room for `count` more wavelets. */
  reserve(count: number): void {
    if (this.mask === -1 || this.produced + count - this.#released <= this.mask + 1) return;
    let released = this.produced;
    for (const sink of this.sinks) released = Math.min(released, sink.nextOf(this));
    this.#released = released;
    if (this.produced + count - released > this.mask + 1) this.#grow(this.produced + count - released);
  }

  #grow(needed: number): void {
    let length = (this.mask + 1) * 2;
    while (length < needed) length *= 2;
    const old = this.words;
    this.words = new Int32Array(length);
    this.floats = new Float32Array(this.words.buffer);
    for (let i = this.#released; i < this.produced; i++) this.words[i & (length - 1)] = old[i & this.mask]!;
    this.mask = length - 1;
  }
}

export class Sink {
  /** Source of the current run and number of the next wavelet in it; undefined at the end of all runs. */
  source: Source | undefined;
  at = 0;
  /** Wavelets left of the current run. */
  left = 0;
  /** Movement that waits while the sink is in its source's `hungry`. */
  reader = -1;
  readonly #runs: Int32Array;
  readonly #sourceOf: (queue: number) => Source;
  #run = 0;

  constructor(delivery: Delivery | undefined, sourceOf: (queue: number) => Source) {
    this.#runs = delivery?.runs ?? new Int32Array(0);
    this.#sourceOf = sourceOf;
    const sources = new Set<Source>();
    for (let i = 0; i < this.#runs.length; i += 3) sources.add(sourceOf(this.#runs[i]!));
    for (const source of sources) source.sinks.push(this);
    this.reset();
  }

  reset(): void {
    this.#run = 0;
    this.reader = -1;
    this.#open();
  }

  /** Wavelets of the current run that can be read now. */
  available(): number {
    const { source, left } = this;
    if (source === undefined) return 0;
    const ready = source.produced - this.at;
    return ready < left ? (ready < 0 ? 0 : ready) : left;
  }

  advance(count: number): void {
    this.at += count;
    this.left -= count;
    if (this.left === 0) {
      this.#run += 3;
      this.#open();
    }
  }

  /** Wavelets that no instruction has read. */
  remaining(): number {
    let remaining = this.left;
    for (let i = this.#run + 3; i < this.#runs.length; i += 3) remaining += this.#runs[i + 2]!;
    return remaining;
  }

  /** Number of the next wavelet of `source` that this sink will read; Infinity if there is none. */
  nextOf(source: Source): number {
    if (this.source === source) return this.at;
    for (let i = this.#run + 3; i < this.#runs.length; i += 3) {
      if (this.#sourceOf(this.#runs[i]!) === source) return this.#runs[i + 1]!;
    }
    return Infinity;
  }

  #open(): void {
    const run = this.#run;
    if (run >= this.#runs.length) {
      this.source = undefined;
      return;
    }
    this.source = this.#sourceOf(this.#runs[run]!);
    this.at = this.#runs[run + 1]!;
    this.left = this.#runs[run + 2]!;
  }
}
