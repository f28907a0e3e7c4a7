// A model's tokenizer, from the files beside it. The only user of @huggingface/tokenizers.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";
import { readUserText } from "../data/files.ts";

/** Files that are copied from beside the model into the compiled directory. */
export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"] as const;

export interface TextTokenizer {
  /** With the special tokens that the model was trained with. */
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
  /** What prompts are filled up with. */
  readonly padId: number;
}

/** Loads the tokenizer in a folder. @throws CompileError CLI-006 */
export function loadTokenizer(folder: string): TextTokenizer {
  const path = join(folder, "tokenizer.json");
  if (!existsSync(path)) throw noTokenizer(folder, "it has no tokenizer.json");
  const configPath = join(folder, "tokenizer_config.json");
  let tokenizer: Tokenizer;
  let config: Record<string, unknown> = {};
  try {
    if (existsSync(configPath)) config = JSON.parse(readUserText(configPath, "DIR")) as Record<string, unknown>;
    tokenizer = new Tokenizer(JSON.parse(readUserText(path, "DIR")) as object, config);
  } catch (error) {
    throw noTokenizer(
      folder,
      `tokenizer.json cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return {
    encode: (text) => tokenizer.encode(text).ids,
    decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true }),
    padId: padIdOf(tokenizer, config),
  };
}

/** The id of the configured padding token, or 0. */
function padIdOf(tokenizer: Tokenizer, config: Record<string, unknown>): number {
  const pad = config["pad_token"];
  const content = typeof pad === "string" ? pad : (pad as { content?: string } | undefined)?.content;
  return content === undefined ? 0 : (tokenizer.token_to_id(content) ?? 0);
}

function noTokenizer(folder: string, why: string): CompileError {
  return new CompileError([
    makeDiagnostic(CODES["CLI-006"], {
      message: `Cannot load a tokenizer from "${folder}": ${why}`,
      at: { kind: "argument", name: "DIR" },
      help: ["put tokenizer.json beside the model and compile again"],
    }),
  ]);
}
