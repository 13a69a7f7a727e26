// Imports, exports and backups of the platform in memory: it reads no file, and answers what the world says that one would do.
import type { EnvironmentView, ImportPart, ImportPreview, ImportRow, ImportWork } from "$lib/bindings";
import type { Platform } from "./platform";

/** What the next file would do. */
export interface MemoryImport {
  preview: ImportPreview;
  rows: Record<ImportPart, ImportRow[]>;
  /** Those of the records in the file, and then those of the rest. */
  works: ImportWork[];
  rest: ImportWork[];
  /** The records changed since the preview: what it would do now. */
  since?: MemoryImport;
}

/** A file that does nothing. */
export function emptyImport(): MemoryImport {
  const found = {
    ...{ format: "csv", sheet: null, sheets: [], delimiter: ",", encoding: "UTF-8" },
    ...{ decimal: null, date_order: null },
  };
  const counts = { added: 0, changed: 0, unchanged: 0, refused: 0, rest: 0 };
  return {
    preview: { ...counts, found, notes: [], rest_notes: [] },
    rows: { added: [], changed: [], refused: [], rest: [] },
    works: [],
    rest: [],
  };
}

const FOLDER = "Downloads";

/** What any backup has. */
const BROUGHT_BACK: EnvironmentView = {
  ...{
    id: "01JBACKUP000000000000000000",
    is_from_before: false,
    name: "backed-up",
    url: "http://127.0.0.1:9",
  },
  ...{
    sign_in: "password",
    username: "ann",
    colour: "#2f6f8f",
    interval_s: 60,
    production: false,
    review: false,
  },
};

export function files(world: { import: MemoryImport; environments: EnvironmentView[] }) {
  return {
    importBegin: () => Promise.resolve("file"),
    importPart: () => Promise.resolve(),
    importPlan: (_id, _file, { format, decimal }) => {
      const { preview } = world.import;
      const told = { ...(format && { format }), ...(decimal && { decimal }) };
      return Promise.resolve({ ...preview, found: { ...preview.found, ...told } });
    },
    importRows: (_file, part, from, count) =>
      Promise.resolve(world.import.rows[part].slice(from, from + count)),
    importIsCurrent: () => {
      const { since } = world.import;
      if (since) world.import = since;
      return Promise.resolve(since === undefined);
    },
    importWorks: (_file, withRest, from, count) => {
      const { works, rest } = world.import;
      return Promise.resolve([...works, ...(withRest ? rest : [])].slice(from, from + count));
    },
    importRefusedSave: (_file, collection) => {
      const rows = world.import.preview.refused;
      return Promise.resolve({ name: `${collection} refused.csv`, folder: FOLDER, rows, left_out: 0 });
    },
    importEnd: () => Promise.resolve(),
    modelSave: (stem) => Promise.resolve({ name: `${stem}.json`, folder: FOLDER, rows: 0, left_out: 0 }),
    backupSave: () => {
      const environments = world.environments.map(({ name }) => name);
      return Promise.resolve({ name: "Leeward backup 2026-02-03.zip", folder: FOLDER, environments });
    },
    restoreBegin: () => Promise.resolve("backup"),
    restorePart: () => Promise.resolve(),
    restoreEnd: () => {
      world.environments = [...world.environments, BROUGHT_BACK];
      return Promise.resolve([BROUGHT_BACK.name]);
    },
    exportSave: (_id, collection, format) =>
      Promise.resolve({ name: `${collection}.${format}`, folder: FOLDER, rows: 0, left_out: 0 }),
  } satisfies Partial<Platform>;
}
