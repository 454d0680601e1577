// Compile what Python in the page imports before its first check, in that very Python:
// node precompile.mjs PYODIDE WHEEL CORE TARGET
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

process.on("uncaughtException", ({ message }) => {
  console.error(message); // and none of Pyodide's own lines, which are long
  process.exit(1);
});
const bytesOf = (path) => new Uint8Array(readFileSync(path));
const [pyodide, wheel, core, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(pyodide, "pyodide.mjs")));
const python = await loadPyodide({ enableRunUntilComplete: false });
const packages = python.runPython("import site; site.getsitepackages()[0]");
python.unpackArchive(bytesOf(wheel), "wheel", { extractDir: packages });
python.unpackArchive(bytesOf(core), "zip", { extractDir: "/book" });
mkdirSync(target);
python.mountNodeFS("/made", target);
python.runPython(readFileSync(new URL("precompile.py", import.meta.url), "utf-8"));
python.runPython(`
import ast, sys
sys.path.insert(0, "/book")
import grader.web.visit
ast.unparse(ast.parse(""))  # its other half comes late
library(Path(next(path for path in sys.path if path.endswith(".zip"))), Path("/made/python_stdlib.zip"))
beside(Path("/made/compiled.zip"))
`);
