// Filetests of the dataflow level.
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseDataflow, printDataflow, verifyDataflow } from "../src/dataflow/index.ts";
import type { Dataflow } from "../src/dataflow/index.ts";

const dataflowLevel: FiletestLevel<Dataflow> = {
  level: "dataflow",
  parse: (text, file) => {
    const { dataflow, sourceMap } = parseDataflow(text, { file });
    return { noun: dataflow, sourceMap };
  },
  print: printDataflow,
  verify: verifyDataflow,
};

runFiletests(new URL("dataflow/", import.meta.url), { levels: [dataflowLevel] });
