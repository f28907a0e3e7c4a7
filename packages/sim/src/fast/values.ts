// Values of an entry, without time: each core executes its code until it lacks wavelets, whole bursts at a time, and wavelets go
// straight from the source in which a core emits them to the sinks that read them. Any order gives the same values (docs/program.md
// section 10); this one is quick. Assumes that the entry ends, which `computeTiming` decides.
import { invariant } from "@waferc/base";
import { ProgramFault, RunStopped, Violation } from "../fault.ts";
import { coreCoord, type Image, stepName } from "../image.ts";
import { Claims } from "../image/claims.ts";
import { PORT } from "../image/fabric.ts";
import type { Memory } from "../kernels/elementwise.ts";
import type { HalfFormat } from "../kernels/half.ts";
import type { RunOptions } from "../run.ts";
import type { Deliveries, Delivery } from "./delivery.ts";
import { absorbHalves, combineHalvesThrough, emitHalves, type HalfTransfer } from "./half-transfer.ts";
import { reduceHalvesInto, relayHalves } from "./half-transfer.ts";
import { buildRows, type CoreRows } from "./rows.ts";
import { Sink, Source } from "./streams.ts";
import { absorb, combineThrough, emit, reduceInto, relay } from "./transfer.ts";
import { buildValueTape, SINK_CELL, SOURCE_CELL, STREAM_CELLS, ValueRecord, type ValueTape } from "./value-tape.ts";
import type { CoreContext } from "./view-slot.ts";
import type { Matmul } from "./wasm-matmul.ts";

const PORTS = 6;
/** Turns of the agenda and iterations of loops. */
const STEPS_BETWEEN_REPORTS = 1 << 17;

/** A fabric operation of a thread, or the reading of an `out` stream; used again for the thread's next operation. */
class Movement implements HalfTransfer {
  readonly number: number;
  readonly core: number;
  record: ValueRecord | undefined;
  sink: Sink | undefined;
  source: Source | undefined;
  start = 0;
  places: Int32Array | undefined;
  total = 0;
  /** Elements of the view; the wavelets are `total`. */
  elements = 0;
  moved = 0;
  isActive = false;
  /** What is read goes here: memory, or the data of a stream. */
  into: Int32Array;

  constructor(number: number, core: number, into: Int32Array) {
    this.number = number;
    this.core = core;
    this.into = into;
  }
}

/** A pool like the image's; `matmul` works on it where it is defined. */
export interface ValueMemory extends Memory {
  readonly matmul: Matmul | undefined;
}

type Callbacks = Pick<RunOptions, "onProgress" | "shouldStop">;

/** Executes an entry again and again on the same memory. */
export class ValueEngine {
  readonly #image: Image;
  readonly #memory: Memory;
  readonly #claims: Claims;
  readonly #tapes: readonly ValueTape[];
  readonly #rows: CoreRows;
  readonly #sources: Source[] = [];
  readonly #sinks: Sink[] = [];
  /** What reads `out` streams, by stream. */
  readonly #outMovements = new Map<number, Movement>();
  /** By queue of the image. */
  readonly #sourceOfQueue = new Map<number, Source>();
  readonly #sinkOfQueue = new Map<number, number>();
  readonly #movements: Movement[] = [];
  /** Movement of core k's main thread; its microthreads' follow. */
  readonly #firstMovement: Int32Array;
  readonly #pc: Int32Array;
  /** Movement that the main thread waits for; -1 for none. */
  readonly #waitsFor: Int32Array;
  readonly #at: CoreContext;
  /** Cores as -1 - core, movements as their number. */
  readonly #work: number[] = [];
  #ended = 0;
  #callbacks: Callbacks = {};
  #toReport = STEPS_BETWEEN_REPORTS;

  constructor(image: Image, memory: ValueMemory, deliveries: Deliveries) {
    const { cores } = image;
    this.#image = image;
    this.#memory = memory;
    this.#claims = new Claims(image);
    this.#tapes = image.codes.map((code) =>
      buildValueTape(code, { memory, claims: this.#claims, matmul: memory.matmul }),
    );
    this.#firstMovement = new Int32Array(cores.count);
    this.#pc = new Int32Array(cores.count);
    this.#waitsFor = new Int32Array(cores.count).fill(-1);
    for (let k = 0; k < cores.count; k++) {
      this.#firstMovement[k] = this.#movements.length;
      for (let thread = -1; thread < image.codes[cores.codeOf[k]!]!.threads; thread++) this.#addMovement(k);
    }
    this.#rows = buildRows(
      image,
      this.#tapes.map(({ cells }) => cells),
      (core, row, rows) => this.#reserve(core, row, rows, deliveries.toCores),
    );
    this.#at = {
      core: 0,
      cells: this.#tapes[0]?.cells ?? { reserved: 0, cells: [], pool: new Int32Array(0), closures: [] },
      rows: this.#rows.rows,
      row: 0,
      frames: this.#rows.frames,
      frame: 0,
      memory: 0,
      isChecking: true,
    };
    image.fabric.streams.forEach(({ stream }, s) => {
      if (stream.direction !== "out") return;
      const movement = this.#addMovement(-1);
      movement.record = new ValueRecord("recv", -1);
      movement.sink = this.#addSink(deliveries.toHost.get(s));
      this.#outMovements.set(s, movement);
    });
  }

  /**
   * Executes the entry. Memory holds what it starts with; `streams` holds the data of `in` streams and takes that of `out` streams.
   * @throws ProgramFault, RunStopped
   */
  run(streams: readonly Int32Array[], callbacks: Callbacks = {}): void {
    this.#reset(streams);
    this.#callbacks = callbacks;
    const work = this.#work;
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (next < 0) this.#runCore(-1 - next);
      else this.#continue(this.#movements[next]!);
      if (--this.#toReport === 0) this.#report();
    }
    this.#at.isChecking = false;
    const isDone = this.#ended === this.#image.cores.count && this.#movements.every((movement) => !movement.isActive);
    invariant(isDone, "an entry whose timing ends has values");
  }

  #report(): void {
    const { shouldStop, onProgress } = this.#callbacks;
    this.#toReport = STEPS_BETWEEN_REPORTS;
    if (shouldStop?.()) throw new RunStopped();
    onProgress?.({ coresEnded: this.#ended, cores: this.#image.cores.count, waveletHops: 0 });
  }

  #addMovement(core: number): Movement {
    const movement = new Movement(this.#movements.length, core, this.#memory.words);
    this.#movements.push(movement);
    return movement;
  }

  #addSink(delivery: Delivery | undefined): Sink {
    const sink = new Sink(delivery, (queue) => this.#sourceOf(queue));
    this.#sinks.push(sink);
    return sink;
  }

  #sourceOf(queue: number): Source {
    let source = this.#sourceOfQueue.get(queue);
    if (source === undefined) {
      source = new Source(this.#sources.length);
      this.#sources.push(source);
      this.#sourceOfQueue.set(queue, source);
    }
    return source;
  }

  /** Numbers of the sinks and sources of a core's colours. */
  #reserve(core: number, row: number, rows: Int32Array, toCores: Deliveries["toCores"]): void {
    const { coreLanes, coreLaneBase, cores, codes, fabric } = this.#image;
    codes[cores.codeOf[core]!]!.colorUses.forEach((use, color) => {
      const lane = coreLanes[coreLaneBase[core]! + color]!;
      const cell = row + STREAM_CELLS * color;
      if (use.receives) {
        // Two formal colours may be the same actual one.
        const queue = fabric.laneQueues[lane * PORTS + PORT.core]!;
        let sink = this.#sinkOfQueue.get(queue);
        if (sink === undefined) {
          sink = this.#sinks.length;
          this.#addSink(toCores.get(queue));
          this.#sinkOfQueue.set(queue, sink);
        }
        rows[cell + SINK_CELL] = sink;
      }
      if (use.emits) {
        rows[cell + SOURCE_CELL] = this.#sourceOf(fabric.laneQueues[lane * PORTS + PORT.ramp]!).number;
      }
    });
  }

  #reset(streams: readonly Int32Array[]): void {
    const { cores, fabric } = this.#image;
    // A run that was stopped or failed leaves claims behind.
    if (this.#at.isChecking) {
      for (let k = 0; k < cores.count; k++) {
        const { threads } = this.#image.codes[cores.codeOf[k]!]!;
        for (let thread = 0; thread < threads; thread++) this.#claims.release(k, thread);
      }
    }
    for (const source of this.#sources) source.reset();
    for (const sink of this.#sinks) sink.reset();
    this.#pc.fill(0);
    this.#waitsFor.fill(-1);
    this.#ended = 0;
    this.#work.length = 0;
    fabric.streams.forEach(({ queue }, s) => {
      if (queue >= 0) this.#sourceOf(queue).fill(streams[s]!);
    });
    for (const movement of this.#movements) movement.isActive = false;
    for (let core = cores.count - 1; core >= 0; core--) this.#work.push(-1 - core);
    this.#outMovements.forEach((movement, s) => {
      movement.into = streams[s]!;
      movement.total = streams[s]!.length;
      movement.moved = 0;
      movement.isActive = movement.total > 0;
      if (movement.isActive) this.#work.push(movement.number);
    });
  }

  #runCore(core: number): void {
    const { cores } = this.#image;
    const at = this.#at;
    const tape = this.#tapes[cores.codeOf[core]!]!;
    at.core = core;
    at.cells = tape.cells;
    at.row = this.#rows.rowOf[core]!;
    at.frame = cores.frameBase[core]!;
    at.memory = cores.memoryBase[core]!;
    this.#waitsFor[core] = -1;
    try {
      this.#execute(core, tape.records);
    } catch (error) {
      throw error instanceof Violation ? this.#placed(error, core, tape.records[this.#pc[core]!]!) : error;
    }
  }

  /** Executes records until one has to wait. */
  #execute(core: number, records: readonly ValueRecord[]): void {
    const at = this.#at;
    const { frames, frame } = at;
    let pc = this.#pc[core]!;
    for (;;) {
      const record = records[pc]!;
      switch (record.op) {
        case "local":
          this.#pc[core] = pc;
          record.local!.execute(at);
          break;
        case "loop": {
          const count = record.bind(at);
          if (count <= 0) {
            pc = record.target;
            continue;
          }
          frames[frame + record.slot] = 0;
          frames[frame + record.limitSlot] = count;
          break;
        }
        case "next": {
          const next = frames[frame + record.slot]! + 1;
          if (next < frames[frame + record.limitSlot]!) {
            frames[frame + record.slot] = next;
            pc = record.target;
            if (--this.#toReport === 0) this.#report();
            continue;
          }
          break;
        }
        case "wait": {
          const movement = this.#movements[this.#firstMovement[core]! + record.thread + 1]!;
          if (movement.isActive) {
            this.#pc[core] = pc;
            this.#waitsFor[core] = movement.number;
            return;
          }
          if (at.isChecking) this.#claims.release(core, record.thread);
          break;
        }
        case "end":
          this.#pc[core] = pc;
          this.#ended++;
          return;
        default: {
          this.#pc[core] = pc;
          const total = record.bind(at);
          if (total <= 0) break;
          const movement = this.#start(record, total);
          if (this.#advance(movement, record)) break;
          if (record.thread >= 0) break;
          this.#pc[core] = pc + 1;
          this.#waitsFor[core] = movement.number;
          return;
        }
      }
      pc++;
    }
  }

  /** Fixes the operands of a fabric instruction of the core in `#at`. */
  #start(record: ValueRecord, total: number): Movement {
    const at = this.#at;
    const { view } = record;
    if (at.isChecking) this.#claim(record);
    const movement = this.#movements[this.#firstMovement[at.core]! + record.thread + 1]!;
    movement.record = record;
    movement.sink = record.sinkCell < 0 ? undefined : this.#sinks[at.rows[at.row + record.sinkCell]!]!;
    movement.source = record.sourceCell < 0 ? undefined : this.#sources[at.rows[at.row + record.sourceCell]!]!;
    movement.start = view === undefined ? 0 : view.resolved.start;
    movement.places = view === undefined ? undefined : view.elementPlaces();
    movement.total = total;
    movement.elements = view === undefined ? 0 : view.resolved.total;
    movement.moved = 0;
    movement.isActive = true;
    return movement;
  }

  #claim(record: ValueRecord): void {
    const view = record.view?.resolved;
    const { core } = this.#at;
    if (record.thread < 0) {
      if (view) this.#claims.checkView(core, view, record.access);
    } else {
      this.#claims.claim(core, record.thread, { inLane: -1, outLane: -1, view, access: record.access });
    }
  }

  /** A movement whose sink has got something. */
  #continue(movement: Movement): void {
    if (!this.#advance(movement, movement.record!)) return;
    const { core } = movement;
    if (core >= 0 && this.#waitsFor[core] === movement.number) this.#work.push(-1 - core);
  }

  /** Moves what can be moved; true if nothing is left. */
  #advance(movement: Movement, record: ValueRecord): boolean {
    const { sink, source, total } = movement;
    if (sink === undefined) {
      this.#send(movement, source!);
      return true;
    }
    while (movement.moved < total) {
      const left = total - movement.moved;
      const available = record.op === "drop" ? sink.left : sink.available();
      const count = available < left ? available : left;
      if (count === 0) {
        sink.reader = movement.number;
        sink.source?.hungry.push(sink);
        return false;
      }
      this.#move(movement, record, count);
      sink.advance(count);
      movement.moved += count;
    }
    movement.isActive = false;
    return true;
  }

  /** Memory goes out at once: sources have room for all. */
  #send(movement: Movement, source: Source): void {
    source.reserve(movement.total);
    if (movement.record!.half) emitHalves(this.#memory, movement, movement.elements, source);
    else emit(this.#memory, movement, movement.total, source);
    this.#produce(source, movement.total);
    movement.isActive = false;
  }

  /** The next `count` wavelets, which belong to one run of the sink. */
  #move(movement: Movement, record: ValueRecord, count: number): void {
    const { source, into } = movement;
    if (source !== undefined) source.reserve(count);
    if (record.half !== undefined) this.#moveHalves(movement, record, record.half, count);
    else this.#moveWords(movement, record, into, count);
    if (source !== undefined) this.#produce(source, count);
  }

  #moveWords(movement: Movement, record: ValueRecord, into: Int32Array, count: number): void {
    switch (record.op) {
      case "recv":
        absorb(into, movement, count);
        break;
      case "reduce":
        reduceInto(this.#memory, movement, record, count);
        break;
      case "store":
        absorb(into, movement, count);
        relay(movement, count);
        break;
      case "relay":
        relay(movement, count);
        break;
      case "combine":
        combineThrough(this.#memory, movement, record, count);
        break;
    }
  }

  #moveHalves(movement: Movement, { op, fn }: ValueRecord, format: HalfFormat, count: number): void {
    switch (op) {
      case "recv":
        absorbHalves(this.#memory, movement, count);
        break;
      case "reduce":
        reduceHalvesInto(this.#memory, movement, fn, format, count);
        break;
      case "store":
        absorbHalves(this.#memory, movement, count);
        relayHalves(movement, count);
        break;
      case "combine":
        combineHalvesThrough(this.#memory, movement, fn, format, count);
        break;
    }
  }

  #produce(source: Source, count: number): void {
    source.produced += count;
    const { hungry } = source;
    for (let sink = hungry.pop(); sink !== undefined; sink = hungry.pop()) this.#work.push(sink.reader);
  }

  #placed(error: Violation, core: number, record: ValueRecord): ProgramFault {
    const image = this.#image;
    const { kernel } = image.codes[image.cores.codeOf[core]!]!.steps[record.step]!;
    const name = image.program.kernels[kernel]?.name;
    return new ProgramFault(error.code, error.message, {
      core: coreCoord(image, core),
      instruction: stepName(image, core, record.step),
      ...(name === undefined ? {} : { kernel: name }),
    });
  }
}
