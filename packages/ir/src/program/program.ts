/**
 * The program noun: everything a wafer needs to run, and nothing else. `docs/program.md` is its meaning; this file is its
 * shape. All of it is stored by class (code + sets of cores + quasi-affine parameters of x and y), never by core.
 * Assumes verified input where a consumer says so; `verify.ts` checks well-formedness, `@waferc/check` legality.
 */

/** Element types of SRAM buffers. 32-bit elements travel one to a wavelet, 16-bit ones two. */
export type ElementType = "f32" | "i32" | "f16" | "bf16";

export type RouterPort = "north" | "east" | "south" | "west" | "ramp";

/** Sides of the grid a host port can sit on; the stream enters or leaves through that edge router's outward port. */
export type Side = "north" | "east" | "south" | "west";

// ---------------------------------------------------------------- quasi-affine integer expressions

/**
 * Quasi-affine integer expression (docs/program.md section 3). `var` names `x`, `y`, a formal parameter of the code, a loop
 * variable in scope, or a step scalar of the entry. In `mul` the factor is a constant or a formal parameter (per core).
 * `floordiv` and `mod` round toward minus infinity; `by` is a positive constant.
 */
export type Expr =
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "var"; readonly name: string }
  | { readonly kind: "add"; readonly terms: readonly Expr[] }
  | { readonly kind: "mul"; readonly factor: number | string; readonly of: Expr }
  | { readonly kind: "floordiv"; readonly of: Expr; readonly by: number }
  | { readonly kind: "mod"; readonly of: Expr; readonly by: number }
  | { readonly kind: "min"; readonly args: readonly Expr[] }
  | { readonly kind: "max"; readonly args: readonly Expr[] };

// ---------------------------------------------------------------- operands

/** One dimension of a view: `count` elements, `stride` elements apart (may be negative or 0). */
export interface ViewDim {
  readonly count: Expr;
  readonly stride: number;
}

/**
 * A view into a buffer of the same core: element (i0, i1, ..) lies at `offset + sum(i_d * stride_d)`, in elements of the
 * buffer's type. 0 to 4 dimensions, outermost first; no dimension means one element.
 */
export interface View {
  /** Index into `Code.buffers`. */
  readonly buffer: number;
  readonly offset: Expr;
  readonly dims: readonly ViewDim[];
}

/** A source operand: memory, a literal (rounded to the operation's type), or an integer expression cast to that type. */
export type Source =
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "index"; readonly expr: Expr };

/** Index into `Code.colors`: the formal colour, which the class binds to an actual one. */
export type ColorOperand = number;

export type UnaryFn =
  "neg" | "abs" | "exp" | "log" | "erf" | "tanh" | "sin" | "cos" | "sqrt" | "rsqrt" | "recip" | "floor";
export type BinaryFn = "add" | "sub" | "mul" | "div" | "min" | "max";
export type CompareFn = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
export type ReduceFn = "add" | "max" | "min";
/** What `forward` does with each wavelet v and view element e: pass: emit v; store: e = v, emit v; others: emit fn(v, e). */
export type ForwardFn = "pass" | "store" | ReduceFn;

/** One routing rule: from one port to a set of ports. `transit` passes control wavelets without acting on them. */
export interface Rule {
  readonly from: RouterPort;
  readonly to: readonly RouterPort[];
  readonly transit: boolean;
}

// ---------------------------------------------------------------- instructions

interface InstructionBase {
  /** Index into `Program.kernels`: which kernel, and so which ONNX nodes, this instruction works for. */
  readonly kernel: number;
}
/** Fabric instructions may be issued on a microthread; absent means synchronous. */
interface Async {
  readonly thread?: number;
}

export type LocalInstruction = InstructionBase &
  (
    | { readonly op: "fill"; readonly dst: View; readonly value: number }
    | { readonly op: "iota"; readonly dst: View; readonly start: Expr; readonly step: number }
    | { readonly op: "copy"; readonly dst: View; readonly src: View }
    | { readonly op: "cast"; readonly dst: View; readonly src: View }
    | { readonly op: "unary"; readonly fn: UnaryFn; readonly dst: View; readonly src: Source }
    | { readonly op: "binary"; readonly fn: BinaryFn; readonly dst: View; readonly a: Source; readonly b: Source }
    | { readonly op: "compare"; readonly fn: CompareFn; readonly dst: View; readonly a: Source; readonly b: Source }
    | { readonly op: "select"; readonly dst: View; readonly cond: View; readonly a: Source; readonly b: Source }
    /** dst[..] = fn(dst[..], src[.., 0]), then src[.., 1], ..: `src` has one dimension more than `dst`, innermost. */
    | { readonly op: "reduce"; readonly fn: ReduceFn; readonly dst: View; readonly src: View }
    /** dst[m,n] += a[m,k] * b[k,n], k ascending; product and sum each rounded unless `fused`. */
    | { readonly op: "matmul"; readonly dst: View; readonly a: View; readonly b: View; readonly fused: boolean }
    /** dst[i,:] = src[base + index[i],:], zeros where src has no such row. */
    | { readonly op: "gather"; readonly dst: View; readonly src: View; readonly index: View; readonly base: Expr }
    /** dst[index[i] - base,:] = src[i,:] in the order of i, nothing where dst has no such row. */
    | { readonly op: "scatter"; readonly dst: View; readonly src: View; readonly index: View; readonly base: Expr }
  );

export type FabricInstruction = InstructionBase &
  (
    | ({ readonly op: "send"; readonly color: ColorOperand; readonly src: View } & Async)
    | ({ readonly op: "recv"; readonly color: ColorOperand; readonly dst: View } & Async)
    | ({ readonly op: "recv_reduce"; readonly fn: ReduceFn; readonly color: ColorOperand; readonly dst: View } & Async)
    | ({ readonly op: "drop"; readonly color: ColorOperand; readonly count: Expr } & Async)
    | ({
        readonly op: "forward";
        readonly fn: ForwardFn;
        readonly from: ColorOperand;
        readonly to: ColorOperand;
        /** Number of wavelets for `pass`; the view's size otherwise. */
        readonly count?: Expr;
        readonly view?: View;
        /** Type the values are combined in for add/max/min; the view's type. */
      } & Async)
  );

export type ControlInstruction = InstructionBase &
  (
    | { readonly op: "wait"; readonly thread: number }
    | { readonly op: "bind"; readonly direction: "in" | "out"; readonly queue: number; readonly color: ColorOperand }
    | { readonly op: "advance"; readonly color: ColorOperand }
    | { readonly op: "close"; readonly color: ColorOperand }
    | { readonly op: "open"; readonly color: ColorOperand; readonly rules: readonly Rule[] }
  );

export interface RepeatInstruction extends InstructionBase {
  readonly op: "repeat";
  /** Loop variable, unique in its code; runs 0 .. count-1. */
  readonly variable: string;
  readonly count: Expr;
  readonly body: readonly Instruction[];
}

export type Instruction = LocalInstruction | FabricInstruction | ControlInstruction | RepeatInstruction;

// ---------------------------------------------------------------- code, memory, classes

export interface Buffer {
  readonly name: string;
  readonly type: ElementType;
  /** Byte address in SRAM, a multiple of 4. */
  readonly address: number;
  readonly elements: number;
  /** Survives from entry to entry; must have the same address, type and size in each. */
  readonly persistent: boolean;
}

/**
 * Preloads a view of a buffer from a tensor before cycle 0. Destination element (i0..) of `dims` takes the tensor element at
 * coordinates start[t] + sum over dims with `tensorDim == t` of i * step; coordinates outside the tensor give 0.
 */
export interface Binding {
  readonly buffer: number;
  /** Destination offset in elements (quasi-affine in x, y, parameters). */
  readonly offset: Expr;
  readonly dims: readonly BindingDim[];
  /** Index into `Program.tensors`. */
  readonly tensor: number;
  /** One start coordinate per tensor dimension. */
  readonly start: readonly Expr[];
}
export interface BindingDim {
  readonly count: Expr;
  /** Destination stride in elements. */
  readonly stride: number;
  readonly tensorDim: number;
  readonly step: number;
}

/** A core program: shared by every class that names it. Its instruction bytes count against SRAM on each of their cores. */
export interface Code {
  readonly name: string;
  /** Formal colours; classes bind them. */
  readonly colors: readonly string[];
  /** Formal integer parameters; classes bind them. */
  readonly params: readonly string[];
  readonly buffers: readonly Buffer[];
  readonly bindings: readonly Binding[];
  readonly body: readonly Instruction[];
}

/** Cores (x + i*dx, y + j*dy) for 0 <= i < w, 0 <= j < h; enumerated with i fastest. */
export interface StridedRect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly dx: number;
  readonly dy: number;
}
/** A set of cores as disjoint strided rectangles; enumerated rectangle by rectangle. */
export type CoreSet = readonly StridedRect[];

/** Actual parameter: an expression of x and y, or one value per core in the enumeration order of the class's cores. */
export type ParamValue =
  { readonly kind: "expr"; readonly expr: Expr } | { readonly kind: "table"; readonly values: readonly number[] };

export interface CoreClass {
  readonly name: string;
  /** Index into `Entry.codes`. */
  readonly code: number;
  readonly cores: CoreSet;
  /** Actual colour of each formal colour of the code. */
  readonly colors: readonly number[];
  readonly params: readonly ParamValue[];
}

/** Initial router state of one colour on a set of cores. Routers that no entry names are closed, with an empty list. */
export interface RouterRules {
  readonly color: number;
  readonly cores: CoreSet;
  readonly rules: readonly Rule[];
  readonly position: number;
  readonly closed: boolean;
}

export interface HostStream {
  readonly name: string;
  readonly direction: "in" | "out";
  readonly color: number;
  readonly port: { readonly x: number; readonly y: number; readonly side: Side };
  /** The host tensor that feeds or receives the stream, its elements in row-major order. */
  readonly tensor: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The host tensors that the stream's tensor is made of, one after the other, where they are several. */
  readonly parts?: readonly StreamPart[];
}

export interface StreamPart {
  readonly tensor: string;
  readonly shape: readonly number[];
}

/** A run-time integer, equal on all cores, with its declared inclusive range. */
export interface StepScalar {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export interface Entry {
  readonly name: string;
  readonly steps: readonly StepScalar[];
  readonly codes: readonly Code[];
  readonly classes: readonly CoreClass[];
  readonly routes: readonly RouterRules[];
  readonly streams: readonly HostStream[];
}

export interface ProgramTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** SHA-256 of the row-major little-endian data. */
  readonly sha256: string;
}

export interface KernelInfo {
  readonly name: string;
  readonly template: string;
  /** ONNX node names this kernel computes. */
  readonly loc: readonly string[];
}

export interface Program {
  readonly name: string;
  /** The machine it was made for; an empty digest means any machine of that name and grid. */
  readonly machine: { readonly name: string; readonly sha256: string; readonly width: number; readonly height: number };
  readonly tensors: readonly ProgramTensor[];
  readonly kernels: readonly KernelInfo[];
  readonly entries: readonly Entry[];
}

/** Data of a tensor in row-major order; elements of 16-bit types as their bits. */
export type TensorData = Float32Array | Int32Array | Uint16Array;

/** Supplies weight data by index into `Program.tensors`; timing-only consumers never call it. */
export type TensorSource = (tensor: number) => TensorData;
