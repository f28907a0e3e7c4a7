/**
 * Names of a program's parts as diagnostics and source maps give them, such as `@main @body buffer w`. The reader notes the
 * line of each, the verifier reports at them. A part whose name an earlier one has gets its index too.
 */
import { isBareName, quote } from "@waferc/base";

/** A name as the text form writes it where no sign stands before it. */
export function printWord(name: string): string {
  return isBareName(name) ? name : quote(name);
}

/** The name, followed by `#index` if an earlier item has it too. */
export function labelOf(names: readonly string[], index: number): string {
  const name = names[index] ?? "";
  return names.indexOf(name) === index ? name : `${name}#${index}`;
}

export const PROGRAM_ENTITY = "program";

export function tensorEntity(names: readonly string[], index: number): string {
  return `%${labelOf(names, index)}`;
}

export function kernelEntity(index: number): string {
  return `k${index}`;
}

export function entryEntity(names: readonly string[], index: number): string {
  return `@${labelOf(names, index)}`;
}

/** A part of an entry: step, code, class, route or stream. */
export function partEntity(
  entry: string,
  kind: "step" | "code" | "class" | "stream",
  names: readonly string[],
  index: number,
): string {
  const label = labelOf(names, index);
  return kind === "code" ? `${entry} @${label}` : `${entry} ${kind} ${label}`;
}

export function routeEntity(entry: string, index: number): string {
  return `${entry} route ${index}`;
}

export function bufferEntity(code: string, names: readonly string[], index: number): string {
  return `${code} buffer ${labelOf(names, index)}`;
}

export function bindingEntity(code: string, index: number): string {
  return `${code} preload ${index}`;
}

/** Instructions are numbered from 0 in their body: `@main @body 3.1` is the second instruction in the loop that is the fourth. */
export function instructionEntity(code: string, path: readonly number[]): string {
  return `${code} ${path.join(".")}`;
}
