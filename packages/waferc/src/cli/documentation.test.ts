import { readFileSync } from "node:fs";
import { Command } from "commander";
import { opTable } from "@waferc/ops";
import { expect, it } from "vitest";
import { VERBS } from "./verbs/index.ts";

it("docs/ops.md lists every operator with its versions", () => {
  const rows = readFileSync("docs/ops.md", "utf8").split("\n");
  const missing = [...opTable.values()].filter(
    ({ domain, kind, versions }) =>
      !rows.some((row) => row.startsWith(`| ${domain === "" ? "" : `${domain}::`}${kind} | ${versions.join(" ")} |`)),
  );
  expect(missing.map(({ kind }) => kind)).toEqual([]);
});

it("docs/cli.md names every verb and every option", () => {
  const page = readFileSync("docs/cli.md", "utf8");
  const program = new Command();
  for (const verb of VERBS) verb.declare(program, async () => undefined);
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  const names = commands.flatMap((command) => [command.name(), ...command.options.map(({ long }) => long ?? "")]);
  expect([...new Set(names)].filter((name) => !page.includes(name))).toEqual([]);
});
