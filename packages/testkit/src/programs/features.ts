// What a random program makes use of: counted while it grows, or found in its instructions.
import { is16Bit, isLocal, viewUses, walkInstructions } from "@waferc/ir/program";
import type { Code, Instruction, Program } from "@waferc/ir/program";

/** How many times each feature was used; a program has it if it is not 0. */
export interface ProgramFeatures {
  multicast: number;
  switches: number;
  epochs: number;
  async: number;
  /** Sends longer than all queues on the way. */
  fullQueues: number;
  /** Streams of two colours that cross one link at the same time. */
  sharedLinks: number;
  loops: number;
  rebinds: number;
  transit: number;
  hostStreams: number;
  stepScalars: number;
  /** Arithmetic on 16-bit types; 16-bit elements that move over the fabric; factors or terms of 16 bits with results in f32. */
  halves: number;
  halfStreams: number;
  widened: number;
  /** `gather` and `scatter`. */
  rows: number;
  /** Buffers that two entries share. */
  state: number;
}

export function noFeatures(): ProgramFeatures {
  return {
    multicast: 0,
    switches: 0,
    epochs: 0,
    async: 0,
    fullQueues: 0,
    sharedLinks: 0,
    loops: 0,
    rebinds: 0,
    transit: 0,
    hostStreams: 0,
    stepScalars: 0,
    halves: 0,
    halfStreams: 0,
    widened: 0,
    rows: 0,
    state: 0,
  };
}

export function sumFeatures(parts: readonly ProgramFeatures[]): ProgramFeatures {
  const sum = noFeatures();
  for (const part of parts) for (const key of Object.keys(sum) as (keyof ProgramFeatures)[]) sum[key] += part[key];
  return sum;
}

/** Features that the instructions show: types, rows, and what entries share. */
export function typeFeatures({ entries }: Program): ProgramFeatures {
  const features = noFeatures();
  for (const { codes } of entries) {
    for (const code of codes) {
      for (const { instruction } of walkInstructions(code.body)) noteTypes(code, instruction, features);
      if (entries.length > 1) features.state += code.buffers.filter(({ persistent }) => persistent).length;
    }
  }
  return features;
}

function noteTypes({ buffers }: Code, instruction: Instruction, features: ProgramFeatures): void {
  const types = viewUses(instruction).map(({ view }) => buffers[view.buffer]?.type ?? "f32");
  const [first] = types;
  if (instruction.op === "gather" || instruction.op === "scatter") features.rows++;
  if (first === undefined || !types.some(is16Bit)) return;
  if (!isLocal(instruction)) features.halfStreams++;
  else features.halves++;
  const mayWiden = instruction.op === "matmul" || instruction.op === "reduce";
  if (mayWiden && !is16Bit(first)) features.widened++;
}
