// Bindings: fills the memory of every core with its part of the tensors before cycle 0 (docs/program.md section 1, `Binding` in
// ir/program). Coordinates outside a tensor give 0. Tensors are asked for one at a time and may be released by their source.
import { elementBytes, is16Bit, type Binding, type Program, type TensorSource } from "@waferc/ir/program";
import { ProgramFault } from "../fault.ts";
import { bitsOfData } from "../tensor-bits.ts";
import type { CompiledCode } from "./code.ts";
import type { CoreTable } from "./cores.ts";
import { compileExpr, type Evaluate } from "./expression.ts";

type Elements = Int32Array | Uint16Array;

interface CompiledBinding {
  readonly binding: Binding;
  /** First element of the buffer in the core's memory, and elements in a word of it. */
  readonly first: number;
  readonly perWord: 1 | 2;
  readonly elements: number;
  readonly bufferName: string;
  readonly shape: readonly number[];
  /** Elements between neighbours along each tensor dimension. */
  readonly pitches: readonly number[];
  readonly offset: Evaluate;
  readonly start: readonly Evaluate[];
  readonly counts: readonly Evaluate[];
}

/** Copies every binding of every core into `memory`, tensor by tensor. */
export function preload(
  program: Program,
  codes: readonly CompiledCode[],
  cores: CoreTable,
  weights: TensorSource,
  memory: Int32Array,
): void {
  const perCode = codes.map((code) => code.code.bindings.map((binding) => compileBinding(program, code, binding)));
  const halves = new Uint16Array(memory.buffer, memory.byteOffset, memory.length * 2);
  const used = new Set(perCode.flat().map((compiled) => compiled.binding.tensor));
  for (const tensor of [...used].sort((a, b) => a - b)) {
    const data = tensorBits(program, tensor, weights);
    const target = data instanceof Uint16Array ? halves : memory;
    for (let k = 0; k < cores.count; k++) {
      for (const binding of perCode[cores.codeOf[k]!]!) {
        if (binding.binding.tensor === tensor) new BindingCopy(binding, cores, k, data, target).run();
      }
    }
  }
}

function tensorBits(program: Program, tensor: number, weights: TensorSource): Elements {
  const { name, type, shape } = program.tensors[tensor]!;
  const data = weights(tensor);
  const elements = shape.reduce((n, extent) => n * extent, 1);
  const bits = bitsOfData(type, data);
  if (bits?.length === elements) return bits;
  throw new ProgramFault(
    "SIM-002",
    `Cannot load tensor "${name}": needs ${elements} elements of ${type}, has ${data.length}`,
  );
}

function compileBinding(program: Program, code: CompiledCode, binding: Binding): CompiledBinding {
  const buffer = code.code.buffers[binding.buffer]!;
  const { shape } = program.tensors[binding.tensor]!;
  const pitches = shape.map((_, d) => shape.slice(d + 1).reduce((n, extent) => n * extent, 1));
  const evaluate = (expr: Parameters<typeof compileExpr>[0]) => compileExpr(expr, code.scope).evaluate;
  return {
    binding,
    first: buffer.address / elementBytes(buffer.type),
    perWord: is16Bit(buffer.type) ? 2 : 1,
    elements: buffer.elements,
    bufferName: buffer.name,
    shape,
    pitches,
    offset: evaluate(binding.offset),
    start: binding.start.map(evaluate),
    counts: binding.dims.map((dim) => evaluate(dim.count)),
  };
}

/** One binding on one core. */
class BindingCopy {
  readonly #compiled: CompiledBinding;
  readonly #data: Elements;
  readonly #memory: Elements;
  readonly #origin: number;
  readonly #offset: number;
  readonly #counts: readonly number[];
  readonly #coords: number[];

  constructor(compiled: CompiledBinding, cores: CoreTable, core: number, data: Elements, memory: Elements) {
    const base = cores.frameBase[core]!;
    this.#compiled = compiled;
    this.#data = data;
    this.#memory = memory;
    this.#origin = cores.memoryBase[core]! * compiled.perWord + compiled.first;
    this.#offset = compiled.offset(cores.frames, base);
    this.#counts = compiled.counts.map((count) => count(cores.frames, base));
    this.#coords = compiled.start.map((start) => start(cores.frames, base));
    if (!this.#counts.some((count) => count <= 0)) this.#checkBounds(cores, core);
  }

  run(): void {
    this.#copy(0, this.#offset);
  }

  #checkBounds(cores: CoreTable, core: number): void {
    let low = this.#offset;
    let high = this.#offset;
    this.#compiled.binding.dims.forEach((dim, d) => {
      const reach = (this.#counts[d]! - 1) * dim.stride;
      if (reach < 0) low += reach;
      else high += reach;
    });
    const { bufferName, elements } = this.#compiled;
    if (low >= 0 && high < elements) return;
    const element = low < 0 ? low : high;
    throw new ProgramFault(
      "SIM-003",
      `Cannot preload element ${element} of buffer "${bufferName}": it has ${elements}`,
      {
        core: { x: cores.frames[cores.frameBase[core]!]!, y: cores.frames[cores.frameBase[core]! + 1]! },
      },
    );
  }

  #copy(d: number, at: number): void {
    const { dims } = this.#compiled.binding;
    const dim = dims[d];
    if (!dim) {
      this.#memory[this.#origin + at] = this.#element();
      return;
    }
    if (d === dims.length - 1) {
      this.#copyRow(at);
      return;
    }
    const { tensorDim, step, stride } = dim;
    const first = this.#coords[tensorDim]!;
    for (let i = 0; i < this.#counts[d]!; i++) {
      this.#coords[tensorDim] = first + i * step;
      this.#copy(d + 1, at + i * stride);
    }
    this.#coords[tensorDim] = first;
  }

  /** The innermost dimension, with the range test of the other coordinates done once. */
  #copyRow(at: number): void {
    const { binding, shape, pitches } = this.#compiled;
    const { tensorDim, step, stride } = binding.dims[binding.dims.length - 1]!;
    const count = this.#counts[binding.dims.length - 1]!;
    const extent = shape[tensorDim]!;
    const first = this.#coords[tensorDim]!;
    let source = 0;
    let isInside = true;
    for (let t = 0; t < shape.length; t++) {
      const coord = this.#coords[t]!;
      source += coord * pitches[t]!;
      if (t !== tensorDim && (coord < 0 || coord >= shape[t]!)) isInside = false;
    }
    const pitch = pitches[tensorDim]! * step;
    let element = this.#origin + at;
    let coord = first;
    for (let i = 0; i < count; i++, element += stride, coord += step, source += pitch) {
      this.#memory[element] = isInside && coord >= 0 && coord < extent ? this.#data[source]! : 0;
    }
  }

  #element(): number {
    const { shape, pitches } = this.#compiled;
    let source = 0;
    for (let t = 0; t < shape.length; t++) {
      const coord = this.#coords[t]!;
      if (coord < 0 || coord >= shape[t]!) return 0;
      source += coord * pitches[t]!;
    }
    return this.#data[source]!;
  }
}
