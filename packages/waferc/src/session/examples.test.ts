// Runs the programs of examples/ as a reader would, against the built library.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "ask-a-question.mjs": /> attic {2}\(logit/,
  "mirror-the-floorplan.mjs": /outputs are bit-equal/,
  "where-the-time-goes.mjs": /32 tokens: \d+ cycles/,
};

describe("examples", () => {
  it("are all tried here, and short", () => {
    const files = readdirSync("examples").filter((file) => file.endsWith(".mjs"));
    expect(files.sort()).toEqual(Object.keys(EXPECTED).sort());
    for (const file of files) expect(readFileSync(`examples/${file}`, "utf8").split("\n").length).toBeLessThan(60);
  });

  it.each(Object.entries(EXPECTED))(
    "%s",
    async (file, expected) => {
      const { stdout } = await run(process.execPath, [`examples/${file}`]);
      expect(stdout).toMatch(expected);
    },
    60_000,
  );
});
