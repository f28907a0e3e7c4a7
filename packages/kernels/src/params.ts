/** Typed access to a kernel's parameters; a missing or mistyped one is our own error. */
import { invariant } from "@waferc/base";
import type { Kernel } from "@waferc/ir/dataflow";

export function numberParam(kernel: Kernel, name: string): number {
  const value = kernel.params.get(name);
  invariant(typeof value === "number", `${kernel.template} needs the number parameter "${name}"`);
  return value;
}

export function stringParam(kernel: Kernel, name: string): string {
  const value = kernel.params.get(name);
  invariant(typeof value === "string", `${kernel.template} needs the string parameter "${name}"`);
  return value;
}

export function booleanParam(kernel: Kernel, name: string): boolean {
  const value = kernel.params.get(name);
  invariant(typeof value === "boolean", `${kernel.template} needs the boolean parameter "${name}"`);
  return value;
}

export function listParam(kernel: Kernel, name: string): readonly number[] {
  const value = kernel.params.get(name);
  invariant(Array.isArray(value), `${kernel.template} needs the list parameter "${name}"`);
  return value as readonly number[];
}
