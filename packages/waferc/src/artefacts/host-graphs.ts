// host.dfir and host.bin: the graphs that run on the host, before, between and after the wafer's entries, and their constants.
import { DiagnosticSink, TextReader, TextWriter } from "@waferc/base";
import { readGraph, writeGraph, type Graph, type ParseGraphOptions, type TensorSource } from "@waferc/ir/graph";

/** The text of the graphs. `onBlob` hears of every constant that is printed as a digest. */
export function printHostGraphs(
  graphs: readonly Graph[],
  onBlob: (sha256: string, source: TensorSource) => void,
): string {
  const writer = new TextWriter();
  for (const graph of graphs) writeGraph(writer, graph, { onBlob });
  return writer.toString();
}

/** The graphs of a text, by name. @throws CompileError */
export function parseHostGraphs(text: string, file: string, options: ParseGraphOptions): Map<string, Graph> {
  const diag = new DiagnosticSink();
  const reader = new TextReader(text, { file, diag });
  const graphs = new Map<string, Graph>();
  while (reader.isAtKind("newline")) reader.next();
  while (!reader.isAtKind("end")) {
    const parsed = reader.section(() => {
      reader.header(["graph"]);
      return readGraph(reader, options);
    });
    diag.throwIfErrors();
    if (parsed !== undefined) graphs.set(parsed.graph.name, parsed.graph);
  }
  return graphs;
}
