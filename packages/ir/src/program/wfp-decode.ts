/**
 * From the messages of `wfp.proto` to the noun. Whatever the bytes were, the result is a program in shape; `verifyProgram` must
 * then say whether it is one in sense.
 */
import type {
  Binding,
  Buffer,
  Code,
  CoreClass,
  CoreSet,
  ElementType,
  Entry,
  Expr,
  HostStream,
  Instruction,
  Program,
  RouterPort,
  RouterRules,
  Rule,
  Source,
  StridedRect,
  View,
} from "./program.ts";
import { BINARY_FNS, COMPARE_FNS, FORWARD_FNS, REDUCE_FNS, UNARY_FNS } from "./parse-code.ts";
import type {
  AnyFn,
  WireBinding,
  WireClass,
  WireCode,
  WireEntry,
  WireExpr,
  WireInstruction,
  WireProgram,
  WireRect,
  WireRoute,
  WireRule,
  WireSource,
  WireStream,
  WireView,
} from "./wfp-wire.ts";
import { WIRE_EXPRS, WIRE_FNS, WIRE_OPS, WIRE_PORTS, WIRE_TYPES } from "./wfp-wire.ts";

/** A message lacks a field, or an enum has a value that the schema does not have. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}

function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new WireError(`${what} is missing`);
  return value;
}

function enumValue<T extends string>(values: readonly T[], number: number, what: string): T {
  const value = values[number];
  if (value === undefined) throw new WireError(`${what} has unknown value ${number}`);
  return value;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromWireProgram(wire: WireProgram): Program {
  const { name, sha256, width, height } = present(wire.machine, "machine of the program");
  return {
    name: wire.name,
    machine: { name, sha256: hexOf(sha256), width, height },
    tensors: wire.tensors.map(({ name, type, shape, sha256 }) => ({
      name,
      type: elementType(type),
      shape: [...shape],
      sha256: hexOf(sha256),
    })),
    kernels: wire.kernels.map(({ name, template, loc }) => ({ name, template, loc: [...loc] })),
    entries: wire.entries.map(fromWireEntry),
  };
}

function elementType(type: number): ElementType {
  return enumValue(WIRE_TYPES, type, "element type");
}

function fromWireEntry(wire: WireEntry): Entry {
  return {
    name: wire.name,
    steps: wire.steps.map(({ name, min, max }) => ({ name, min, max })),
    codes: wire.codes.map(fromWireCode),
    classes: wire.classes.map(fromWireClass),
    routes: wire.routes.map(fromWireRoute),
    streams: wire.streams.map(fromWireStream),
  };
}

function fromWireStream(wire: WireStream): HostStream {
  const { name, isOutput, color, x, y, side, tensor, parts } = wire;
  const port = enumValue(WIRE_PORTS, side, "side of a stream");
  if (port === "ramp") throw new WireError("side of a stream is the ramp");
  const direction = isOutput ? "out" : "in";
  return {
    name,
    direction,
    color,
    port: { x, y, side: port },
    tensor,
    type: elementType(wire.type),
    shape: [...wire.shape],
    ...(parts.length > 0 ? { parts: parts.map((part) => ({ tensor: part.tensor, shape: [...part.shape] })) } : {}),
  };
}

function fromWireRoute({ color, cores, rules, position, closed }: WireRoute): RouterRules {
  return { color, cores: fromWireCores(cores), rules: rules.map(fromWireRule), position, closed };
}

function fromWireCores(cores: readonly WireRect[]): CoreSet {
  return cores.map(({ x, y, w, h, dx, dy }): StridedRect => ({ x, y, w, h, dx, dy }));
}

function fromWireRule({ from, to, transit }: WireRule): Rule {
  const port = (number: number): RouterPort => enumValue(WIRE_PORTS, number, "port of a rule");
  return { from: port(from), to: to.map(port), transit };
}

function fromWireClass({ name, code, cores, colors, params }: WireClass): CoreClass {
  return {
    name,
    code,
    cores: fromWireCores(cores),
    colors: [...colors],
    params: params.map(({ expr, table }) =>
      expr ? { kind: "expr", expr: fromWireExpr(expr) } : { kind: "table", values: [...table] },
    ),
  };
}

function fromWireCode({ name, colors, params, buffers, bindings, body }: WireCode): Code {
  return {
    name,
    colors: [...colors],
    params: [...params],
    buffers: buffers.map((buffer): Buffer => ({
      name: buffer.name,
      type: elementType(buffer.type),
      address: buffer.address,
      elements: buffer.elements,
      persistent: buffer.persistent,
    })),
    bindings: bindings.map(fromWireBinding),
    body: body.map(fromWireInstruction),
  };
}

function fromWireBinding({ buffer, offset, dims, tensor, start }: WireBinding): Binding {
  return {
    buffer,
    offset: expression(offset),
    dims: dims.map(({ count, stride, tensorDim, step }) => ({ count: expression(count), stride, tensorDim, step })),
    tensor,
    start: start.map(fromWireExpr),
  };
}

function expression(wire: WireExpr | null): Expr {
  return fromWireExpr(present(wire, "expression"));
}

function fromWireExpr(wire: WireExpr): Expr {
  const kind = enumValue(WIRE_EXPRS, wire.kind, "kind of an expression");
  const of = (): Expr => expression(wire.args[0] ?? null);
  switch (kind) {
    case "const":
      return { kind, value: wire.value };
    case "var":
      return { kind, name: wire.name };
    case "add":
      return { kind, terms: wire.args.map(fromWireExpr) };
    case "mul":
      return { kind, factor: wire.value, of: of() };
    case "mulParam":
      return { kind: "mul", factor: wire.name, of: of() };
    case "floordiv":
    case "mod":
      return { kind, of: of(), by: wire.value };
    case "min":
    case "max":
      return { kind, args: wire.args.map(fromWireExpr) };
    default:
      return kind satisfies never;
  }
}

function view(wire: WireView | null | undefined): View {
  const { buffer, offset, dims } = present(wire, "view");
  return {
    buffer,
    offset: expression(offset),
    dims: dims.map(({ count, stride }) => ({ count: expression(count), stride })),
  };
}

function source(wire: WireSource | undefined): Source {
  const { view: viewWire, literal, index } = present(wire, "source");
  if (viewWire) return { kind: "view", view: view(viewWire) };
  if (index) return { kind: "index", expr: fromWireExpr(index) };
  // A literal that is absent reads as the field's default, which says nothing.
  if (wire === undefined || !Object.hasOwn(wire, "literal")) throw new WireError("source is empty");
  return { kind: "literal", value: literal ?? 0 };
}

const FN_NAMES = new Map(Object.entries(WIRE_FNS).map(([fn, number]) => [number, fn as AnyFn] as const));

function fn<T extends AnyFn>(wire: WireInstruction, allowed: readonly T[]): T {
  const name = FN_NAMES.get(wire.fn as (typeof WIRE_FNS)[AnyFn]);
  const found = allowed.find((candidate) => candidate === name);
  if (found === undefined) throw new WireError(`function of an instruction has unknown value ${wire.fn}`);
  return found;
}

function fromWireInstruction(wire: WireInstruction): Instruction {
  const op = enumValue(WIRE_OPS, wire.op, "op of an instruction");
  const { kernel, color } = wire;
  const sourceView = (index: number): View => view(wire.sources[index]?.view);
  const dst = (): View => view(wire.dst);
  const thread = typeof wire.thread === "number" ? { thread: wire.thread } : {};
  switch (op) {
    case "fill":
      return { kernel, op, dst: dst(), value: wire.value };
    case "iota":
      return { kernel, op, dst: dst(), start: expression(wire.count), step: wire.step };
    case "copy":
    case "cast":
      return { kernel, op, dst: dst(), src: sourceView(0) };
    case "unary":
      return { kernel, op, fn: fn(wire, UNARY_FNS), dst: dst(), src: source(wire.sources[0]) };
    case "binary":
      return { kernel, op, fn: fn(wire, BINARY_FNS), dst: dst(), ...twoSources(wire, 0) };
    case "compare":
      return { kernel, op, fn: fn(wire, COMPARE_FNS), dst: dst(), ...twoSources(wire, 0) };
    case "select":
      return { kernel, op, dst: dst(), cond: sourceView(0), ...twoSources(wire, 1) };
    case "reduce":
      return { kernel, op, fn: fn(wire, REDUCE_FNS), dst: dst(), src: sourceView(0) };
    case "matmul":
      return { kernel, op, dst: dst(), a: sourceView(0), b: sourceView(1), fused: wire.fused };
    case "gather":
    case "scatter":
      return { kernel, op, dst: dst(), src: sourceView(0), index: sourceView(1), base: expression(wire.count) };
    case "send":
      return { kernel, op, color, src: dst(), ...thread };
    case "recv":
      return { kernel, op, color, dst: dst(), ...thread };
    case "recv_reduce":
      return { kernel, op, fn: fn(wire, REDUCE_FNS), color, dst: dst(), ...thread };
    case "drop":
      return { kernel, op, color, count: expression(wire.count), ...thread };
    case "forward": {
      const operand = {
        ...(wire.dst ? { view: dst() } : {}),
        ...(wire.count ? { count: expression(wire.count) } : {}),
      };
      return { kernel, op, fn: fn(wire, FORWARD_FNS), from: color, to: wire.to, ...operand, ...thread };
    }
    case "wait":
      return { kernel, op, thread: present(wire.thread, "microthread of a wait") };
    case "bind":
      return { kernel, op, direction: wire.isOutput ? "out" : "in", queue: wire.queue, color };
    case "advance":
    case "close":
      return { kernel, op, color };
    case "open":
      return { kernel, op, color, rules: wire.rules.map(fromWireRule) };
    case "repeat": {
      const body = wire.body.map(fromWireInstruction);
      return { kernel, op, variable: wire.variable, count: expression(wire.count), body };
    }
    default:
      return op satisfies never;
  }
}

function twoSources(wire: WireInstruction, first: number): { readonly a: Source; readonly b: Source } {
  return { a: source(wire.sources[first]), b: source(wire.sources[first + 1]) };
}
