/** From the noun to the messages of `wfp.proto`. Assumes a verified program, so that every number fits its field. */
import type { Binding, Code, CoreClass, CoreSet, Entry, Expr, Instruction, Program, Source, View } from "./program.ts";
import type {
  AnyFn,
  WireBinding,
  WireClass,
  WireCode,
  WireEntry,
  WireExpr,
  WireFile,
  WireInstruction,
  WireProgram,
  WireRect,
  WireRule,
  WireSource,
  WireView,
} from "./wfp-wire.ts";
import { WFP_MAGIC, WFP_VERSION, WIRE_EXPRS, WIRE_FNS, WIRE_OPS, WIRE_PORTS, WIRE_TYPES } from "./wfp-wire.ts";

/** A message without the fields that have proto3's defaults. -0.0 is not one of them. */
function compact<T extends object>(message: T): T {
  const kept: Partial<T> = {};
  // Instructions and expressions come by the hundred thousand, so no list of entries is made for each.
  for (const key in message) if (!isDefault(message[key])) kept[key] = message[key];
  return kept as T;
}

function isDefault(value: unknown): boolean {
  if (typeof value === "number") return Object.is(value, 0);
  if (Array.isArray(value) || value instanceof Uint8Array || typeof value === "string") return value.length === 0;
  return value === false || value === null || value === undefined;
}

export function toWireFile(program: Program): WireFile {
  return { magic: WFP_MAGIC, version: WFP_VERSION, program: toWireProgram(program) };
}

function toWireProgram({ name, machine, tensors, kernels, entries }: Program): WireProgram {
  return compact({
    name,
    machine: compact({ ...machine, sha256: bytesOf(machine.sha256) }),
    tensors: tensors.map(({ name, type, shape, sha256 }) =>
      compact({ name, type: WIRE_TYPES.indexOf(type), shape, sha256: bytesOf(sha256) }),
    ),
    kernels: kernels.map(({ name, template, loc }) => compact({ name, template, loc })),
    entries: entries.map(toWireEntry),
  });
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function toWireEntry({ name, steps, codes, classes, routes, streams }: Entry): WireEntry {
  return compact({
    name,
    steps: steps.map(compact),
    codes: codes.map(toWireCode),
    classes: classes.map(toWireClass),
    routes: routes.map(({ color, cores, rules, position, closed }) =>
      compact({ color, cores: toWireCores(cores), rules: rules.map(toWireRule), position, closed }),
    ),
    streams: streams.map(({ name, direction, color, port, tensor, type, shape, parts = [] }) =>
      compact({
        name,
        isOutput: direction === "out",
        color,
        x: port.x,
        y: port.y,
        side: WIRE_PORTS.indexOf(port.side),
        tensor,
        type: WIRE_TYPES.indexOf(type),
        shape,
        parts: parts.map(compact),
      }),
    ),
  });
}

function toWireCores(cores: CoreSet): readonly WireRect[] {
  return cores.map(compact);
}

function toWireRule({ from, to, transit }: { from: string; to: readonly string[]; transit: boolean }): WireRule {
  const ports: readonly string[] = WIRE_PORTS;
  return compact({ from: ports.indexOf(from), to: to.map((port) => ports.indexOf(port)), transit });
}

function toWireClass({ name, code, cores, colors, params }: CoreClass): WireClass {
  const wireParams = params.map((param) =>
    param.kind === "expr" ? { expr: toWireExpr(param.expr), table: [] } : { expr: null, table: param.values },
  );
  return compact({ name, code, cores: toWireCores(cores), colors, params: wireParams.map(compact) });
}

function toWireCode({ name, colors, params, buffers, bindings, body }: Code): WireCode {
  return compact({
    name,
    colors,
    params,
    buffers: buffers.map((buffer) => compact({ ...buffer, type: WIRE_TYPES.indexOf(buffer.type) })),
    bindings: bindings.map(toWireBinding),
    body: body.map(toWireInstruction),
  });
}

function toWireBinding({ buffer, offset, dims, tensor, start }: Binding): WireBinding {
  return compact({
    buffer,
    offset: toWireExpr(offset),
    dims: dims.map(({ count, stride, tensorDim, step }) =>
      compact({ count: toWireExpr(count), stride, tensorDim, step }),
    ),
    tensor,
    start: start.map(toWireExpr),
  });
}

function toWireExpr(expr: Expr): WireExpr {
  const wire = (kind: (typeof WIRE_EXPRS)[number], value: number, name: string, args: readonly Expr[]): WireExpr =>
    compact({ kind: WIRE_EXPRS.indexOf(kind), value, name, args: args.map(toWireExpr) });
  switch (expr.kind) {
    case "const":
      return wire("const", expr.value, "", []);
    case "var":
      return wire("var", 0, expr.name, []);
    case "add":
      return wire("add", 0, "", expr.terms);
    case "mul":
      if (typeof expr.factor === "number") return wire("mul", expr.factor, "", [expr.of]);
      return wire("mulParam", 0, expr.factor, [expr.of]);
    case "floordiv":
    case "mod":
      return wire(expr.kind, expr.by, "", [expr.of]);
    case "min":
    case "max":
      return wire(expr.kind, 0, "", expr.args);
    default:
      return expr satisfies never;
  }
}

function toWireView({ buffer, offset, dims }: View): WireView {
  const wireDims = dims.map(({ count, stride }) => compact({ count: toWireExpr(count), stride }));
  return compact({ buffer, offset: toWireExpr(offset), dims: wireDims });
}

function toWireSource(source: Source): WireSource {
  switch (source.kind) {
    case "view":
      return { view: toWireView(source.view) };
    case "literal":
      return { literal: canonical(source.value) };
    case "index":
      return { index: toWireExpr(source.expr) };
    default:
      return source satisfies never;
  }
}

/** One bit pattern for NaN. */
function canonical(value: number): number {
  return Number.isNaN(value) ? NaN : value;
}

const EMPTY: WireInstruction = {
  op: 0,
  kernel: 0,
  fn: 0,
  dst: null,
  sources: [],
  value: 0,
  count: null,
  step: 0,
  fused: false,
  color: 0,
  to: 0,
  queue: 0,
  isOutput: false,
  rules: [],
  variable: "",
  body: [],
};

function toWireInstruction(instruction: Instruction): WireInstruction {
  const { op, kernel } = instruction;
  const fields = { ...EMPTY, op: WIRE_OPS.indexOf(op), kernel, ...fieldsOf(instruction) };
  const thread = "thread" in instruction ? instruction.thread : undefined;
  return thread === undefined ? compact(fields) : { ...compact(fields), thread };
}

function fieldsOf(instruction: Instruction): Partial<WireInstruction> {
  switch (instruction.op) {
    case "fill":
      return { dst: toWireView(instruction.dst), value: canonical(instruction.value) };
    case "iota":
      return { dst: toWireView(instruction.dst), count: toWireExpr(instruction.start), step: instruction.step };
    case "copy":
    case "cast":
      return operands(instruction.dst, viewSource(instruction.src));
    case "unary":
      return { fn: fnOf(instruction.fn), ...operands(instruction.dst, instruction.src) };
    case "binary":
    case "compare":
      return { fn: fnOf(instruction.fn), ...operands(instruction.dst, instruction.a, instruction.b) };
    case "select":
      return operands(instruction.dst, viewSource(instruction.cond), instruction.a, instruction.b);
    case "reduce":
      return { fn: fnOf(instruction.fn), ...operands(instruction.dst, viewSource(instruction.src)) };
    case "matmul": {
      const { dst, a, b, fused } = instruction;
      return { ...operands(dst, viewSource(a), viewSource(b)), fused };
    }
    case "gather":
    case "scatter": {
      const { dst, src, index, base } = instruction;
      return { ...operands(dst, viewSource(src), viewSource(index)), count: toWireExpr(base) };
    }
    case "send":
      return { color: instruction.color, dst: toWireView(instruction.src) };
    case "recv":
      return { color: instruction.color, dst: toWireView(instruction.dst) };
    case "recv_reduce":
      return { fn: fnOf(instruction.fn), color: instruction.color, dst: toWireView(instruction.dst) };
    case "drop":
      return { color: instruction.color, count: toWireExpr(instruction.count) };
    case "forward": {
      const { fn, from, to, view, count } = instruction;
      const operand = { dst: view ? toWireView(view) : null, count: count ? toWireExpr(count) : null };
      return { fn: fnOf(fn), color: from, to, ...operand };
    }
    case "wait":
      return {};
    case "bind":
      return { isOutput: instruction.direction === "out", queue: instruction.queue, color: instruction.color };
    case "advance":
    case "close":
      return { color: instruction.color };
    case "open":
      return { color: instruction.color, rules: instruction.rules.map(toWireRule) };
    case "repeat": {
      const { variable, count, body } = instruction;
      return { variable, count: toWireExpr(count), body: body.map(toWireInstruction) };
    }
    default:
      return instruction satisfies never;
  }
}

function fnOf(fn: AnyFn): number {
  return WIRE_FNS[fn];
}

function operands(dst: View, ...sources: readonly Source[]): Pick<WireInstruction, "dst" | "sources"> {
  return { dst: toWireView(dst), sources: sources.map(toWireSource) };
}

function viewSource(view: View): Source {
  return { kind: "view", view };
}
