// Values of options: numbers and NAME=VALUE pairs, refused with the option's name.
import { readTensor } from "../data/cases.ts";
import type { PinValue } from "../pipelines/pins.ts";
import { failOption } from "../refusal.ts";

/** A whole number within bounds. @throws CompileError CLI-010 */
export function parseCount(option: string, text: string, min = 0): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < min) {
    failOption(option, `Cannot use ${option} ${text}: it must be a whole number from ${min}`);
  }
  return value;
}

/** A number from 0. @throws CompileError CLI-010 */
export function parseAmount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value) || value < 0) {
    failOption(option, `Cannot use ${option} ${text}: it must be a number from 0`, [`${option} 1e-4`]);
  }
  return value;
}

/** One of a closed set. @throws CompileError CLI-010 */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  return found ?? failOption(option, `Cannot use ${option} ${text}: it must be one of ${choices.join(", ")}`);
}

/** NAME and VALUE of a pair. @throws CompileError CLI-010 */
function splitPair(option: string, text: string, example: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals <= 0) failOption(option, `Cannot use ${option} ${text}: it must be NAME=VALUE`, [`${option} ${example}`]);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** `--dim NAME=N`, repeated. */
export function parseDims(pairs: readonly string[]): Map<string, number> {
  return new Map(
    pairs.map((text) => {
      const [name, value] = splitPair("--dim", text, "sequence=128");
      return [name, parseCount("--dim", value)];
    }),
  );
}

/** `--step NAME=N`, repeated. */
export function parseSteps(pairs: readonly string[]): Map<string, number> {
  return new Map(
    pairs.map((text) => {
      const [name, value] = splitPair("--step", text, "length=40");
      return [name, parseCount("--step", value, -(2 ** 31))];
    }),
  );
}

/** `--pin INPUT=VALUE`, repeated: a number, true, false, or a file with a tensor. */
export function parsePins(pairs: readonly string[]): Map<string, PinValue> {
  return new Map(
    pairs.map((text): [string, PinValue] => {
      const [name, value] = splitPair("--pin", text, "use_cache_branch=false");
      if (value === "true" || value === "false") return [name, value === "true"];
      const number = Number(value);
      return [name, value.trim() !== "" && !Number.isNaN(number) ? number : readTensor(value)];
    }),
  );
}
