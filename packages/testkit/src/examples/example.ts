// What an example program is: the text of a program on part of a machine, where its results go, and how many cycles its algorithm
// takes by the rules of docs/program.md section 7. Examples come in two forms: `bare` is the algorithm alone, on memory full of zeros,
// and what cycles are derived for; otherwise cores begin with data of their own, and send what they have to the host in the end.
import { parseProgram, printProgram, verifyProgram } from "@waferc/ir/program";
import type { Program } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";

export interface Example {
  /** Name of the generator, and of the committed file. */
  readonly name: string;
  readonly machine: Machine;
  /** Canonical text. */
  readonly text: string;
  readonly program: Program;
  /** Quiescent cycles of the bare form; undefined where the derivation does not hold (each generator says where). */
  readonly cycles: number | undefined;
}

/** What every generator takes. */
export interface ExampleOptions {
  readonly machine: Machine;
  /** The algorithm alone. */
  readonly bare?: boolean;
}

/**
 * Reads a generated text.
 * @throws Error if it is not well-formed: the generator is wrong
 */
export function makeExample(name: string, machine: Machine, text: string, cycles: number | undefined): Example {
  const { program } = parseProgram(text, { file: `${name}.dfir` });
  const findings = verifyProgram(program);
  if (findings.length > 0) throw new Error(`${name} is well-formed: ${findings.map((f) => f.message).join("; ")}`);
  return { name, machine, program, text: printProgram(program), cycles };
}
