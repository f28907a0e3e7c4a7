/**
 * Collects the code of one role (the root core or the other cores) of one group. Buffers are virtual: `assemble` gives them addresses by live
 * range. Instructions that are empty on every core are not emitted. `u` and `v` are the core's column and row inside the region; the root is (0,0).
 */
import { expr as build } from "@waferc/ir/program";
import type {
  BinaryFn,
  Binding,
  CompareFn,
  ElementType,
  Expr,
  ForwardFn,
  Instruction,
  ReduceFn,
  Source,
  UnaryFn,
  View,
} from "@waferc/ir/program";
import type { Dataflow, Operand, Sharding, TensorId } from "@waferc/ir/dataflow";
import { clamp, expr, isZero, minus, sum, times, type Int } from "./expr.ts";
import { isEmpty } from "./views.ts";

export type Role = "root" | "other";

export interface VirtualBuffer {
  readonly name: string;
  readonly type: ElementType;
  readonly elements: number;
}

/** A piece of SRAM: a virtual buffer and where in it the piece starts. */
export interface Place {
  readonly buffer: number;
  readonly offset: Expr;
}

export interface EmittedCode {
  readonly colors: readonly string[];
  readonly params: readonly string[];
  readonly buffers: readonly VirtualBuffer[];
  /** `Binding.tensor` is a `WeightId`. */
  readonly bindings: readonly Binding[];
  readonly body: readonly Instruction[];
}

export class CodeBuilder {
  readonly width: number;
  readonly height: number;
  readonly u: Expr;
  readonly v: Expr;
  readonly role: Role;
  private readonly dataflow: Dataflow;
  private readonly buffers: VirtualBuffer[] = [];
  private readonly bindings: Binding[] = [];
  private readonly colors: string[] = [];
  private readonly flowsOut: number[] = [];
  private readonly tensorBuffers = new Map<TensorId, number>();
  private readonly weightBuffers = new Map<string, number>();
  private body: Instruction[] = [];
  private kernel = 0;
  private loops = 0;
  private iteration: Expr = build.constant(0);

  constructor(dataflow: Dataflow, group: number, role: Role) {
    const shape = dataflow.groups[group];
    if (shape === undefined) throw new RangeError(`no group ${group}`);
    this.dataflow = dataflow;
    this.width = shape.width;
    this.height = shape.height;
    this.role = role;
    this.u = role === "root" ? build.constant(0) : build.variable("u");
    this.v = role === "root" ? build.constant(0) : build.variable("v");
  }

  /** Everything emitted until the next call is for this kernel. */
  startKernel(kernel: number): void {
    this.kernel = kernel;
  }

  // ------------------------------------------------------------ memory

  scratch(name: string, elements: number, type: ElementType = "f32"): Place {
    this.buffers.push({ name: `k${this.kernel}.${name}`, type, elements: Math.max(1, elements) });
    return { buffer: this.buffers.length - 1, offset: build.constant(0) };
  }

  /** The local buffer of a mesh tensor: rows.block x cols.block. */
  tensor(id: TensorId): Place {
    let buffer = this.tensorBuffers.get(id);
    if (buffer === undefined) {
      const { rows, cols } = this.shardingOf(id);
      this.buffers.push({ name: `t${id}`, type: "f32", elements: rows.block * cols.block });
      buffer = this.buffers.length - 1;
      this.tensorBuffers.set(id, buffer);
    }
    return { buffer, offset: build.constant(0) };
  }

  shardingOf(id: TensorId): Sharding {
    const tensor = this.dataflow.tensors[id];
    if (tensor === undefined) throw new RangeError(`no tensor t${id}`);
    return tensor.sharding;
  }

  /** The local buffer of a weight operand; inside a loop, the piece of the current iteration. */
  weight(operand: Extract<Operand, { kind: "weight" }>): Place {
    const { weights, sharding } = operand;
    const elements = sharding.rows.block * sharding.cols.block;
    const distinct = new Set(weights).size === 1 ? weights.slice(0, 1) : weights;
    const key = JSON.stringify([distinct, sharding]);
    let buffer = this.weightBuffers.get(key);
    if (buffer === undefined) {
      this.buffers.push({
        name: `w${distinct.join("_")}`.slice(0, 40),
        type: "f32",
        elements: elements * distinct.length,
      });
      buffer = this.buffers.length - 1;
      this.weightBuffers.set(key, buffer);
      for (const [index, weight] of distinct.entries()) this.bind(buffer, index * elements, weight, sharding);
    }
    return { buffer, offset: distinct.length === 1 ? build.constant(0) : times(elements, this.iteration) };
  }

  private bind(buffer: number, offset: number, weight: number, { rows, cols }: Sharding): void {
    const position = { x: this.u, y: this.v, none: build.constant(0) };
    this.bindings.push({
      buffer,
      offset: build.constant(offset),
      dims: [
        { count: build.constant(rows.block), stride: cols.block, tensorDim: 0, step: 1 },
        { count: build.constant(cols.block), stride: 1, tensorDim: 1, step: 1 },
      ],
      tensor: weight,
      start: [times(rows.block, position[rows.axis]), times(cols.block, position[cols.axis])],
    });
  }

  /** Number of real rows (columns) of a blocked dimension on this core. */
  localCount(dim: Sharding["rows"]): Expr {
    if (dim.axis === "none") return build.constant(dim.block);
    const position = dim.axis === "x" ? this.u : this.v;
    return clamp(minus(dim.extent, times(dim.block, position)), 0, dim.block);
  }

  // ------------------------------------------------------------ control

  /** Emits a loop; the body is built by `emit` with the loop variable. */
  repeat(count: Int, emit: (i: Expr) => void): void {
    if (isZero(count)) return;
    if (expr(count).kind === "const" && count === 1) return emit(build.constant(0));
    const name = `i${this.loops++}`;
    const outer = this.body;
    this.body = [];
    emit(build.variable(name));
    const body = this.body;
    this.body = outer;
    if (body.length > 0) this.push({ op: "repeat", kernel: this.kernel, variable: name, count: expr(count), body });
  }

  /** A loop whose iterations take the weights' entries one after the other. */
  repeatLayers(count: number, emit: () => void): void {
    this.repeat(count, (i) => {
      const outer = this.iteration;
      this.iteration = i;
      emit();
      this.iteration = outer;
    });
  }

  wait(thread: number): void {
    this.push({ op: "wait", kernel: this.kernel, thread });
  }

  // ------------------------------------------------------------ local instructions

  fill(dst: View, value: number): void {
    this.local(dst, { op: "fill", kernel: this.kernel, dst, value });
  }

  copy(dst: View, src: View): void {
    this.local(dst, { op: "copy", kernel: this.kernel, dst, src });
  }

  cast(dst: View, src: View): void {
    this.local(dst, { op: "cast", kernel: this.kernel, dst, src });
  }

  select(dst: View, cond: View, a: Source, b: Source): void {
    this.local(dst, { op: "select", kernel: this.kernel, dst, cond, a, b });
  }

  unary(fn: UnaryFn, dst: View, src: Source): void {
    this.local(dst, { op: "unary", kernel: this.kernel, fn, dst, src });
  }

  binary(fn: BinaryFn, dst: View, a: Source, b: Source): void {
    this.local(dst, { op: "binary", kernel: this.kernel, fn, dst, a, b });
  }

  compare(fn: CompareFn, dst: View, a: Source, b: Source): void {
    this.local(dst, { op: "compare", kernel: this.kernel, fn, dst, a, b });
  }

  reduce(fn: ReduceFn, dst: View, src: View): void {
    this.local(src, { op: "reduce", kernel: this.kernel, fn, dst, src });
  }

  matmul(dst: View, a: View, b: View): void {
    if (!isEmpty(a)) this.local(dst, { op: "matmul", kernel: this.kernel, dst, a, b, fused: false });
  }

  private local(shape: View, instruction: Instruction): void {
    if (!isEmpty(shape)) this.push(instruction);
  }

  // ------------------------------------------------------------ fabric

  send(color: string, src: View, thread?: number): void {
    if (isEmpty(src)) return;
    this.push({ op: "send", kernel: this.kernel, color: this.color(color), src, ...asyncOn(thread) });
  }

  recv(color: string, dst: View, thread?: number): void {
    if (isEmpty(dst)) return;
    this.push({ op: "recv", kernel: this.kernel, color: this.color(color), dst, ...asyncOn(thread) });
  }

  recvReduce(fn: ReduceFn, color: string, dst: View): void {
    if (isEmpty(dst)) return;
    this.push({ op: "recv_reduce", kernel: this.kernel, fn, color: this.color(color), dst });
  }

  drop(color: string, count: Int): void {
    if (isZero(count)) return;
    this.push({ op: "drop", kernel: this.kernel, color: this.color(color), count: expr(count) });
  }

  pass(from: string, to: string, count: Int): void {
    if (isZero(count)) return;
    this.push({
      op: "forward",
      kernel: this.kernel,
      fn: "pass",
      from: this.color(from),
      to: this.color(to),
      count: expr(count),
    });
  }

  forward(fn: Exclude<ForwardFn, "pass">, from: string, to: string, view: View, thread?: number): void {
    if (isEmpty(view)) return;
    this.push({
      op: "forward",
      kernel: this.kernel,
      fn,
      from: this.color(from),
      to: this.color(to),
      view,
      ...asyncOn(thread),
    });
  }

  /** Binds the output queue that flows share to this flow; returns its colour's name. Outside of loops only. */
  openFlowOut(flow: number): string {
    const name = `flow${flow}_out`;
    const color = this.color(name);
    if (this.flowsOut.at(-1) === color) return name;
    this.flowsOut.push(color);
    this.push({ op: "bind", kernel: this.kernel, direction: "out", queue: 0, color });
    return name;
  }

  // ------------------------------------------------------------ result

  private color(name: string): number {
    const index = this.colors.indexOf(name);
    return index >= 0 ? index : this.colors.push(name) - 1;
  }

  private push(instruction: Instruction): void {
    this.body.push(instruction);
  }

  /**
   * The finished code. Binds one queue for each colour and direction in use, in order of first use; flows out of the region, which follow one
   * another, share the last output queue.
   */
  finish(): EmittedCode {
    const prologue: Instruction[] = [];
    let queues = 0;
    for (const direction of ["in", "out"] as const) {
      const used = this.colors.flatMap((name, color) => (name.endsWith(`_${direction}`) ? [color] : []));
      const own = used.filter((color) => !this.flowsOut.includes(color));
      for (const [queue, color] of own.entries()) prologue.push({ op: "bind", kernel: 0, direction, queue, color });
      queues = own.length;
    }
    for (const [index, instruction] of this.body.entries()) {
      if (instruction.op === "bind") this.body[index] = { ...instruction, queue: queues };
    }
    return {
      colors: this.colors,
      params: ["u", "v"],
      buffers: this.buffers,
      bindings: this.bindings,
      body: [...prologue, ...this.body],
    };
  }
}

function asyncOn(thread: number | undefined): { readonly thread?: number } {
  return thread === undefined ? {} : { thread };
}

/** `place` moved by `by` elements. */
export function shifted(place: Place, by: Int): Place {
  return { buffer: place.buffer, offset: sum(place.offset, by) };
}
