// `npm run new -- op NAME [--domain com.microsoft] [--version N]`: writes the definition file of an op, to be filled in, and a filetest that fails until it is, and adds
// the op to the generated index. NAME is the ONNX op_type, as "HardSwish". Nothing that exists is overwritten.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { main as generateOpIndex } from "./generate-op-index.ts";

const DEFS = "packages/ops/src/defs";
const FILETESTS = "packages/ops/filetests";

const OPTIONS = { domain: { type: "string" }, version: { type: "string" } } as const;

export interface NewOp {
  readonly kind: string;
  /** "" is ai.onnx. */
  readonly domain: string;
  /** Since-version of the newest form. */
  readonly version: number;
}

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [what, kind = "", ...rest] = positionals;
  const version = Number(values.version ?? 1);
  if (what !== "op" || !/^[A-Z][A-Za-z0-9]*$/.test(kind) || rest.length > 0 || !Number.isInteger(version)) {
    console.error(
      "new: usage: npm run new -- op NAME [--domain com.microsoft] [--version N], NAME as in ONNX: HardSwish",
    );
    return 2;
  }
  const op: NewOp = { kind, domain: values.domain === "ai.onnx" ? "" : (values.domain ?? ""), version };
  const files = filesOf(op);
  const present = files.find(({ path }) => existsSync(path));
  if (present !== undefined) {
    console.error(`new: ${present.path} is there already`);
    return 1;
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`new: ${path}`);
  }
  console.log(`new: fill in the first, then run: npm test -- ${FILETESTS}; docs/adding/op.md says how`);
  return generateOpIndex([]);
}

/** "MatMulNBits" -> "mat-mul-n-bits". */
export function kebabCase(kind: string): string {
  return kind
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

export function filesOf(op: NewOp): { readonly path: string; readonly text: string }[] {
  const folder = op.domain === "" ? DEFS : join(DEFS, op.domain.replaceAll(".", "-"));
  const name = kebabCase(op.kind);
  return [
    { path: join(folder, `${name}.ts`), text: definitionText(op) },
    { path: join(FILETESTS, `${name}.dfir`), text: filetestText(op) },
  ];
}

function definitionText({ kind, domain, version }: NewOp): string {
  const up = domain === "" ? ".." : "../..";
  const name = `${kind[0]?.toLowerCase() ?? ""}${kind.slice(1)}Op`;
  return [
    `// ${kind}: what it computes, in one sentence, with its formula; then what ONNX leaves open and what is done here.`,
    `import { inferSameType } from "${up}/families/elementwise.ts";`,
    `import { defineOp } from "${up}/op-definition.ts";`,
    `import { OpError } from "${up}/op-error.ts";`,
    "",
    `export const ${name} = defineOp({`,
    ...(domain === "" ? [] : [`  domain: "${domain}",`]),
    `  kind: "${kind}",`,
    `  versions: [${version}],`,
    "  operands: [1, 1],",
    "  infer: inferSameType,",
    "  evaluate: () => {",
    `    throw new OpError("has no evaluation yet");`,
    "  },",
    "});",
    "",
  ].join("\n");
}

/** One run with its expected values, and one error, as every op has them. */
function filetestText({ kind, domain, version }: NewOp): string {
  const opsets =
    domain === "" ? [`  opset ai.onnx ${version}`] : ["  opset ai.onnx 17", `  opset ${domain} ${version}`];
  const qualified = domain === "" ? kind : `${domain}:${kind}`;
  return [
    `; ${kind} on values whose result is known by hand.`,
    "; test: verify",
    "; test: run reference",
    "; same: y ~= expected within 1e-6",
    `dfir 1 graph @${kebabCase(kind).replaceAll("-", "_")}`,
    ...opsets,
    "  const %x : f32[2] = [0, 1]",
    "  const %expected : f32[2] = [0, 1]",
    `  %2 = ${qualified}@${version} %x : f32[2]`,
    `  output %2 as "y"`,
    `  output %expected as "expected"`,
    "",
  ].join("\n");
}
