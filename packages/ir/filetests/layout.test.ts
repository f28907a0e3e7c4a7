// Filetests of the layout level.
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseLayout, printLayout, verifyLayout } from "../src/layout/index.ts";
import type { Layout } from "../src/layout/index.ts";

const layoutLevel: FiletestLevel<Layout> = {
  level: "layout",
  parse: (text, file) => {
    const { layout, sourceMap } = parseLayout(text, { file });
    return { noun: layout, sourceMap };
  },
  print: printLayout,
  verify: verifyLayout,
};

runFiletests(new URL("layout/", import.meta.url), { levels: [layoutLevel] });
