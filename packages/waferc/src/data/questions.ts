// Question files: one JSON object a line with `prompt` and `answer`, and optionally `golden`, the answer of the model itself.
import { CompileError, makeDiagnostic, type Diagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";
import { readUserText } from "./files.ts";

export interface Question {
  readonly prompt: string;
  readonly answer: string;
  /** What the model answers in the runtime that the file was made with. */
  readonly golden?: string;
}

/** Reads all questions; blank lines are skipped. @throws CompileError CLI-007 */
export function readQuestions(path: string): Question[] {
  const problems: Diagnostic[] = [];
  const questions: Question[] = [];
  readUserText(path, "--questions")
    .split(/\r?\n/)
    .forEach((line, i) => {
      if (line.trim() === "") return;
      const question = parseQuestion(line);
      if (typeof question !== "string") questions.push(question);
      else {
        const message = `Cannot read question: ${question}`;
        problems.push(makeDiagnostic(CODES["CLI-007"], { message, at: { kind: "line", file: path, line: i + 1 } }));
      }
    });
  if (questions.length === 0 && problems.length === 0) {
    const at = { kind: "line", file: path, line: 1 } as const;
    problems.push(makeDiagnostic(CODES["CLI-007"], { message: "Cannot find a question in the file", at }));
  }
  if (problems.length > 0) throw new CompileError(problems);
  return questions;
}

/** The question of a line, or what is wrong with it. */
function parseQuestion(line: string): Question | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "the line is not JSON";
  }
  const { prompt, answer, golden } = (value ?? {}) as Record<string, unknown>;
  if (typeof prompt !== "string") return 'it has no string "prompt"';
  if (typeof answer !== "string") return 'it has no string "answer"';
  return { prompt, answer, ...(typeof golden === "string" ? { golden } : {}) };
}
