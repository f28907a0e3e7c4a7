// Routers of the cycle engine. Hot loop: `step` visits the routers that have a lane to try in this cycle, and within a router the
// lanes in rotating order of colour; everything a data wavelet needs is inlined. Control wavelets take the plain path `moveControl`.
// The plain version of all of this is plain.ts, with which tests compare.
import { ProgramFault } from "../fault.ts";
import { PORT, PORT_NAMES } from "../image/fabric.ts";
import { routerCoord } from "../stalemate.ts";
import {
  BASE,
  CAPACITY,
  CONSUMER,
  COUNT,
  DATA,
  FLAGS,
  HEAD,
  IS_TRANSIT,
  LANE,
  LAST_POP,
  LATENCY,
  type Network,
  PORTS_SHIFT,
  QUEUE,
  SOURCE,
  TARGETS,
  TO_RAMP,
  WAITER,
} from "./network.ts";

const LINK_PORTS = 15;

/** Links in `ports` (bits of the four sides). */
const LINK_COUNT = Uint8Array.from(
  { length: 16 },
  (_, ports) => (ports & 1) + ((ports >> 1) & 1) + ((ports >> 2) & 1) + (ports >> 3),
);

export class Routers {
  readonly #network: Network;
  readonly #streamData: readonly Int32Array[];
  /** Changes the order in which routers are visited; tests show that nothing depends on it. */
  shuffle: ((members: Int32Array, count: number) => void) | undefined;

  constructor(network: Network, streamData: readonly Int32Array[]) {
    this.#network = network;
    this.#streamData = streamData;
  }

  /** Moves what can move in the current cycle. */
  step(): void {
    const network = this.#network;
    const { readyLanes, slotNow, now } = network;
    const { fabric } = network.image;
    const count = readyLanes.collect(slotNow);
    if (count === 0) return;
    const { found } = readyLanes;
    this.shuffle?.(found, count);
    const first = now % fabric.colors;
    for (let i = 0; i < count; i++) {
      const router = found[i]!;
      const mask = readyLanes.take(slotNow, router);
      if ((mask & (mask - 1)) === 0) {
        this.#tryLane(fabric.laneStart[router]! + 31 - Math.clz32(mask), router, 0);
        continue;
      }
      this.#tryRouter(router, mask, first);
    }
  }

  /** Several lanes: by colour, from colour `first` on and then from 0. */
  #tryRouter(router: number, mask: number, first: number): void {
    const { laneStart, laneColor } = this.#network.image.fabric;
    const start = laneStart[router]!;
    const end = laneStart[router + 1]!;
    let pivot = start;
    while (pivot < end && laneColor[pivot]! < first) pivot++;
    let taken = 0;
    for (let lane = pivot; lane < end; lane++)
      if (mask & (1 << (lane - start))) taken = this.#tryLane(lane, router, taken);
    for (let lane = start; lane < pivot; lane++)
      if (mask & (1 << (lane - start))) taken = this.#tryLane(lane, router, taken);
  }

  /** Moves the lane's head wavelet if it can; `taken` are the ports used in this cycle. Returns them with the lane's. */
  #tryLane(lane: number, router: number, taken: number): number {
    const network = this.#network;
    const { lanes, queues, slots, now } = network;
    const at = lane * LANE;
    const sourceQueue = lanes[at + SOURCE]!;
    if (sourceQueue < 0) return taken;
    const source = sourceQueue * QUEUE;
    const held = queues[source + COUNT]!;
    if (held === 0) return taken;
    const head = queues[source + HEAD]!;
    const slot = (queues[source + BASE]! + head) << 1;
    const tag = slots[slot + 1]!;
    if (tag >> 2 > now) return taken;
    if ((tag & 3) !== DATA) return this.#moveControl(lane, taken);
    const flags = lanes[at + FLAGS]!;
    const targets = flags & 7;
    const code = (router << 7) | ((lane - network.image.fabric.laneStart[router]!) << 2);
    for (let i = at + TARGETS; i < at + TARGETS + targets; i++) {
      const target = lanes[i]!;
      if (target < 0) {
        if (target === -1) throw this.#nowhere(lane);
        continue;
      }
      const to = target * QUEUE;
      const count = queues[to + COUNT]!;
      const capacity = queues[to + CAPACITY]!;
      if (count >= capacity) {
        queues[to + WAITER] = code;
        return taken;
      }
      if (count + 1 === capacity && queues[to + LAST_POP] === now) {
        network.readyLanes.add(network.slotNext, router, 1 << ((code >> 2) & 31));
        return taken;
      }
    }
    const ports = (flags >> PORTS_SHIFT) & 31;
    if (ports & taken) {
      network.contentionEvents++;
      network.readyLanes.add(network.slotNext, router, 1 << ((code >> 2) & 31));
      return taken;
    }
    // It leaves: on all destinations at once.
    const value = slots[slot]!;
    for (let i = at + TARGETS; i < at + TARGETS + targets; i++) {
      const target = lanes[i]!;
      if (target < 0) {
        this.#takeOutput(-2 - target, value, lane);
        continue;
      }
      const to = target * QUEUE;
      const count = queues[to + COUNT]!;
      const capacity = queues[to + CAPACITY]!;
      const latency = queues[to + LATENCY]!;
      let place = queues[to + HEAD]! + count;
      if (place >= capacity) place -= capacity;
      const free = (queues[to + BASE]! + place) << 1;
      slots[free] = value;
      slots[free + 1] = (now + latency) << 2;
      queues[to + COUNT] = count + 1;
      network.waveletHops++;
      if (count === 0) {
        const consumer = queues[to + CONSUMER]!;
        if (consumer >= 0) {
          let due = network.slotNow + latency;
          if (due >= network.ring) due -= network.ring;
          network.wake(consumer, due);
        }
      }
    }
    if (flags & TO_RAMP) network.waveletHops--;
    queues[source + HEAD] = head + 1 === queues[source + CAPACITY]! ? 0 : head + 1;
    queues[source + COUNT] = held - 1;
    queues[source + LAST_POP] = now;
    network.lastMove = now;
    const waiter = queues[source + WAITER]!;
    if (waiter >= 0) {
      queues[source + WAITER] = -1;
      network.wake(waiter, network.slotNext);
    }
    if (held > 1) {
      const next = slots[((queues[source + BASE]! + queues[source + HEAD]!) << 1) + 1]! >> 2;
      const delay = next <= now + 1 ? 1 : next - now;
      let due = network.slotNow + delay;
      if (due >= network.ring) due -= network.ring;
      network.readyLanes.add(due, router, 1 << ((code >> 2) & 31));
    }
    return taken | ports;
  }

  /** A control wavelet: the ramp branch is left out, and the router acts after it has left unless the rule is transit. */
  #moveControl(lane: number, taken: number): number {
    const network = this.#network;
    const { lanes, queues, slots } = network;
    const at = lane * LANE;
    const source = lanes[at + SOURCE]!;
    const flags = lanes[at + FLAGS]!;
    const targets = (flags & 7) - (flags & TO_RAMP ? 1 : 0);
    const code = network.laneCode(lane);
    for (let i = 0; i < targets; i++) {
      const target = lanes[at + TARGETS + i]!;
      if (target === -1) throw this.#nowhere(lane);
      if (target >= 0 && !network.hasSpace(target, code)) return taken;
    }
    const ports = (flags >> PORTS_SHIFT) & LINK_PORTS;
    if (ports & taken) {
      network.contentionEvents++;
      network.wake(code, network.slotNext);
      return taken;
    }
    const slot = network.headSlot(source);
    const value = slots[slot]!;
    const kind = slots[slot + 1]! & 3;
    let links = LINK_COUNT[ports]!;
    for (let i = 0; i < targets; i++) {
      const target = lanes[at + TARGETS + i]!;
      if (target >= 0) network.push(target, value, kind);
      else links--;
    }
    network.waveletHops += links;
    network.pop(source);
    network.lastMove = network.now;
    if (!(flags & IS_TRANSIT)) network.actOn(lane, kind);
    else if (queues[source * QUEUE + COUNT] !== 0) network.wakeLane(lane, 1);
    return taken | ports;
  }

  #takeOutput(stream: number, value: number, lane: number): void {
    const network = this.#network;
    const { elements, stream: host } = network.image.fabric.streams[stream]!;
    const moved = network.streamMoved[stream]!++;
    if (moved >= elements) {
      throw new ProgramFault(
        "SIM-013",
        `Cannot take more than ${elements} elements of host stream "${host.name}"`,
        this.#place(lane),
      );
    }
    if (!network.image.isTimingOnly) this.#streamData[stream]![moved] = value;
    network.lastOutput = network.now;
  }

  #nowhere(lane: number): ProgramFault {
    const { fabric } = this.#network.image;
    const flags = this.#network.lanes[lane * LANE + FLAGS]!;
    const side =
      [0, 1, 2, 3].find((port) => (flags >> PORTS_SHIFT) & (1 << port) && fabric.destination(lane, port) === -1) ??
      PORT.ramp;
    const message = `Cannot send colour ${fabric.laneColor[lane]!} ${PORT_NAMES[side]!}: there is nothing to receive it`;
    return new ProgramFault("SIM-012", message, this.#place(lane));
  }

  #place(lane: number): { core: { x: number; y: number } } {
    const { image } = this.#network;
    return { core: routerCoord(image, image.fabric.laneRouter[lane]!) };
  }
}
