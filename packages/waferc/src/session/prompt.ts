// Prompts in, next tokens out, for causal models: fills up to the bound length on the right, supplies mask and positions, and reads
// the logits at the last token of the prompt.
import { CompileError, makeDiagnostic } from "@waferc/base";
import { tensorOf, toFloat64, type Tensor } from "@waferc/numerics";
import { failUsage } from "../refusal.ts";
import { CODES } from "../codes.ts";
import type { TensorSpec } from "../data/tensor-spec.ts";
import type { RunListener, Session, SessionRun } from "./session.ts";

export interface NextToken {
  readonly id: number;
  /** How far the best logit lies above the second. */
  readonly margin: number;
  readonly run: SessionRun;
}

/** How a session's model takes prompts. */
export interface PromptModel {
  readonly session: Session;
  readonly padId: number;
  /** Bound sequence length; undefined if prompts need not be filled up. */
  readonly length: number | undefined;
}

/** @throws CompileError CLI-002 if the model does not take token ids and give logits */
export function openPromptModel(session: Session, padId: number): PromptModel {
  const ids = session.inputs.find(({ name }) => name === "input_ids") ?? session.inputs[0];
  const [batch, length] = ids?.shape ?? [];
  if (ids?.shape?.length !== 2)
    failUsage(`Cannot feed prompts: the model's first input is no [batch, sequence] of ids`);
  if (typeof batch === "number" && batch !== 1) {
    failUsage(`Cannot feed prompts: the model is compiled for batch ${batch}`, ["compile with batch 1"]);
  }
  return { session, padId, length: typeof length === "number" ? length : undefined };
}

/** Runs a prompt and takes the most likely next token. @throws CompileError CLI-008 */
export function nextToken(model: PromptModel, prompt: readonly number[], onProgress?: RunListener): NextToken {
  const length = model.length ?? prompt.length;
  if (prompt.length > length) throw tooLong(prompt.length, length);
  const inputs = new Map(
    model.session.inputs.map((spec) => [spec.name, promptInput(spec, prompt, length, model.padId)]),
  );
  const run = model.session.run(inputs, onProgress);
  return { ...bestAt(findLogits(run.outputs, length), prompt.length - 1), run };
}

function promptInput(spec: TensorSpec, prompt: readonly number[], length: number, padId: number): Tensor {
  const dtype = spec.dtype ?? "i64";
  const values = Array.from({ length }, (_, i) => {
    if (/mask/i.test(spec.name)) return i < prompt.length ? 1 : 0;
    if (/position/i.test(spec.name)) return i;
    if (/type/i.test(spec.name)) return 0;
    return prompt[i] ?? padId;
  });
  return tensorOf(dtype, [1, length], values);
}

/** The output [1, length, vocabulary], "logits" if it is there. */
function findLogits(outputs: ReadonlyMap<string, Tensor>, length: number): Tensor {
  const fits = (tensor: Tensor | undefined): boolean => tensor?.shape.length === 3 && tensor.shape[1] === length;
  const named = outputs.get("logits");
  const logits = fits(named) ? named : [...outputs.values()].find(fits);
  if (logits === undefined) failUsage("Cannot read an answer: the model has no output [batch, sequence, vocabulary]");
  return logits;
}

function bestAt(logits: Tensor, row: number): { id: number; margin: number } {
  const width = logits.shape[2] ?? 0;
  const values = toFloat64(logits).subarray(row * width, (row + 1) * width);
  let id = 0;
  let second = -Infinity;
  for (let i = 1; i < width; i++) {
    const [value, best] = [values[i] ?? 0, values[id] ?? 0];
    if (value > best) [id, second] = [i, best];
    else second = Math.max(second, value);
  }
  return { id, margin: (values[id] ?? 0) - second };
}

function tooLong(tokens: number, length: number): CompileError {
  return new CompileError([
    makeDiagnostic(CODES["CLI-008"], {
      message: `Cannot run a prompt of ${tokens} tokens: the program is compiled for ${length}`,
      at: { kind: "argument", name: "--questions" },
      help: [`compile with a sequence length of ${tokens} or more`],
      facts: { demand: tokens, bound: length, unit: "tokens" },
    }),
  ]);
}
