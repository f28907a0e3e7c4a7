// What all engines take and give. An engine runs one entry from its barrier to its end.
import { Sha256 } from "@waferc/base";
import type { HostStream, TensorData } from "@waferc/ir/program";
import { ProgramFault } from "./fault.ts";
import type { Image } from "./image.ts";
import type { ProgramState } from "./state.ts";
import { bitsOfData, packWavelets, unpackWavelets } from "./tensor-bits.ts";

export type EngineName = "untimed" | "cycle" | "fast";

export interface RunProgress {
  /** Cycle reached; absent where the engine does not count them. */
  readonly cycles?: number;
  readonly coresEnded: number;
  readonly cores: number;
  readonly waveletHops: number;
}

export interface RunOptions {
  /** Name of the entry; the first one by default. */
  readonly entry?: string;
  readonly steps?: ReadonlyMap<string, number>;
  /** Data of each `in` stream by its tensor's name, 16-bit elements as their bits. Not needed for timing only. */
  readonly inputs: ReadonlyMap<string, TensorData>;
  /** What persistent buffers start with; updated if the run ends. An empty state by default. Without effect for timing only. */
  readonly state?: ProgramState;
  /** `untimed`: schedules at random. */
  readonly seed?: number | string;
  /** Cycles and counts without values: no weights are asked for, outputs are empty. */
  readonly timingOnly?: boolean;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Asked now and then; true ends the run with `RunStopped`. */
  readonly shouldStop?: () => boolean;
}

export interface RunResult {
  readonly engine: EngineName;
  /** Data of each `out` stream by its tensor's name. */
  readonly outputs: ReadonlyMap<string, TensorData>;
  readonly cycles?: number;
  readonly quiescentCycles?: number;
  readonly waveletHops: number;
  readonly contentionEvents?: number;
  /** SHA-256 over the final memory of all cores, row-major, each up to the end of its highest buffer. Computed when called. */
  memoryDigest(): string;
}

/** Wavelets of each stream's data; `out` streams get room for theirs. */
export function openStreams(image: Image, inputs: RunOptions["inputs"]): readonly Int32Array[] {
  return image.fabric.streams.map(({ stream, wavelets }) => {
    if (image.isTimingOnly) return new Int32Array(0);
    if (stream.direction === "out") return new Int32Array(wavelets);
    const data = inputs.get(stream.tensor);
    const bits = data && bitsOfData(stream.type, data);
    const elements = elementsOf(stream);
    if (bits?.length === elements) return packWavelets(bits);
    throw new ProgramFault(
      "SIM-002",
      `Cannot feed input "${stream.tensor}": needs ${elements} elements of ${stream.type}, has ${data?.length ?? 0}`,
    );
  });
}

export function collectOutputs(image: Image, data: readonly Int32Array[]): Map<string, TensorData> {
  const outputs = new Map<string, TensorData>();
  image.fabric.streams.forEach(({ stream }, s) => {
    if (stream.direction !== "out" || image.isTimingOnly) return;
    outputs.set(stream.tensor, unpackWavelets(stream.type, data[s]!, elementsOf(stream)));
  });
  return outputs;
}

function elementsOf({ shape }: HostStream): number {
  return shape.reduce((n, extent) => n * extent, 1);
}

export function digestMemory(image: Image): string {
  const { words } = image;
  return new Sha256().update(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)).hex();
}
