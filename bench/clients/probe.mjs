// What DuckDB's Node client sees of a published file, as JSON, in the form of probe.py: node probe.mjs DATABASE ROWS
import { DuckDBInstance } from "@duckdb/node-api";

const [database, rows] = process.argv.slice(2);
const instance = await DuckDBInstance.create(database, { access_mode: "READ_ONLY", enable_external_access: "false" });
const connection = await instance.connect();
const tables = await connection.runAndReadAll(
  "select schema_name || '.' || table_name from duckdb_tables() where not internal and database_name = current_database() " +
    "and schema_name in ('marts', 'quality', 'reference') order by all",
);

function kindOf(value) {
  const name = value?.constructor?.name ?? typeof value;
  return {
    Boolean: "boolean", Number: "number", BigInt: "integer", String: "text",
    DuckDBDecimalValue: "decimal", DuckDBDateValue: "date", DuckDBTimestampValue: "timestamp",
  }[name] ?? name;
}

function told(value) {
  switch (kindOf(value)) {
    case "boolean": return value ? "True" : "False";
    case "number": return value;
    case "integer": return Number(value);
    case "decimal": return value.toDouble();
    default: return String(value);
  }
}

// Strings by code point, as Python orders them: JavaScript compares UTF-16 units.
const before = (a, b) => (typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0 : a < b);

const seen = {};
for (const [table] of tables.getRows()) {
  const found = await connection.runAndReadAll(`select * from ${table} order by all limit ${rows}`);
  const columns = {};
  const values = found.getColumns();
  found.columnNames().forEach((name, at) => {
    const there = (values[at] ?? []).filter((v) => v !== null).map((v) => [kindOf(v), told(v)]);
    let [low, high] = there.length ? [there[0][1], there[0][1]] : [null, null];
    for (const [, v] of there) {
      if (before(v, low)) low = v;
      if (before(high, v)) high = v;
    }
    columns[name] = { kind: [...new Set(there.map(([k]) => k))].sort().join(" ") || "empty", nulls: (values[at] ?? []).length - there.length, low, high };
  });
  const names = found.columnNames();
  const parts = names.map((name) => `count(*) - count("${name}")`);
  const counted = await connection.runAndReadAll(`select count(*), ${parts.join(", ")} from ${table}`);
  const [all, ...nulls] = counted.getRows()[0].map(Number);
  const whole = { rows: all, nulls: Object.fromEntries(names.map((name, at) => [name, nulls[at]])) };
  seen[table] = { rows: found.currentRowCount, columns, whole };
}
console.log(JSON.stringify(seen));
