// Routers of the cycle engine: `step` visits the routers that have a lane to try in this cycle, and within a router the lanes in
// rotating order of colour. Control wavelets and multicasts take the plain paths.
// Hot loops: everything that a data wavelet with one destination needs is inlined; ../testing/plain-timing.ts is the plain version,
// with which tests compare.
import { PORT } from "../image/fabric.ts";
import { type Network } from "./network.ts";
import { nothingBeyond, surplusElement } from "./router-faults.ts";
import { LAYOUT } from "./layout.ts";

const {
  CAPACITY,
  CONSUMER,
  COUNT,
  DATA,
  FLAGS,
  HEAD,
  IS_TRANSIT,
  LAST_POP,
  LATENCY,
  PORTS_SHIFT,
  SLOTS,
  SOURCE,
  TAG_LANE,
  TARGETS,
  TO_RAMP,
  WAITER,
} = LAYOUT;

const LINK_PORTS = 15;

export class Routers {
  readonly #network: Network;
  readonly #streamData: readonly Int32Array[];
  /** Lanes of router r with a colour below c: lanesBelow[r * colors + c]. */
  readonly #lanesBelow: Uint8Array;
  /** Changes the order in which routers are visited; tests show that nothing depends on it. */
  shuffle: ((members: Int32Array, count: number) => void) | undefined;

  constructor(network: Network, streamData: readonly Int32Array[]) {
    this.#network = network;
    this.#streamData = streamData;
    const { fabric } = network.image;
    this.#lanesBelow = new Uint8Array(fabric.width * fabric.height * fabric.colors);
    for (let router = 0; router < fabric.width * fabric.height; router++) {
      let lane = fabric.laneStart[router]!;
      for (let color = 0; color < fabric.colors; color++) {
        this.#lanesBelow[router * fabric.colors + color] = lane - fabric.laneStart[router]!;
        if (lane < fabric.laneStart[router + 1]! && fabric.laneColor[lane] === color) lane++;
      }
    }
  }

  /** Moves what can move in the current cycle. */
  step(): void {
    const network = this.#network;
    const { readyLanes, readyUnits, slotNow, slotNext, ring, now, pool, laneAt, paths, linkWavelets } = network;
    const { colors, laneStart } = network.image.fabric;
    const lanesBelow = this.#lanesBelow;
    const count = readyLanes.collect(slotNow);
    if (count === 0) return;
    const { found } = readyLanes;
    this.shuffle?.(found, count);
    const first = now % colors;
    let hops = 0;
    let hasMoved = false;
    for (let f = 0; f < count; f++) {
      const router = found[f]!;
      const start = laneStart[router]!;
      let mask = readyLanes.take(slotNow, router);
      let rest = 0;
      if ((mask & (mask - 1)) !== 0) {
        // Several lanes: by colour, from colour `first` on (the lower ones of them after the rest).
        const below = (1 << lanesBelow[router * colors + first]!) - 1;
        rest = mask & below;
        mask &= ~below;
        if (mask === 0) {
          mask = rest;
          rest = 0;
        }
      }
      // Ports used in this cycle.
      let taken = 0;
      while (mask !== 0) {
        const bit = mask & -mask;
        mask ^= bit;
        const number = 31 - Math.clz32(bit);
        if (mask === 0) {
          mask = rest;
          rest = 0;
        }
        const lane = start + number;
        const at = laneAt[lane]!;
        const source = pool[at + SOURCE]!;
        if (source < 0) continue;
        const held = pool[source + COUNT]!;
        if (held === 0) continue;
        const head = pool[source + HEAD]!;
        const slot = source + SLOTS + 2 * head;
        const tag = pool[slot + 1]!;
        if (tag >> 2 > now) continue;
        if ((tag & 3) !== DATA) {
          taken = this.#moveControl(lane, taken);
          continue;
        }
        const flags = pool[at + FLAGS]!;
        const targets = flags & 7;
        const ports = (flags >> PORTS_SHIFT) & 31;
        const code = (router << 7) | (number << 2);
        const to = pool[at + TARGETS]!;
        if (targets === 1 && to >= 0) {
          const before = pool[to + COUNT]!;
          const capacity = pool[to + CAPACITY]!;
          if (before >= capacity) {
            pool[to + WAITER] = code;
            if (paths) paths.blockedOn[lane] = to;
            continue;
          }
          if (before + 1 === capacity && pool[to + LAST_POP] === now) {
            readyLanes.add(slotNext, router, bit);
            if (paths) paths.blockedOn[lane] = to;
            continue;
          }
          if ((ports & taken) !== 0) {
            network.contentionEvents++;
            readyLanes.add(slotNext, router, bit);
            continue;
          }
          const latency = pool[to + LATENCY]!;
          let place = pool[to + HEAD]! + before;
          if (place >= capacity) place -= capacity;
          const empty = to + SLOTS + 2 * place;
          pool[empty] = pool[slot]!;
          pool[empty + 1] = (now + latency) << 2;
          pool[to + COUNT] = before + 1;
          if ((flags & TO_RAMP) === 0) {
            hops++;
            if (linkWavelets) linkWavelets[router * 4 + 31 - Math.clz32(ports)]!++;
          }
          if (paths) paths.wavelets[empty >> 1] = paths.leave(lane, source, slot, now);
          if (before === 0) {
            const consumer = pool[to + CONSUMER]!;
            let due = slotNow + latency;
            if (due >= ring) due -= ring;
            if ((consumer & 3) === TAG_LANE) readyLanes.add(due, consumer >> 7, 1 << ((consumer >> 2) & 31));
            else if (consumer >= 0) readyUnits.add(due, consumer >> 7, 1 << ((consumer >> 2) & 31));
          }
        } else if (!this.#moveData(lane, code, taken, slot)) {
          continue;
        }
        taken |= ports;
        hasMoved = true;
        let next = head + 1;
        if (next === pool[source + CAPACITY]!) next = 0;
        pool[source + HEAD] = next;
        pool[source + COUNT] = held - 1;
        pool[source + LAST_POP] = now;
        const waiter = pool[source + WAITER]!;
        if (waiter >= 0) {
          pool[source + WAITER] = -1;
          if ((waiter & 3) === TAG_LANE) readyLanes.add(slotNext, waiter >> 7, 1 << ((waiter >> 2) & 31));
          else network.wake(waiter, slotNext);
        }
        if (held === 1) continue;
        const available = pool[source + SLOTS + 2 * next + 1]! >> 2;
        let due = available <= now + 1 ? slotNext : slotNow + available - now;
        if (due >= ring) due -= ring;
        readyLanes.add(due, router, bit);
      }
    }
    network.waveletHops += hops;
    if (hasMoved) network.lastMove = now;
  }

  /** A data wavelet to several destinations or a host port; returns whether it could leave. */
  #moveData(lane: number, code: number, taken: number, slot: number): boolean {
    const network = this.#network;
    const at = network.laneAt[lane]!;
    const flags = network.pool[at + FLAGS]!;
    if (!this.#mayLeave(lane, code, flags & 7, (flags >> PORTS_SHIFT) & taken)) return false;
    const path = network.paths ? network.paths.leave(lane, network.pool[at + SOURCE]!, slot, network.now) : -1;
    this.#deliver(lane, flags & 7, slot, path);
    return true;
  }

  /** A control wavelet: the ramp branch is left out, and the router acts after it has left unless the rule is transit. */
  #moveControl(lane: number, taken: number): number {
    const network = this.#network;
    const { pool } = network;
    const at = network.laneAt[lane]!;
    const source = pool[at + SOURCE]!;
    const flags = pool[at + FLAGS]!;
    const targets = (flags & 7) - (flags & TO_RAMP ? 1 : 0);
    const ports = (flags >> PORTS_SHIFT) & LINK_PORTS;
    if (!this.#mayLeave(lane, network.laneCode(lane), targets, ports & taken)) return taken;
    const slot = network.headSlot(source);
    const kind = pool[slot + 1]! & 3;
    const path = network.paths ? network.paths.leave(lane, source, slot, network.now) : -1;
    this.#deliver(lane, targets, slot, path);
    network.pop(source);
    network.lastMove = network.now;
    if (!(flags & IS_TRANSIT)) network.actOn(lane, kind, path);
    else if (pool[source + COUNT] !== 0) network.wakeLane(lane, 1);
    return taken | ports;
  }

  /** Whether the first `targets` destinations have space and no port is lost; if not, the lane is tried again in time. */
  #mayLeave(lane: number, code: number, targets: number, lostPorts: number): boolean {
    const network = this.#network;
    const first = network.laneAt[lane]! + TARGETS;
    for (let i = first; i < first + targets; i++) {
      const target = network.pool[i]!;
      if (target === -1) {
        const ports = network.pool[network.laneAt[lane]! + FLAGS]! >> PORTS_SHIFT;
        throw nothingBeyond(network.image.fabric, lane, ports);
      }
      if (target >= 0 && !network.hasSpace(target, code)) return false;
    }
    if (lostPorts === 0) return true;
    network.contentionEvents++;
    network.wake(code, network.slotNext);
    return false;
  }

  /** Puts the wavelet of a slot into the first `targets` destinations of the lane's rule. */
  #deliver(lane: number, targets: number, slot: number, path: number): void {
    const network = this.#network;
    const { pool, paths } = network;
    const at = network.laneAt[lane]!;
    const value = pool[slot]!;
    const kind = pool[slot + 1]! & 3;
    // Destinations are in the order of their ports.
    let ports = (pool[at + FLAGS]! >> PORTS_SHIFT) & 31;
    for (let i = at + TARGETS; i < at + TARGETS + targets; i++, ports &= ports - 1) {
      const target = pool[i]!;
      if (target >= 0) {
        const placed = network.push(target, value, kind);
        if (paths) paths.wavelets[placed >> 1] = path;
        const port = 31 - Math.clz32(ports & -ports);
        if (port === PORT.ramp) continue;
        network.waveletHops++;
        if (network.linkWavelets) network.linkWavelets[network.image.fabric.laneRouter[lane]! * 4 + port]!++;
      } else if (kind === DATA) {
        this.#takeOutput(-2 - target, value, lane);
        paths?.output(path);
      }
    }
  }

  #takeOutput(stream: number, value: number, lane: number): void {
    const network = this.#network;
    const { fabric } = network.image;
    const moved = network.streamMoved[stream]!++;
    if (moved >= fabric.streams[stream]!.wavelets) throw surplusElement(fabric, stream, lane);
    if (!network.image.isTimingOnly) this.#streamData[stream]![moved] = value;
    network.lastOutput = network.now;
  }
}
