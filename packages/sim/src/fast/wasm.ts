// A very small assembler for WebAssembly: one module with one function on an imported memory, enough for a numeric kernel.
// Instructions are arrays of bytes, nested as the code is. Encoding: https://webassembly.github.io/spec/core/binary/.

/** Instructions, flat or nested. */
export type Code = readonly (number | Code)[];

export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;
const NO_RESULT = 0x40;
const FUNCTION = 0x60;

export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [value, 0x21, local];
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [a, b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [a, b, 0x6b];
export const shiftLeft = (a: Code, bits: number): Code => [a, i32(bits), 0x74];
export const lessThan = (a: Code, b: Code): Code => [a, b, 0x48];

/** Repeats `body` while `condition`, asked before each round, holds. */
export const whileLoop = (condition: Code, ...body: Code): Code => [
  [0x02, NO_RESULT, 0x03, NO_RESULT],
  [condition, 0x45, 0x0d, 1],
  body,
  [0x0c, 0, 0x0b, 0x0b],
];
/** Repeats `body` as long as `condition`, asked after each round, holds. */
export const doLoop = (body: Code, condition: Code): Code => [0x03, NO_RESULT, body, condition, 0x0d, 0, 0x0b];

/** Memory operands: no alignment promised, an offset in bytes. */
export const loadF32 = (address: Code, offset = 0): Code => [address, 0x2a, 0, ...unsigned(offset)];
export const storeF32 = (address: Code, value: Code, offset = 0): Code => [
  address,
  value,
  0x38,
  0,
  ...unsigned(offset),
];
export const addF32 = (a: Code, b: Code): Code => [a, b, 0x92];
export const multiplyF32 = (a: Code, b: Code): Code => [a, b, 0x94];
export const equalF32 = (a: Code, b: Code): Code => [a, b, 0x5b];
export const constF32 = (...bytes: number[]): Code => [0x43, ...bytes];
/** The first value where the condition is not 0, else the second. */
export const select = (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b];

export const loadV128 = (address: Code, offset = 0): Code => [address, 0xfd, 0x00, 0, ...unsigned(offset)];
export const storeV128 = (address: Code, value: Code, offset = 0): Code => [
  address,
  value,
  0xfd,
  0x0b,
  0,
  ...unsigned(offset),
];
/** One f32 of memory in all four lanes. */
export const loadSplat = (address: Code): Code => [address, 0xfd, 0x09, 0, 0];
export const addF32x4 = (a: Code, b: Code): Code => [a, b, 0xfd, 0xe4, 0x01];
export const multiplyF32x4 = (a: Code, b: Code): Code => [a, b, 0xfd, 0xe6, 0x01];
/** All bits of a lane set where the lanes are equal. */
export const equalF32x4 = (a: Code, b: Code): Code => [a, b, 0xfd, 0x41];
export const constV128 = (...bytes: number[]): Code => [0xfd, 0x0c, ...bytes];
/** Bits of `a` where the mask has ones, of `b` elsewhere. */
export const selectBits = (a: Code, b: Code, mask: Code): Code => [a, b, mask, 0xfd, 0x52];

export interface FunctionSource {
  /** Number of i32 parameters; they are the first locals. */
  readonly params: number;
  /** Types of the other locals. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that imports memory "env"."memory" and exports the function, without a result, as "run". */
export function assemble({ params, locals, body }: FunctionSource): Uint8Array {
  const types = [FUNCTION, ...vector(new Array<number>(params).fill(I32)), ...vector([])];
  const imported = [...name("env"), ...name("memory"), 0x02, 0x00, 0x00];
  const code = [...unsigned(locals.length), ...locals.flatMap((type) => [1, type]), ...flatten(body), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, ...types]),
    ...section(2, [1, ...imported]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("run"), 0x00, 0x00]),
    ...section(10, [1, ...vector(code)]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...vector(content)];
}

function vector(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function name(text: string): number[] {
  return vector([...text].map((letter) => letter.charCodeAt(0)));
}

function flatten(code: Code): number[] {
  return code.flatMap((part) => (typeof part === "number" ? [part] : flatten(part)));
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  if (value >= -0x40 && value < 0x40) return [value & 0x7f];
  return [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
