// One core of a symbolic run: its code as a coroutine that stops where it has to wait, its microthreads beside it.
import { constantTerm } from "./term.ts";
import type { Term } from "./term.ts";
import { bufferBytes, elementBytes, evaluateExpr, is16Bit, isLocal, waveletsOf } from "@waferc/ir/program";
import type {
  Binding,
  Code,
  CoreClass,
  ElementType,
  Expr,
  FabricInstruction,
  Instruction,
  View,
} from "@waferc/ir/program";
import { ADVANCE, CLOSE } from "./symbolic-fabric.ts";
import type { Lane, SymbolicFabric } from "./symbolic-fabric.ts";
import { addressesOf, executeLocal, functionOf } from "./symbolic-local.ts";
import type { CoreState } from "./symbolic-local.ts";

const ZERO = constantTerm(0);

/** A fabric instruction under way; true once it is over. */
type Transfer = () => boolean;

export interface CoreOptions {
  readonly code: Code;
  readonly coreClass: CoreClass;
  readonly x: number;
  readonly y: number;
  /** Parameters and step scalars. */
  readonly variables: ReadonlyMap<string, number>;
  readonly isFinite: boolean;
}

export class SymbolicCore implements CoreState {
  readonly code: Code;
  readonly memory: Float64Array;
  readonly isFinite: boolean;
  readonly #lanes: readonly Lane[];
  readonly #fabric: SymbolicFabric;
  readonly #variables: Map<string, number>;
  readonly #threads = new Map<number, Transfer>();
  readonly #main: Generator<void, void, undefined>;
  #hasEnded = false;

  constructor({ code, coreClass, x, y, variables, isFinite }: CoreOptions, fabric: SymbolicFabric) {
    this.code = code;
    this.isFinite = isFinite;
    this.#fabric = fabric;
    this.#variables = new Map([...variables, ["x", x], ["y", y]]);
    const bytes = code.buffers.reduce((end, buffer) => Math.max(end, buffer.address + bufferBytes(buffer)), 0);
    this.memory = new Float64Array(bytes / 2).fill(constantTerm(0));
    this.#lanes = coreClass.colors.map((color) => fabric.lane(x, y, color));
    this.#main = this.#run(code.body);
  }

  /** Goes on until it has to wait. */
  go(): void {
    for (const [thread, transfer] of this.#threads) if (transfer()) this.#threads.delete(thread);
    if (!this.#hasEnded) this.#hasEnded = this.#main.next().done === true;
  }

  get hasEnded(): boolean {
    return this.#hasEnded && this.#threads.size === 0;
  }

  readonly evaluate = (expr: Expr): number =>
    expr.kind === "const" ? expr.value : evaluateExpr(expr, this.#variables);

  /** @param terms of the tensor's elements, in row-major order */
  preload(binding: Binding, shape: readonly number[], terms: Float64Array): void {
    const coords = binding.start.map(this.evaluate);
    const counts = binding.dims.map(({ count }) => this.evaluate(count));
    const { address, type } = this.code.buffers[binding.buffer]!;
    const scale = elementBytes(type) / 2;
    const copy = (d: number, half: number): void => {
      const dim = binding.dims[d];
      if (!dim) {
        const isInside = coords.every((coord, t) => coord >= 0 && coord < shape[t]!);
        const element = coords.reduce((index, coord, t) => index * shape[t]! + coord, 0);
        this.memory[half] = isInside ? terms[element]! : constantTerm(0);
        return;
      }
      for (let i = 0; i < counts[d]!; i++) {
        copy(d + 1, half + i * scale * dim.stride);
        coords[dim.tensorDim]! += dim.step;
      }
      coords[dim.tensorDim]! -= Math.max(0, counts[d]!) * dim.step;
    };
    copy(0, address / 2 + scale * this.evaluate(binding.offset));
  }

  *#run(body: readonly Instruction[]): Generator<void, void, undefined> {
    for (const instruction of body) {
      this.#fabric.moves++;
      if (isLocal(instruction)) executeLocal(this, instruction);
      else yield* this.#runOther(instruction);
    }
  }

  *#runOther(instruction: Exclude<Instruction, { op: "fill" }>): Generator<void, void, undefined> {
    switch (instruction.op) {
      case "repeat": {
        const count = this.evaluate(instruction.count);
        for (let i = 0; i < count; i++) {
          this.#variables.set(instruction.variable, i);
          yield* this.#run(instruction.body);
        }
        this.#variables.delete(instruction.variable);
        return;
      }
      case "wait":
        while (this.#threads.has(instruction.thread)) yield;
        return;
      case "bind":
        return; // Queues have no bounds and stand apart by colour.
      case "advance":
      case "close":
        return this.#emit(this.#lane(instruction.color), [instruction.op === "close" ? CLOSE : ADVANCE]);
      case "open": {
        const lane = this.#lane(instruction.color);
        while (!lane.isClosed) yield;
        return this.#fabric.open(lane, instruction.rules);
      }
      case "send":
      case "recv":
      case "recv_reduce":
      case "drop":
      case "forward": {
        const transfer = this.#start(instruction);
        if (transfer()) return;
        if (instruction.thread !== undefined) this.#threads.set(instruction.thread, transfer);
        else while (!transfer()) yield;
        return;
      }
      default:
        throw new Error(`no local instruction is expected here, but ${instruction.op}`);
    }
  }

  #lane(color: number): Lane {
    return this.#lanes[color]!;
  }

  #start(instruction: FabricInstruction): Transfer {
    switch (instruction.op) {
      case "send": {
        const elements = Array.from(addressesOf(this, instruction.src), (address) => this.memory[address]!);
        const isHalf = is16Bit(this.#typeOf(instruction.src));
        this.#emit(this.#lane(instruction.color), isHalf ? this.#fabric.pairs.pack(elements) : elements);
        return () => true;
      }
      case "recv":
      case "recv_reduce": {
        const { memory } = this;
        const type = this.#typeOf(instruction.dst);
        const combine = instruction.op === "recv_reduce" ? functionOf(instruction.fn, type, this) : undefined;
        const elements = this.#elementsOf(instruction.dst, (item, address) => {
          memory[address] = combine ? combine(memory[address]!, item) : item;
          return item;
        });
        return this.#take(instruction.color, elements.wavelets, elements.use);
      }
      case "drop":
        return this.#take(instruction.color, this.evaluate(instruction.count), () => undefined);
      case "forward":
        return this.#forward(instruction);
      default:
        return instruction satisfies never;
    }
  }

  #forward({ fn, from, to, view, count }: Extract<FabricInstruction, { readonly op: "forward" }>): Transfer {
    const out = this.#lane(to);
    const { ramp } = out.queues;
    const settle = (): void => this.#fabric.settle(out);
    if (!view || fn === "pass") {
      return this.#take(from, count ? this.evaluate(count) : 0, (item) => ramp.push(item), settle);
    }
    const { memory } = this;
    const combine = fn === "store" ? undefined : functionOf(fn, this.#typeOf(view), this);
    const { wavelets, use } = this.#elementsOf(view, (item, address) => {
      if (!combine) memory[address] = item;
      return combine ? combine(item, memory[address]!) : item;
    });
    return this.#take(from, wavelets, (item, i) => ramp.push(use(item, i)), settle);
  }

  #typeOf(view: View): ElementType {
    return this.code.buffers[view.buffer]!.type;
  }

  /** Lets every wavelet of a view meet its elements: one, or two of a 16-bit type. `use` gives what goes on. */
  #elementsOf(
    view: View,
    meet: (item: Term, address: number) => Term,
  ): { readonly wavelets: number; readonly use: (item: Term, index: number) => Term } {
    const addresses = addressesOf(this, view);
    const type = this.#typeOf(view);
    const wavelets = waveletsOf(type, addresses.length);
    if (!is16Bit(type)) return { wavelets, use: (item, i) => meet(item, addresses[i]!) };
    const { pairs } = this.#fabric;
    return {
      wavelets,
      use: (item, i) => {
        const low = meet(pairs.low(item), addresses[2 * i]!);
        const second = addresses[2 * i + 1];
        return pairs.of(low, second === undefined ? ZERO : meet(pairs.high(item), second));
      },
    };
  }

  #emit(lane: Lane, items: readonly number[]): void {
    for (const item of items) lane.queues.ramp.push(item);
    this.#fabric.settle(lane);
  }

  /** Takes wavelets as they come; `after` follows some of them. */
  #take(
    color: number,
    count: number,
    use: (item: Term, index: number) => void,
    after: () => void = () => undefined,
  ): Transfer {
    const { toCore } = this.#lane(color);
    let taken = 0;
    return () => {
      const before = taken;
      while (taken < count && !toCore.isEmpty) use(toCore.take(), taken++);
      this.#fabric.moves += taken - before;
      if (taken > before) after();
      return taken >= count;
    };
  }
}
