import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { onPendingDirectory, recoverDirectory, writeDirectory, type PendingDirectory } from "./write-directory.ts";

const path = temporaryFolder();
const files = (text: string) => [
  { name: "marker.json", content: "{}" },
  { name: "sub/data.txt", content: text },
];

/** What a write was doing when `boom` stopped it. */
function interruptedWrite(target: string): PendingDirectory {
  const seen: PendingDirectory[] = [];
  onPendingDirectory((pending, isPending) => {
    if (isPending) seen.push(pending);
  });
  function* broken() {
    yield { name: "marker.json", content: "{}" };
    throw new Error("boom");
  }
  expect(() => writeDirectory(target, broken(), "marker.json")).toThrow("CLI-004");
  onPendingDirectory(() => undefined);
  return seen[0]!;
}

describe("writeDirectory", () => {
  it("writes files and replaces what it wrote before", () => {
    const target = path("a", "out");
    writeDirectory(target, files("one"), "marker.json");
    writeDirectory(target, files("two"), "marker.json");
    expect(readFileSync(`${target}/sub/data.txt`, "utf8")).toBe("two");
    expect(readdirSync(dirname(target))).toEqual(["out"]);
  });

  it("leaves the old directory and no sibling when it fails", () => {
    const target = path("b", "out");
    writeDirectory(target, files("old"), "marker.json");
    interruptedWrite(target);
    expect(readFileSync(`${target}/sub/data.txt`, "utf8")).toBe("old");
    expect(readdirSync(dirname(target))).toEqual(["out"]);
  });

  it("does not replace what it did not write", () => {
    mkdirSync(path("c"));
    writeFileSync(path("c", "thesis.txt"), "years of work");
    expect(() => writeDirectory(path("c"), files("new"), "marker.json")).toThrow("waferc did not write it");
    writeFileSync(path("d"), "");
    expect(() => writeDirectory(path("d"), files("new"), "marker.json")).toThrow("it is a file");
  });

  it("recovers what a killed process left", () => {
    const target = path("e", "out");
    const dead = 2 ** 22 + 1;
    mkdirSync(path("e", `.out.${dead}.tmp.old`), { recursive: true });
    mkdirSync(path("e", `.out.${dead}.tmp`));
    writeFileSync(path("e", `.out.${dead}.tmp.old`, "marker.json"), "the old one");
    const pending = { target, temporary: path("e", `.out.${dead}.tmp`), previous: path("e", `.out.${dead}.tmp.old`) };
    recoverDirectory(pending);
    expect(readFileSync(`${target}/marker.json`, "utf8")).toBe("the old one");
    mkdirSync(path("e", `.out.${dead}.tmp`));
    writeDirectory(target, files("new"), "marker.json");
    expect(readdirSync(path("e"))).toEqual(["out"]);
    expect(existsSync(`${target}/sub/data.txt`)).toBe(true);
  });
});
