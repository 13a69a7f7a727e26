// Which conflicts are listed: by their collection, a field that clashes, who changed it in Airflow, and words of the key.
import type { RecordView } from "$lib/bindings";
import { wordFor, wordsOf } from "$lib/collections/models";

/** Empty texts choose nothing. */
export interface Filter {
  text: string;
  collection: string;
  field: string;
  who: string;
}

export const ALL: Filter = { text: "", collection: "", field: "", who: "" };

/** What is said of a change that nobody is known for. */
const NOBODY = "whom is not known";

/** Who changed the record in Airflow, as far as that is known. */
export function whoElse({ changed_by }: RecordView): string {
  const isTheirs = changed_by?.source === "airflow" || changed_by?.source === "first_read";
  return (isTheirs ? changed_by.author : null) ?? NOBODY;
}

const fieldsOf = ({ conflict }: RecordView): string[] => (conflict?.fields ?? []).map(({ name }) => name);

export function isListed(record: RecordView, { text, collection, field, who }: Filter): boolean {
  return (
    record.key.toLowerCase().includes(text.trim().toLowerCase()) &&
    (collection === "" || record.collection === collection) &&
    (field === "" || fieldsOf(record).includes(field)) &&
    (who === "" || whoElse(record) === who)
  );
}

export interface Choice {
  value: string;
  words: string;
}

/** What can be chosen of each, where there is more than one; what all have in common filters nothing. */
export function choicesOf(records: readonly RecordView[]): Record<"collection" | "field" | "who", Choice[]> {
  const distinct = (all: string[], words: (value: string) => string, any: string): Choice[] => {
    const values = [...new Set(all)].sort();
    if (values.length < 2) return [];
    return [{ value: "", words: any }, ...values.map((value) => ({ value, words: words(value) }))];
  };
  return {
    collection: distinct(
      records.map(({ collection }) => collection),
      (name) => wordsOf(name).title,
      "Any collection",
    ),
    field: distinct(records.flatMap(fieldsOf), (name) => fieldWords(records, name), "Any field"),
    who: distinct(records.map(whoElse), (name) => `By ${name}`, "By anyone"),
  };
}

/** A field as its collection calls it; where several have it, as the first does. */
export function fieldWords(records: readonly RecordView[], name: string): string {
  const first = records.find((record) => fieldsOf(record).includes(name));
  return first ? wordFor(first.collection, name) : name;
}
