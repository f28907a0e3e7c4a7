// Host `in` streams of the cycle engine: each host port pushes at most one element a cycle over all its streams, in rotating
// order of colour (docs/program.md sections 6, 7.3 and 7.4).
import type { Fabric } from "../image/fabric.ts";
import { type Network, wakeCode } from "./network.ts";
import { LAYOUT } from "./layout.ts";

const { DATA, TAG_STREAM } = LAYOUT;

/** Streams of one host port, by ascending colour. */
type HostPort = readonly number[];

/** Groups the `in` streams by port; position in the result is the member number in `Network.readyStreams`. */
export function groupByPort(fabric: Fabric): HostPort[] {
  const ports = new Map<number, number[]>();
  fabric.streams.forEach(({ stream, lane, port }, s) => {
    if (stream.direction !== "in") return;
    const key = fabric.laneRouter[lane]! * 4 + port;
    const group = ports.get(key);
    if (group) group.push(s);
    else ports.set(key, [s]);
  });
  const color = (s: number) => fabric.laneColor[fabric.streams[s]!.lane]!;
  return [...ports.values()].map((group) => group.sort((a, b) => color(a) - color(b)));
}

export class HostFeeds {
  readonly #network: Network;
  readonly #ports: readonly HostPort[];
  readonly #data: readonly Int32Array[];
  shuffle: ((members: Int32Array, count: number) => void) | undefined;

  constructor(network: Network, ports: readonly HostPort[], data: readonly Int32Array[]) {
    this.#network = network;
    this.#ports = ports;
    this.#data = data;
    ports.forEach((group, port) => {
      for (let i = 0; i < group.length; i++) network.wake(wakeCode(port, i, TAG_STREAM), 0);
    });
  }

  step(): void {
    const { readyStreams, slotNow } = this.#network;
    const count = readyStreams.collect(slotNow);
    if (count === 0) return;
    this.shuffle?.(readyStreams.found, count);
    for (let i = 0; i < count; i++) {
      const port = readyStreams.found[i]!;
      this.#tryPort(port, readyStreams.take(slotNow, port));
    }
  }

  #tryPort(port: number, mask: number): void {
    const { image, now } = this.#network;
    const group = this.#ports[port]!;
    const first = now % image.fabric.colors;
    const color = (i: number) => image.fabric.laneColor[image.fabric.streams[group[i]!]!.lane]!;
    let pivot = 0;
    while (pivot < group.length && color(pivot) < first) pivot++;
    let isTaken = false;
    for (let step = 0; step < group.length; step++) {
      const i = (pivot + step) % group.length;
      if (mask & (1 << i)) isTaken = this.#tryStream(port, i, isTaken);
    }
  }

  #tryStream(port: number, i: number, isTaken: boolean): boolean {
    const network = this.#network;
    const s = this.#ports[port]![i]!;
    const { wavelets, queue: id } = network.image.fabric.streams[s]!;
    const queue = network.queueAt[id]!;
    const moved = network.streamMoved[s]!;
    const code = wakeCode(port, i, TAG_STREAM);
    if (moved === wavelets) return isTaken;
    if (!network.hasSpace(queue, code)) {
      if (network.paths) network.paths.isFeedBlocked[s] = 1;
      return isTaken;
    }
    if (isTaken) {
      network.contentionEvents++;
      network.wake(code, network.slotNext);
      return true;
    }
    const placed = network.push(queue, network.image.isTimingOnly ? 0 : this.#data[s]![moved]!, DATA);
    network.paths?.fed(s, network.now, queue, placed);
    network.streamMoved[s] = moved + 1;
    network.lastMove = network.now;
    if (moved + 1 < wavelets) network.wake(code, network.slotNext);
    return true;
  }
}
