// The checker's rules exist once in each of four places: the header of the file of their subject, codes.ts, a filetest that breaks the
// rule, and one that comes near (`; near-miss:`). CHK-900 is no rule, but what is said when one is not decided.
import { readdirSync, readFileSync } from "node:fs";
import { CODES } from "@waferc/check";
import { expect, test } from "vitest";

const SUBJECTS = ["memory", "routing", "switches", "flows", "races", "tokens"] as const;
const CHECK = new URL("../../../check/", import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, CHECK), "utf8");
}

/** All matches of the pattern's first group, without repetitions, in order. */
function listOf(texts: readonly string[], pattern: RegExp): string[] {
  const found = texts.flatMap((text) => [...text.matchAll(pattern)].map(([, code = ""]) => code));
  return [...new Set(found)].sort();
}

const RULES = Object.keys(CODES)
  .filter((code) => code !== "CHK-900")
  .sort();

test("headers of the subjects number the rules that codes.ts declares", () => {
  const headers = SUBJECTS.map((subject) => read(`src/${subject}.ts`).split("*/")[0] ?? "");
  expect(listOf(headers, /^ \* {3}((?:MEM|CHK|DLK)-\d{3}) {2}/gm)).toEqual(RULES);
});

test("filetests break every rule and come near to it", () => {
  const files = readdirSync(new URL("filetests/", CHECK)).filter((name) => name.endsWith(".dfir"));
  const texts = files.map((name) => read(`filetests/${name}`));
  expect(listOf(texts, /; error: ((?:MEM|CHK|DLK)-\d{3})/g)).toEqual([...RULES, "CHK-900"].sort());
  const near = texts.flatMap((text) => text.match(/^; near-miss: .*$/gm) ?? []);
  expect(listOf(near, /\b([A-Z]{3}-\d{3})\b/g)).toEqual(RULES);
});
