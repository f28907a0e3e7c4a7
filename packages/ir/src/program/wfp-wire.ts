/**
 * The messages of `wfp.proto` as they are in memory, and the numbers of its enums. Decoded messages have every field, with proto3's
 * defaults, and null for a message that is absent.
 */
import type { BinaryFn, CompareFn, ElementType, ForwardFn, Instruction, RouterPort, UnaryFn } from "./program.ts";

export interface WireFile {
  readonly magic: number;
  readonly version: number;
  readonly program: WireProgram | null;
}

export interface WireProgram {
  readonly name: string;
  readonly machine: WireMachine | null;
  readonly tensors: readonly WireTensor[];
  readonly kernels: readonly WireKernel[];
  readonly entries: readonly WireEntry[];
}

export interface WireMachine {
  readonly name: string;
  readonly sha256: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface WireTensor {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly sha256: Uint8Array;
}

export interface WireKernel {
  readonly name: string;
  readonly template: string;
  readonly loc: readonly string[];
}

export interface WireEntry {
  readonly name: string;
  readonly steps: readonly { readonly name: string; readonly min: number; readonly max: number }[];
  readonly codes: readonly WireCode[];
  readonly classes: readonly WireClass[];
  readonly routes: readonly WireRoute[];
  readonly streams: readonly WireStream[];
}

export interface WireCode {
  readonly name: string;
  readonly colors: readonly string[];
  readonly params: readonly string[];
  readonly buffers: readonly WireBuffer[];
  readonly bindings: readonly WireBinding[];
  readonly body: readonly WireInstruction[];
}

export interface WireBuffer {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly elements: number;
  readonly persistent: boolean;
}

export interface WireBinding {
  readonly buffer: number;
  readonly offset: WireExpr | null;
  readonly dims: readonly WireBindingDim[];
  readonly tensor: number;
  readonly start: readonly WireExpr[];
}

export interface WireBindingDim {
  readonly count: WireExpr | null;
  readonly stride: number;
  readonly tensorDim: number;
  readonly step: number;
}

export interface WireExpr {
  readonly kind: number;
  readonly value: number;
  readonly name: string;
  readonly args: readonly WireExpr[];
}

export interface WireView {
  readonly buffer: number;
  readonly offset: WireExpr | null;
  readonly dims: readonly { readonly count: WireExpr | null; readonly stride: number }[];
}

export interface WireSource {
  readonly view?: WireView | null;
  readonly literal?: number;
  readonly index?: WireExpr | null;
}

export interface WireRule {
  readonly from: number;
  readonly to: readonly number[];
  readonly transit: boolean;
}

export interface WireInstruction {
  readonly op: number;
  readonly kernel: number;
  readonly fn: number;
  readonly dst: WireView | null;
  readonly sources: readonly WireSource[];
  readonly value: number;
  readonly count: WireExpr | null;
  readonly step: number;
  readonly fused: boolean;
  readonly color: number;
  readonly to: number;
  readonly thread?: number | null;
  readonly queue: number;
  readonly isOutput: boolean;
  readonly rules: readonly WireRule[];
  readonly variable: string;
  readonly body: readonly WireInstruction[];
}

export interface WireRect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly dx: number;
  readonly dy: number;
}

export interface WireClass {
  readonly name: string;
  readonly code: number;
  readonly cores: readonly WireRect[];
  readonly colors: readonly number[];
  readonly params: readonly { readonly expr: WireExpr | null; readonly table: readonly number[] }[];
}

export interface WireRoute {
  readonly color: number;
  readonly cores: readonly WireRect[];
  readonly rules: readonly WireRule[];
  readonly position: number;
  readonly closed: boolean;
}

export interface WireStream {
  readonly name: string;
  readonly isOutput: boolean;
  readonly color: number;
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly tensor: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly parts: readonly WireStreamPart[];
}

export interface WireStreamPart {
  readonly tensor: string;
  readonly shape: readonly number[];
}

/** "wfp" and a zero byte, little-endian. */
export const WFP_MAGIC = 0x00706677;
export const WFP_VERSION = 2;

// Positions are the numbers of the schema's enums.

export const WIRE_TYPES = ["f32", "i32", "f16", "bf16"] as const satisfies readonly ElementType[];
export const WIRE_PORTS = ["north", "east", "south", "west", "ramp"] as const satisfies readonly RouterPort[];
export const WIRE_EXPRS = ["const", "var", "add", "mul", "mulParam", "floordiv", "mod", "min", "max"] as const;
export const WIRE_OPS = [
  "fill",
  "iota",
  "copy",
  "cast",
  "unary",
  "binary",
  "compare",
  "select",
  "reduce",
  "matmul",
  "send",
  "recv",
  "recv_reduce",
  "drop",
  "forward",
  "wait",
  "bind",
  "advance",
  "close",
  "open",
  "repeat",
  "gather",
  "scatter",
] as const satisfies readonly Instruction["op"][];

export type AnyFn = UnaryFn | BinaryFn | CompareFn | ForwardFn;

/** Numbers of `Fn`; 0 is none. */
export const WIRE_FNS = {
  neg: 1,
  abs: 2,
  exp: 3,
  log: 4,
  erf: 5,
  tanh: 6,
  sin: 7,
  cos: 8,
  sqrt: 9,
  rsqrt: 10,
  recip: 11,
  floor: 12,
  add: 20,
  sub: 21,
  mul: 22,
  div: 23,
  min: 24,
  max: 25,
  eq: 30,
  ne: 31,
  lt: 32,
  le: 33,
  gt: 34,
  ge: 35,
  pass: 40,
  store: 41,
} as const satisfies { readonly [F in AnyFn]: number };
