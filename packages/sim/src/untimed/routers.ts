// Routers and host streams of the untimed engine: each lane (one colour at one router) and each stream is an actor that moves
// one wavelet at a time (docs/program.md sections 5 and 6).
import { ProgramFault, type Violation } from "../fault.ts";
import type { Image } from "../image.ts";
import type { CompiledRule } from "../image/fabric.ts";
import { PORT, PORT_NAMES } from "../image/fabric.ts";
import { routerCoord } from "../stalemate.ts";
import type { Queues, WaveletKind } from "./queues.ts";

/** Told what changed, so that whoever may be able to move now is woken. */
export interface QueueEvents {
  pushed(queue: number): void;
  popped(queue: number): void;
  /** The lane's rule or its open state changed. */
  laneChanged(lane: number): void;
}

export class Routers {
  readonly #image: Image;
  readonly #queues: Queues;
  readonly #events: QueueEvents;
  readonly #ruleList: Int32Array;
  readonly #position: Int32Array;
  readonly #isClosed: Uint8Array;
  readonly #isBoundIn: Uint8Array;
  readonly #streamData: readonly Int32Array[];
  readonly #streamMoved: number[];
  waveletHops = 0;

  constructor(image: Image, queues: Queues, streamData: readonly Int32Array[], events: QueueEvents) {
    const { fabric } = image;
    this.#image = image;
    this.#queues = queues;
    this.#events = events;
    this.#ruleList = Int32Array.from(fabric.laneRules);
    this.#position = Int32Array.from(fabric.lanePosition);
    this.#isClosed = Uint8Array.from(fabric.laneClosed);
    this.#isBoundIn = new Uint8Array(fabric.laneCount);
    this.#streamData = streamData;
    this.#streamMoved = fabric.streams.map(() => 0);
  }

  isClosed(lane: number): boolean {
    return this.#isClosed[lane] === 1;
  }

  isBoundIn(lane: number): boolean {
    return this.#isBoundIn[lane] === 1;
  }

  ruleList(lane: number): number {
    return this.#ruleList[lane]!;
  }

  rulePosition(lane: number): number {
    return this.#position[lane]!;
  }

  streamMoved(stream: number): number {
    return this.#streamMoved[stream]!;
  }

  /** A core has bound (or unbound) the colour to one of its input queues. */
  setBoundIn(lane: number, isBound: boolean): void {
    this.#isBoundIn[lane] = isBound ? 1 : 0;
    this.#events.laneChanged(lane);
  }

  /** A core installs rules at a closed lane. */
  open(lane: number, ruleList: number): void {
    this.#ruleList[lane] = ruleList;
    this.#position[lane] = 0;
    this.#isClosed[lane] = this.#image.fabric.ruleLists[ruleList]!.length === 0 ? 1 : 0;
    this.#events.laneChanged(lane);
  }

  /** Moves the lane's head wavelet if its rule lets it; false if it cannot. */
  moveLane(lane: number): boolean {
    const rule = this.#isClosed[lane] ? undefined : this.#currentRule(lane);
    if (!rule) return false;
    const source = this.#image.fabric.laneQueues[lane * 6 + rule.from]!;
    if (source < 0 || this.#queues.isEmpty(source)) return false;
    const kind = this.#queues.headKind(source);
    const ports = kind === "data" ? rule.to : rule.to.filter((port) => port !== PORT.ramp);
    const targets = ports.map((port) => this.#target(lane, port));
    if (!targets.every((target, i) => this.#accepts(lane, target, ports[i]!))) return false;
    const value = this.#queues.pop(source);
    this.#events.popped(source);
    targets.forEach((target, i) => this.#deliver(lane, target, ports[i]!, value, kind));
    if (kind !== "data" && !rule.transit) this.#act(lane, kind);
    return true;
  }

  #currentRule(lane: number): CompiledRule | undefined {
    return this.#image.fabric.ruleLists[this.#ruleList[lane]!]?.[this.#position[lane]!];
  }

  #target(lane: number, port: number): number {
    const target = this.#image.fabric.destination(lane, port);
    if (target !== -1) return target;
    throw this.#fault(
      lane,
      "SIM-012",
      `Cannot send colour ${this.#color(lane)} ${PORT_NAMES[port]!}: there is nothing to receive it`,
    );
  }

  #accepts(lane: number, target: number, port: number): boolean {
    if (port === PORT.ramp && !this.#isBoundIn[lane]) return false;
    return target < -1 || !this.#queues.isFull(target);
  }

  #deliver(lane: number, target: number, port: number, value: number, kind: WaveletKind): void {
    if (target >= 0) {
      this.#queues.push(target, value, kind);
      if (port !== PORT.ramp) this.waveletHops++;
      this.#events.pushed(target);
      return;
    }
    if (kind !== "data") return;
    const stream = -2 - target;
    const { wavelets, stream: host } = this.#image.fabric.streams[stream]!;
    const moved = this.#streamMoved[stream]!++;
    if (moved >= wavelets) {
      throw this.#fault(lane, "SIM-013", `Cannot take more than ${wavelets} wavelets of host stream "${host.name}"`);
    }
    this.#streamData[stream]![moved] = value;
  }

  #act(lane: number, kind: "advance" | "close"): void {
    const rules = this.#image.fabric.ruleLists[this.#ruleList[lane]!]!;
    if (kind === "close") this.#isClosed[lane] = 1;
    else this.#position[lane] = (this.#position[lane]! + 1) % rules.length;
    this.#events.laneChanged(lane);
  }

  /** Feeds one element of an `in` stream; false if it is complete or its queue is full. */
  moveStream(stream: number): boolean {
    const { wavelets, queue, stream: host } = this.#image.fabric.streams[stream]!;
    const moved = this.#streamMoved[stream]!;
    if (host.direction === "out" || moved === wavelets || this.#queues.isFull(queue)) return false;
    this.#queues.push(queue, this.#streamData[stream]![moved]!, "data");
    this.#streamMoved[stream] = moved + 1;
    this.#events.pushed(queue);
    return true;
  }

  #color(lane: number): number {
    return this.#image.fabric.laneColor[lane]!;
  }

  #fault(lane: number, code: Violation["code"], message: string): ProgramFault {
    return new ProgramFault(code, message, { core: routerCoord(this.#image, this.#image.fabric.laneRouter[lane]!) });
  }
}
