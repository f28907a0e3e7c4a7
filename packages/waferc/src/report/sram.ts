// How full each core is, read off the program: code at the bytes the machine charges, data up to the end of the last buffer.
import {
  bufferBytes,
  codeBytes,
  coreCount,
  coreSetContains,
  dataBytes,
  enumerateCores,
  type Code,
  type Entry,
  type Program,
} from "@waferc/ir/program";
import type { Dataflow } from "@waferc/ir/dataflow";
import type { Machine } from "@waferc/machine";

export interface BufferBytes {
  readonly name: string;
  /** In words: which weight, tensor or kernel it is for. */
  readonly what: string;
  readonly address: number;
  readonly bytes: number;
}

export interface CoreBytes {
  readonly x: number;
  readonly y: number;
  readonly bytes: number;
}

export interface SramRecord {
  readonly capacity: number;
  /** Most bytes on a core: code and data. */
  readonly peak: number;
  /** Mean over the cores that run code. */
  readonly mean: number;
  /** Cores by fill: `cores` have at least `from` and less than `to` bytes. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly cores: number }[];
  readonly fullest: readonly CoreBytes[];
  /** What lies on the fullest core: its code, then its buffers by size. They may share addresses. */
  readonly fullestCore: { readonly codeBytes: number; readonly buffers: readonly BufferBytes[] };
}

const FULLEST_LISTED = 10;
const HISTOGRAM_BINS = 8;

/** Bytes of a code on each of its cores. */
export function bytesOfCode(code: Code, machine: Machine): number {
  return codeBytes(code, machine.core) + dataBytes(code);
}

export function sramRecord(program: Program, dataflow: Dataflow, machine: Machine): SramRecord {
  const capacity = machine.core.sramBytes;
  const cores = coresOf(program, machine);
  const fullest = [...cores].sort((a, b) => b.bytes - a.bytes || a.y - b.y || a.x - b.x).slice(0, FULLEST_LISTED);
  const total = cores.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    capacity,
    peak: fullest[0]?.bytes ?? 0,
    mean: cores.length === 0 ? 0 : Math.round(total / cores.length),
    histogram: histogramOf(cores, capacity),
    fullest,
    fullestCore: contentsOf(fullest[0], { program, dataflow, machine }),
  };
}

/** Every core that runs code, with the bytes of the entry that needs most there. */
function coresOf(program: Program, machine: Machine): CoreBytes[] {
  const bytes = new Map<number, number>();
  for (const { code, cores } of codesOf(program)) {
    const amount = bytesOfCode(code, machine);
    for (const { x, y } of enumerateCores(cores)) {
      const key = y * program.machine.width + x;
      bytes.set(key, Math.max(bytes.get(key) ?? 0, amount));
    }
  }
  const { width } = program.machine;
  return [...bytes]
    .sort(([a], [b]) => a - b)
    .map(([key, amount]) => ({ x: key % width, y: Math.floor(key / width), bytes: amount }));
}

function codesOf(program: Program) {
  return program.entries.flatMap((entry) =>
    entry.classes.map(({ code, cores }) => ({ code: codeAt(entry, code), cores })),
  );
}

function codeAt(entry: Entry, index: number): Code {
  const code = entry.codes[index];
  if (code === undefined) throw new RangeError(`entry "${entry.name}" has no code ${index}`);
  return code;
}

/** Cores that run code in some entry. */
export function usedCores(program: Program): number {
  const [entry, ...others] = program.entries;
  if (entry !== undefined && others.length === 0) {
    return entry.classes.reduce((sum, { cores }) => sum + coreCount(cores), 0);
  }
  const used = new Set<number>();
  for (const { cores } of codesOf(program)) {
    for (const { x, y } of enumerateCores(cores)) used.add(y * program.machine.width + x);
  }
  return used.size;
}

function histogramOf(cores: readonly CoreBytes[], capacity: number): SramRecord["histogram"] {
  const step = Math.ceil(capacity / HISTOGRAM_BINS);
  return Array.from({ length: HISTOGRAM_BINS }, (_, bin) => {
    const [from, to] = [bin * step, (bin + 1) * step];
    const isLast = bin === HISTOGRAM_BINS - 1;
    return { from, to, cores: cores.filter(({ bytes }) => bytes >= from && (bytes < to || isLast)).length };
  });
}

interface Context {
  readonly program: Program;
  readonly dataflow: Dataflow;
  readonly machine: Machine;
}

function contentsOf(core: CoreBytes | undefined, context: Context): SramRecord["fullestCore"] {
  const { program, machine } = context;
  if (core === undefined) return { codeBytes: 0, buffers: [] };
  const here = codesOf(program).filter(({ cores }) => coreSetContains(cores, core.x, core.y));
  const fullest = here.map(({ code }) => code).sort((a, b) => bytesOfCode(b, machine) - bytesOfCode(a, machine))[0];
  if (fullest === undefined) return { codeBytes: 0, buffers: [] };
  const buffers = fullest.buffers
    .map(({ name, address, type, elements }, index) => ({
      name,
      what: describeBuffer(fullest, index, context),
      address,
      bytes: bufferBytes({ type, elements }),
    }))
    .sort((a, b) => b.bytes - a.bytes || a.address - b.address);
  return { codeBytes: codeBytes(fullest, machine.core), buffers };
}

/** Assembled buffers are called `t3` after a tensor or `k5.slab` after a kernel; those with a binding hold weights. */
function describeBuffer(code: Code, index: number, { program, dataflow }: Context): string {
  const name = code.buffers[index]?.name ?? "";
  const binding = code.bindings.find(({ buffer }) => buffer === index);
  if (binding !== undefined) return `weights ${program.tensors[binding.tensor]?.name ?? name}`;
  const tensor = /^t(\d+)/.exec(name)?.[1];
  if (tensor !== undefined) return `tensor ${dataflow.tensors[Number(tensor)]?.name ?? name}`;
  const kernel = dataflow.kernels[Number(/^k(\d+)\./.exec(name)?.[1] ?? -1)];
  return kernel === undefined ? name : `${kernel.template} ${kernel.loc[0] ?? ""}`.trim();
}
