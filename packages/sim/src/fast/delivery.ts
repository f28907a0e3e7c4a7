// Which wavelets reach which queue: follows runs of wavelets, not single ones, through the routers, with unlimited queues and
// without time. What a core emits on a colour is fixed by its code, and a lane handles its wavelets in an order that timing
// cannot change, so the result holds for every schedule (docs/program.md section 10). Programs that deadlock give short lists.
import { ProgramFault } from "../fault.ts";
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import { evaluateOperand } from "./cells.ts";
import type { CoreRows } from "./rows.ts";
import * as T from "./timing-tape.ts";
import type { TimingTape } from "./timing-tape.ts";

const PORTS = 6;
/** Words of a run: source, first wavelet, count (0 for a control wavelet), kind. */
const RUN_WORDS = 4;

/** What arrives at a core's input queue or an `out` stream, in order. */
export interface Delivery {
  /** Triples: source (the queue in which the wavelets started), number of the first in that source, count. */
  readonly runs: Int32Array;
  readonly wavelets: number;
}

export interface Deliveries {
  /** By queue of the image; defined for queues from router to core that get something. */
  readonly toCores: ReadonlyMap<number, Delivery>;
  /** By number of the `out` stream. */
  readonly toHost: ReadonlyMap<number, Delivery>;
}

/** Runs of wavelets in order; neighbours join where one continues the other. */
class RunList {
  readonly words: number[] = [];
  head = 0;

  add(source: number, first: number, count: number, kind: number): void {
    const { words } = this;
    const last = words.length - RUN_WORDS;
    const joins = kind === T.DATA && last >= this.head && words[last + 3] === T.DATA && words[last] === source;
    if (joins && words[last + 1]! + words[last + 2]! === first) words[last + 2]! += count;
    else words.push(source, first, count, kind);
  }

  /** Takes the first run off; an emptied list gives its memory back. */
  drop(): void {
    this.head += RUN_WORDS;
    if (!this.isEmpty) return;
    this.words.length = 0;
    this.head = 0;
  }

  get isEmpty(): boolean {
    return this.head === this.words.length;
  }
}

export function traceDeliveries(image: Image, tapes: readonly TimingTape[], rows: CoreRows): Deliveries {
  return new Tracer(image, tapes, rows).trace();
}

class Tracer {
  readonly #image: Image;
  readonly #tapes: readonly TimingTape[];
  readonly #rows: CoreRows;
  readonly #queues: RunList[];
  /** Wavelets emitted so far, by source. */
  readonly #emitted: Float64Array;
  readonly #toHost = new Map<number, RunList>();
  readonly #ruleList: Int32Array;
  readonly #position: Int32Array;
  readonly #isOpen: Uint8Array;
  /** Rule lists that the lane's core opens, in order. */
  readonly #opens = new Map<number, number[]>();
  readonly #work: number[] = [];
  readonly #isQueued: Uint8Array;

  constructor(image: Image, tapes: readonly TimingTape[], rows: CoreRows) {
    const { fabric } = image;
    this.#image = image;
    this.#tapes = tapes;
    this.#rows = rows;
    this.#queues = Array.from({ length: fabric.queueCount }, () => new RunList());
    this.#emitted = new Float64Array(fabric.queueCount);
    this.#ruleList = Int32Array.from(fabric.laneRules);
    this.#position = Int32Array.from(fabric.lanePosition);
    this.#isOpen = Uint8Array.from(fabric.laneClosed, (closed) => 1 - closed);
    this.#isQueued = new Uint8Array(fabric.laneCount);
  }

  trace(): Deliveries {
    const { cores, fabric } = this.#image;
    for (let k = 0; k < cores.count; k++) this.#emit(k);
    fabric.streams.forEach(({ queue, wavelets }) => {
      if (queue >= 0 && wavelets > 0) this.#queues[queue]!.add(queue, 0, wavelets, T.DATA);
    });
    for (let lane = 0; lane < fabric.laneCount; lane++) this.#schedule(lane);
    for (let lane = this.#work.pop(); lane !== undefined; lane = this.#work.pop()) {
      this.#isQueued[lane] = 0;
      this.#advance(lane);
    }
    const toCores = new Map<number, Delivery>();
    this.#queues.forEach((list, queue) => {
      if (fabric.queuePort[queue] === PORT.core && list.words.length > 0) toCores.set(queue, delivery(list));
    });
    return { toCores, toHost: new Map([...this.#toHost].map(([stream, list]) => [stream, delivery(list)])) };
  }

  /** Walks a core's code for what it emits and opens. */
  #emit(k: number): void {
    const { cores } = this.#image;
    const { words: code, cells } = this.#tapes[cores.codeOf[k]!]!;
    const { rows, rowOf, frames } = this.#rows;
    const row = rowOf[k]!;
    const frame = cores.frameBase[k]!;
    for (let pc = 0; code[pc] !== T.T_END;) {
      switch (code[pc]) {
        case T.T_SEND:
          this.#emitRun(k, code[pc + 4]!, evaluateOperand(code[pc + 3]!, cells, rows, row, frames, frame));
          break;
        case T.T_FORWARD:
          this.#emitRun(k, code[pc + 6]!, evaluateOperand(code[pc + 3]!, cells, rows, row, frames, frame));
          break;
        case T.T_CONTROL: {
          const queue = this.#outQueue(k, code[pc + 4]!);
          this.#queues[queue]!.add(queue, this.#emitted[queue]!, 0, code[pc + 3]!);
          break;
        }
        case T.T_OPEN: {
          const lane = this.#laneOf(k, code[pc + 4]!);
          const opens = this.#opens.get(lane);
          if (opens) opens.push(code[pc + 3]!);
          else this.#opens.set(lane, [code[pc + 3]!]);
          break;
        }
        case T.T_LOOP: {
          const count = evaluateOperand(code[pc + 3]!, cells, rows, row, frames, frame);
          if (count <= 0) {
            pc = code[pc + 6]!;
            continue;
          }
          frames[frame + code[pc + 4]!] = 0;
          frames[frame + code[pc + 5]!] = count;
          break;
        }
        case T.T_NEXT: {
          const next = ++frames[frame + code[pc + 4]!]!;
          if (next < frames[frame + code[pc + 5]!]!) {
            pc = code[pc + 6]!;
            continue;
          }
          break;
        }
      }
      pc += T.RECORD_WORDS;
    }
  }

  #emitRun(k: number, cell: number, count: number): void {
    if (count <= 0) return;
    const queue = this.#outQueue(k, cell);
    this.#queues[queue]!.add(queue, this.#emitted[queue]!, count, T.DATA);
    this.#emitted[queue]! += count;
    if (this.#emitted[queue]! > 2 ** 30)
      throw new ProgramFault("SIM-016", `Cannot follow more than ${2 ** 30} wavelets`);
  }

  #laneOf(k: number, cell: number): number {
    const { coreLanes, coreLaneBase } = this.#image;
    return coreLanes[coreLaneBase[k]! + Math.floor(cell / T.COLOR_CELLS)]!;
  }

  #outQueue(k: number, cell: number): number {
    return this.#image.fabric.laneQueues[this.#laneOf(k, cell) * PORTS + PORT.ramp]!;
  }

  #schedule(lane: number): void {
    if (this.#isQueued[lane] === 1) return;
    this.#isQueued[lane] = 1;
    this.#work.push(lane);
  }

  #advance(lane: number): void {
    const { fabric } = this.#image;
    for (;;) {
      if (this.#isOpen[lane] === 0 && !this.#open(lane)) return;
      const rule = fabric.ruleLists[this.#ruleList[lane]!]![this.#position[lane]!]!;
      const source = fabric.laneQueues[lane * PORTS + rule.from]!;
      const list = source < 0 ? undefined : this.#queues[source];
      if (!list || list.isEmpty) return;
      const kind = list.words[list.head + 3]!;
      for (const port of rule.to) {
        if (kind === T.DATA || port !== PORT.ramp) this.#deliver(lane, port, list.words, list.head);
      }
      list.drop();
      if (kind === T.DATA || rule.transit) continue;
      if (kind === T.CLOSE) this.#isOpen[lane] = 0;
      else this.#position[lane] = (this.#position[lane]! + 1) % fabric.ruleLists[this.#ruleList[lane]!]!.length;
    }
  }

  /** Installs the next rules of a closed lane; false if its core opens it no more. */
  #open(lane: number): boolean {
    const rules = this.#opens.get(lane)?.shift();
    if (rules === undefined) return false;
    this.#ruleList[lane] = rules;
    this.#position[lane] = 0;
    this.#isOpen[lane] = this.#image.fabric.ruleLists[rules]!.length === 0 ? 0 : 1;
    return this.#isOpen[lane] === 1 || this.#open(lane);
  }

  #deliver(lane: number, port: number, words: readonly number[], at: number): void {
    const { fabric } = this.#image;
    const [source, first, count, kind] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const destination = fabric.destination(lane, port);
    if (destination >= 0) {
      this.#queues[destination]!.add(source, first, count, kind);
      if (port !== PORT.ramp) this.#schedule(fabric.queueLane[destination]!);
    } else if (destination < -1 && kind === T.DATA) {
      const stream = -2 - destination;
      const list = this.#toHost.get(stream) ?? new RunList();
      list.add(source, first, count, kind);
      this.#toHost.set(stream, list);
    }
  }
}

function delivery({ words }: RunList): Delivery {
  const runs = new Int32Array((words.length / RUN_WORDS) * 3);
  let wavelets = 0;
  for (let i = 0, r = 0; i < words.length; i += RUN_WORDS, r += 3) {
    runs[r] = words[i]!;
    runs[r + 1] = words[i + 1]!;
    runs[r + 2] = words[i + 2]!;
    wavelets += words[i + 2]!;
  }
  return { runs, wavelets };
}
