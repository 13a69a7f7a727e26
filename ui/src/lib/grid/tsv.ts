// Cells as text between programs: what a spreadsheet puts on the clipboard and takes from it. Tabs between cells, line
// breaks between rows, and quotes around a cell that holds either; two quotes in a row are one.

/** The text of rows of cells. */
export function toTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

function quoted(cell: string): string {
  // A quote at the beginning would be read as the sign that the cell is quoted.
  return /[\t\r\n]|^"/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The cells of a text, row by row, as they stand there: nothing is trimmed or guessed. A line break at the end is none more. */
export function fromTsv(text: string): string[][] {
  const reader = new Reader(text);
  const rows: string[][] = [];
  while (!reader.isAtEnd) rows.push(reader.row());
  return rows;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The cells up to the next line break, which is passed over. */
  row(): string[] {
    const cells = [this.cell()];
    while (this.text[this.at] === "\t") {
      this.at += 1;
      cells.push(this.cell());
    }
    if (this.text[this.at] === "\r") this.at += 1;
    if (this.text[this.at] === "\n") this.at += 1;
    return cells;
  }

  private cell(): string {
    return (this.text[this.at] === '"' ? this.quotedCell() : null) ?? this.plainCell();
  }

  private plainCell(): string {
    const end = this.text.slice(this.at).search(/[\t\r\n]/);
    const to = end < 0 ? this.text.length : this.at + end;
    const cell = this.text.slice(this.at, to);
    this.at = to;
    return cell;
  }

  /** Null where the quote is a part of the text: it is not closed, or something follows the closing one. */
  private quotedCell(): string | null {
    const found = /^"((?:[^"]|"")*)"(?=[\t\r\n]|$)/.exec(this.text.slice(this.at));
    if (!found) return null;
    this.at += found[0].length;
    return (found[1] as string).replaceAll('""', '"');
  }
}
