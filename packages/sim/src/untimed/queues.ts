// Bounded first-in first-out queues of the untimed engine: value and control kind of each wavelet, one ring per queue of the
// image, with the machine's capacities (docs/program.md section 5).
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";

export type WaveletKind = "data" | "advance" | "close";

const KINDS = ["data", "advance", "close"] as const satisfies readonly WaveletKind[];

export class Queues {
  readonly #capacity: Int32Array;
  readonly #base: Int32Array;
  readonly #head: Int32Array;
  readonly #length: Int32Array;
  readonly #values: Int32Array;
  readonly #kinds: Uint8Array;

  constructor(image: Image) {
    const { fabric, machine } = image;
    const { linkQueueDepth, inputQueueDepth, outputQueueDepth } = machine.fabric;
    this.#capacity = new Int32Array(fabric.queueCount);
    this.#base = new Int32Array(fabric.queueCount);
    this.#head = new Int32Array(fabric.queueCount);
    this.#length = new Int32Array(fabric.queueCount);
    let slots = 0;
    for (let q = 0; q < fabric.queueCount; q++) {
      const port = fabric.queuePort[q]!;
      const depth = port === PORT.core ? inputQueueDepth : port === PORT.ramp ? outputQueueDepth : linkQueueDepth;
      this.#capacity[q] = depth;
      this.#base[q] = slots;
      slots += depth;
    }
    this.#values = new Int32Array(slots);
    this.#kinds = new Uint8Array(slots);
  }

  length(queue: number): number {
    return this.#length[queue]!;
  }

  capacity(queue: number): number {
    return this.#capacity[queue]!;
  }

  isEmpty(queue: number): boolean {
    return this.#length[queue] === 0;
  }

  isFull(queue: number): boolean {
    return this.#length[queue] === this.#capacity[queue];
  }

  headKind(queue: number): WaveletKind {
    return KINDS[this.#kinds[this.#base[queue]! + this.#head[queue]!]!]!;
  }

  push(queue: number, value: number, kind: WaveletKind): void {
    const capacity = this.#capacity[queue]!;
    const slot = this.#base[queue]! + ((this.#head[queue]! + this.#length[queue]!) % capacity);
    this.#values[slot] = value;
    this.#kinds[slot] = KINDS.indexOf(kind);
    this.#length[queue]!++;
  }

  /** Takes the head and returns its value. */
  pop(queue: number): number {
    const head = this.#head[queue]!;
    this.#head[queue] = (head + 1) % this.#capacity[queue]!;
    this.#length[queue]!--;
    return this.#values[this.#base[queue]! + head]!;
  }
}
