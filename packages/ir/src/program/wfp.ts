/**
 * The binary form of programs, `program.wfp`: the protobuf messages of `wfp.proto`. Equal programs have equal bytes. Decoding takes
 * bytes from anywhere: it counts messages before it builds any, refuses fields and values that the schema does not have, and
 * verifies what it read.
 */
import { CompileError, invariant, makeDiagnostic, printDiagnostic } from "@waferc/base";
import protobuf from "protobufjs/light.js";
import { CODES } from "../codes.ts";
import { verifyProgram } from "./verify.ts";
import type { Program } from "./program.ts";
import { fromWireProgram, WireError } from "./wfp-decode.ts";
import { toWireFile } from "./wfp-encode.ts";
import { scanMessages } from "./wfp-scan.ts";
import { WFP_SCHEMA } from "./wfp-schema.generated.ts";
import type { WireFile } from "./wfp-wire.ts";
import { WFP_MAGIC, WFP_VERSION } from "./wfp-wire.ts";

/** What a reader is ready to spend on a file. */
export interface WfpBudget {
  readonly maxBytes: number;
  /** Protobuf messages: instructions, views, expressions and all others. */
  readonly maxMessages: number;
  readonly maxEntries: number;
  readonly maxCodesPerEntry: number;
  readonly maxClassesPerEntry: number;
}

export const DEFAULT_WFP_BUDGET: WfpBudget = {
  maxBytes: 64 * 2 ** 20,
  maxMessages: 4_000_000,
  maxEntries: 64,
  maxCodesPerEntry: 4096,
  maxClassesPerEntry: 16_384,
};

/** Bytes `0d 77 66 70 00`: the magic number's tag and value. */
const FIRST_BYTES = [0x0d, 0x77, 0x66, 0x70, 0x00];

let resolved: protobuf.Type | undefined;

function fileType(): protobuf.Type {
  resolved ??= protobuf.Root.fromJSON(WFP_SCHEMA).resolveAll().lookupType("waferc.ProgramFile");
  return resolved;
}

/** Whether the bytes are a program file, of any version. */
export function isWfp(bytes: Uint8Array): boolean {
  return FIRST_BYTES.every((byte, i) => bytes[i] === byte);
}

/**
 * The program's bytes.
 * @throws InternalError if the program is not well-formed
 */
export function encodeProgram(program: Program): Uint8Array {
  const [problem] = verifyProgram(program);
  invariant(
    problem === undefined,
    () => `only well-formed programs are encoded: ${problem ? printDiagnostic(problem) : ""}`,
  );
  const type = fileType();
  return Uint8Array.from(type.encode(type.create({ ...toWireFile(program) })).finish());
}

/**
 * The program of the bytes.
 * @param file name for messages
 * @throws CompileError PRG-101 to PRG-103, or the broken rules of the program that was read
 */
export function decodeProgram(bytes: Uint8Array, file = "program.wfp", budget = DEFAULT_WFP_BUDGET): Program {
  const wire = decodeFile(bytes, file, budget);
  const program = guard(file, () => {
    if (!wire.program) throw new WireError("program is missing");
    return fromWireProgram(wire.program);
  });
  const problems = verifyProgram(program);
  if (problems.length > 0) throw new CompileError(problems);
  return program;
}

function decodeFile(bytes: Uint8Array, file: string, budget: WfpBudget): WireFile {
  if (!isWfp(bytes)) fail("PRG-101", file, `Cannot read "${file}": it does not begin as a program file`);
  if (bytes.length > budget.maxBytes) {
    fail("PRG-102", file, `Cannot read "${file}": it has ${bytes.length} B, the limit is ${budget.maxBytes} B`);
  }
  const wire = guard(file, () => {
    // The version comes before anything that a later one may have changed.
    const { version } = fileType().decode(bytes.subarray(0, versionEnd(bytes))) as unknown as WireFile;
    if (version !== WFP_VERSION) {
      fail(
        "PRG-103",
        file,
        `Cannot read "${file}": it has version ${version}, this waferc reads version ${WFP_VERSION}`,
      );
    }
    const messages = scanMessages(bytes, fileType(), budget.maxMessages);
    if (messages > budget.maxMessages) {
      fail("PRG-102", file, `Cannot read "${file}": it has more than ${budget.maxMessages} messages`);
    }
    return fileType().decode(bytes) as unknown as WireFile;
  });
  invariant(wire.magic === WFP_MAGIC, "the magic number is the first field");
  const entries = wire.program?.entries ?? [];
  const counts = [
    ["entries", entries.length, budget.maxEntries],
    ["codes in an entry", Math.max(0, ...entries.map(({ codes }) => codes.length)), budget.maxCodesPerEntry],
    ["classes in an entry", Math.max(0, ...entries.map(({ classes }) => classes.length)), budget.maxClassesPerEntry],
  ] as const;
  for (const [what, count, limit] of counts) {
    if (count > limit) fail("PRG-102", file, `Cannot read "${file}": it has ${count} ${what}, the limit is ${limit}`);
  }
  return wire;
}

/** End of the second field if that is the version, which is one byte for each 7 bits; else of the first. */
function versionEnd(bytes: Uint8Array): number {
  let end = FIRST_BYTES.length;
  if (bytes[end] !== 0x10) return end;
  do end++;
  while (end < bytes.length && (bytes[end] ?? 0) >= 0x80);
  return end + 1;
}

/** Turns what decoding throws on malformed bytes into a diagnostic. */
function guard<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // protobufjs throws RangeError at the end of the bytes and Error for the rest.
    if (error instanceof CompileError || !(error instanceof Error)) throw error;
    return fail("PRG-101", file, `Cannot read "${file}": ${error.message}`);
  }
}

function fail(code: "PRG-101" | "PRG-102" | "PRG-103", file: string, message: string): never {
  throw new CompileError([makeDiagnostic(CODES[code], { message, at: { kind: "entity", id: file } })]);
}
