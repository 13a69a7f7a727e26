// An import, from the file that was chosen to the edits that were kept. The app reads the file and makes the plan; what is
// shown of it comes by pages, and what is kept becomes work of this window.
import type { ImportOptions, ImportPart, ImportPreview, ImportRow, Problem, SavedFile } from "$lib/bindings";
import type { RecordWork } from "$lib/db/steps";
import type { Session } from "$lib/state/session.svelte";
import { asProblem } from "$lib/words/problem";
import { sendFile } from "./send";
import { changedIn, workOf } from "./works";

/** Lines of the preview that are asked for at a time. */
export const PAGE = 200;
/** Records whose work is asked for at a time. */
const WORKS_PAGE = 1000;

const NOTHING_TOLD: ImportOptions = {
  ...{ format: null, sheet: null, delimiter: null, encoding: null, decimal: null, date_order: null },
};

/** Where it stands. */
export type Phase = "choosing" | "sending" | "reading" | "shown" | "keeping" | "writing" | "kept";

export class Importing {
  phase = $state<Phase>("choosing");
  name = $state("");
  /** How much is done of what is going on, from 0 to 1; null where nobody knows. */
  share = $state<number | null>(null);
  problem = $state.raw<Problem | null>(null);
  preview = $state.raw<ImportPreview | null>(null);
  options = $state.raw<ImportOptions>(NOTHING_TOLD);
  part = $state<ImportPart>("changed");
  rows = $state.raw<ImportRow[]>([]);
  keepsGood = $state(false);
  deletesRest = $state(false);
  /** Records that were kept. */
  kept = $state(0);
  saved = $state.raw<SavedFile | null>(null);
  /** Records changed between the preview and keeping it: what is shown is what it would do now, and nothing was kept. */
  isAnew = $state(false);

  private import: string | null = null;
  /** Counts what was begun: what an older one answers is not shown any more. */
  private turn = 0;

  constructor(
    private readonly session: Session,
    readonly collection: string,
  ) {}

  /** How many lines the part that is shown has. */
  readonly total = $derived.by(() => (this.preview ? totalOf(this.preview, this.part) : 0));
  /** Records that keeping it changes. */
  readonly works = $derived.by(() => {
    const { added = 0, changed = 0, rest = 0 } = this.preview ?? {};
    return added + changed + (this.deletesRest ? rest : 0);
  });
  /** Why it cannot be kept; null where it can. */
  readonly whyNot = $derived.by(() => {
    if (this.preview === null) return "";
    if (this.preview.refused > 0 && !this.keepsGood)
      return "Some rows are refused: say that the good ones are to be kept, or mend the file.";
    return this.works === 0 ? "There is nothing to change." : null;
  });

  /** Takes a file, whatever was there before. */
  async take(file: File): Promise<void> {
    await this.end();
    const turn = this.turn;
    this.name = file.name;
    this.options = NOTHING_TOLD;
    await this.during("sending", turn, async () => {
      this.share = 0;
      const { platform } = this.session;
      const id = await platform.importBegin(this.collection);
      if (turn !== this.turn) return platform.importEnd(id);
      this.import = id;
      const told = (share: number) => {
        if (turn === this.turn) this.share = share;
        return turn === this.turn;
      };
      if (await sendFile(file, (part) => platform.importPart(id, part), told)) await this.read(turn);
    });
  }

  /** Says something of the file that was not found in it, or was found wrongly. */
  async tell(more: Partial<ImportOptions>): Promise<void> {
    this.options = { ...this.options, ...more };
    const turn = ++this.turn;
    await this.during("reading", turn, () => this.read(turn));
  }

  async show(part: ImportPart): Promise<void> {
    const { import: id, turn } = this;
    if (id === null) return;
    this.part = part;
    this.rows = [];
    const rows = await this.session.platform.importRows(id, part, 0, PAGE);
    if (turn === this.turn && part === this.part) this.rows = rows;
  }

  /** More lines of the part that is shown. */
  async more(): Promise<void> {
    const { import: id, part, rows, turn } = this;
    if (id === null) return;
    const more = await this.session.platform.importRows(id, part, rows.length, PAGE);
    if (turn === this.turn && rows === this.rows) this.rows = [...rows, ...more];
  }

  /** Keeps it: all in one transaction of this window, and one step that undoes it. */
  async keep(): Promise<void> {
    if (this.whyNot !== null || this.import === null) return;
    const { import: id, name, turn, works: all, deletesRest } = this;
    await this.during("keeping", turn, async () => {
      const works: RecordWork[] = [];
      const changed = [];
      for (;;) {
        this.share = works.length / all;
        const page = await this.session.platform.importWorks(id, deletesRest, works.length, WORKS_PAGE);
        // Until here it can be cancelled: nothing of it is kept.
        if (turn !== this.turn) return;
        if (page.length === 0) break;
        works.push(...page.map(workOf));
        changed.push(...page.map(changedIn));
      }
      if (!(await this.isCurrent(id))) {
        if (turn !== this.turn) return;
        await this.read(turn);
        if (turn === this.turn) this.isAnew = true;
        return;
      }
      if (turn !== this.turn) return;
      // From here it is kept, whatever is done on this screen meanwhile.
      this.phase = "writing";
      this.share = null;
      await this.session.desk.change(this.collection, works, { label: `import of ${name}`, changed });
      if (this.import !== id) return;
      this.kept = works.length;
      this.phase = "kept";
      this.import = null;
      await this.session.platform.importEnd(id);
    });
  }

  /** Whether the plan is about the records as they are now, with what was edited here a moment ago. */
  private async isCurrent(id: string): Promise<boolean> {
    await this.session.desk.flush();
    return this.session.platform.importIsCurrent(this.session.id, id);
  }

  /** Saves the refused rows as a file, among the downloads. */
  async saveRefused(): Promise<void> {
    if (this.import === null) return;
    try {
      this.saved = await this.session.platform.importRefusedSave(this.import, this.collection);
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Lets go of the file; nothing of it is kept. */
  async end(): Promise<void> {
    const id = this.import;
    this.turn += 1;
    this.import = null;
    this.phase = "choosing";
    this.preview = this.saved = this.problem = this.share = null;
    this.rows = [];
    this.keepsGood = this.deletesRest = this.isAnew = false;
    if (id !== null) await this.session.platform.importEnd(id);
  }

  private async read(turn: number): Promise<void> {
    const id = this.import;
    if (id === null) return;
    this.phase = "reading";
    this.share = null;
    // What was kept here just now is in the mirror, too: the plan is made on that.
    await this.session.desk.flush();
    const preview = await this.session.platform.importPlan(this.session.id, id, this.options);
    if (turn !== this.turn) return;
    this.preview = preview;
    this.saved = null;
    this.keepsGood = this.deletesRest = this.isAnew = false;
    this.phase = "shown";
    await this.show(firstOf(preview));
  }

  /** What goes wrong is told, and leads back to where one can go on. */
  private async during(phase: Phase, turn: number, work: () => Promise<void>): Promise<void> {
    this.phase = phase;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      if (turn !== this.turn) return;
      // A file that did not arrive is let go; one that cannot be read may be, when more is told of it.
      if (this.phase === "sending") await this.end();
      else if (this.phase === "reading") this.preview = null;
      this.problem = asProblem(error);
      if (this.import !== null) this.phase = "shown";
    }
  }
}

function totalOf(preview: ImportPreview, part: ImportPart): number {
  return preview[part];
}

/** What a person has to see first. */
function firstOf({ refused, changed, added, rest }: ImportPreview): ImportPart {
  if (refused > 0) return "refused";
  if (changed > 0) return "changed";
  return added > 0 || rest === 0 ? "added" : "rest";
}
