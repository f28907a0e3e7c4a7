/**
 * Names of a program's parts as diagnostics and source maps give them, such as `@main @body buffer w`. The reader notes the
 * line of each, the verifier reports at them. A part whose name an earlier one has gets its index too.
 */
import { isBareName, quote } from "@waferc/base";

/** A name as the text form writes it where no sign stands before it. */
export function printWord(name: string): string {
  return isBareName(name) ? name : quote(name);
}

/** Gives each name of a list, in order, its label: the name, followed by `#index` if an earlier item has it too. */
export class Labels {
  readonly #seen = new Set<string>();
  #count = 0;

  next(name: string): string {
    const label = this.#seen.has(name) ? `${name}#${this.#count}` : name;
    this.#seen.add(name);
    this.#count++;
    return label;
  }
}

export function labelsOf(names: readonly string[]): readonly string[] {
  const labels = new Labels();
  return names.map((name) => labels.next(name));
}

export const PROGRAM_ENTITY = "program";

export function tensorEntity(label: string): string {
  return `%${label}`;
}

export function kernelEntity(index: number): string {
  return `k${index}`;
}

export function entryEntity(label: string): string {
  return `@${label}`;
}

/** A part of an entry: step, code, class or stream. */
export function partEntity(entry: string, kind: "step" | "code" | "class" | "stream", label: string): string {
  return kind === "code" ? `${entry} @${label}` : `${entry} ${kind} ${label}`;
}

export function routeEntity(entry: string, index: number): string {
  return `${entry} route ${index}`;
}

export function bufferEntity(code: string, label: string): string {
  return `${code} buffer ${label}`;
}

export function bindingEntity(code: string, index: number): string {
  return `${code} preload ${index}`;
}

/** Instructions are numbered from 0 in their body: `@main @body 3.1` is the second instruction in the loop that is the fourth. */
export function instructionEntity(code: string, path: readonly number[]): string {
  return `${code} ${path.join(".")}`;
}
