//! The grid in the real app with a typed collection of a hundred thousand records, beside the same app with a thousand: how
//! long until it shows them, how long a keystroke in the search takes, how it scrolls, and how much memory it needs; and how
//! long what is typed and pasted takes to be durable, beside bare IndexedDB in the same page.

use anyhow::Result;

use crate::children::Model;
use crate::pairs::{Both, Pairs, Side, spread};
use crate::place::{Place, Screen, Window};
use crate::prices;
use crate::row::{Goal, Row};

const MANY: usize = 100_000;
const FEW: usize = 1_000;
/// The first word is in all records, the last one in few.
const SEARCHED: &str = "item ecb";
/// Cells that are edited for a median.
const EDITS: usize = 20;
/// A paste has so many rows, of five cells each.
const PASTED: usize = 2_000;

const GRID: Screen = Screen {
    rail: Some("rail-prices"),
    count: "[data-testid=record-count]",
    row: "[data-testid=record-row]",
    search: "record-search",
    noun: "records",
};

const SAME_APP: &str = "the same app with a thousand";
const BARE: &str = "bare IndexedDB, in the same page";

/// All that is measured.
#[derive(Default)]
struct Figures {
    fill: Both,
    search: Both,
    scroll: Both,
    memory: Both,
    edit: Both,
    edit_mirrored: Both,
    paste: Both,
}

pub(crate) fn measure() -> Result<Vec<Row>> {
    let place = |count| Place::start(Model::with_prices(count)?, GRID, count);
    let places = [place(MANY)?, place(FEW)?];
    let mut figures = Figures::default();
    // What a pair consists of is several figures; the first of them is given back.
    Pairs::measure(|side, _| figures.look(&places[side as usize], side))?;
    let window = places[0].open()?;
    window.until_all()?;
    window.pause_sync()?;
    Pairs::measure(|side, number| figures.work(&window, side, number))?;
    Ok(figures.rows())
}

impl Figures {
    fn look(&mut self, place: &Place, side: Side) -> Result<f64> {
        place.forget_window()?;
        let window = place.open()?;
        let fill = window.until_all()?;
        self.fill.push(side, fill);
        self.memory.push(side, window.settled_memory()?);
        let records = if side == Side::Ours { MANY } else { FEW };
        let keystrokes = window.search(SEARCHED, |text| found(records, text))?;
        self.search.push(side, spread(&keystrokes).median);
        window.clear_search()?;
        self.scroll.push(side, window.scroll()?);
        Ok(fill)
    }

    fn work(&mut self, window: &Window<'_>, side: Side, number: usize) -> Result<f64> {
        if side == Side::Reference {
            let edit = window.bare_rows(1)?;
            self.edit.push(side, edit);
            self.edit_mirrored.push(side, edit);
            self.paste.push(side, window.bare_rows(PASTED)? / 1000.0);
            return Ok(edit);
        }
        let mut times = Vec::new();
        for row in 0..EDITS {
            times.push(window.edit_cell(&prices::key(row), "count", &format!("{}{row:02}", number + 1))?);
        }
        let of = |part: usize| spread(&times.iter().map(|time| time[part]).collect::<Vec<_>>()).median;
        self.edit.push(side, of(0));
        self.edit_mirrored.push(side, of(1));
        let pasted = window.paste_at(&prices::key(0), "approved", &cells(number))?;
        self.paste.push(side, pasted / 1000.0);
        Ok(of(0))
    }

    fn rows(self) -> Vec<Row> {
        let row = |name, unit, reference, both: Both, goal, note: &str| {
            Row::new(name, unit, reference, &both.pairs(), goal).note(note)
        };
        vec![
            row(
                "grid_first_fill",
                "s",
                SAME_APP,
                self.fill,
                Goal::AtMost(1.5),
                FILL,
            ),
            row(
                "grid_search",
                "ms",
                SAME_APP,
                self.search,
                Goal::AtMost(100.0),
                SEARCH,
            ),
            row(
                "grid_scroll",
                "frames/s",
                SAME_APP,
                self.scroll,
                Goal::AtLeast(59.0),
                SCROLL,
            ),
            row(
                "grid_memory",
                "MB",
                SAME_APP,
                self.memory,
                Goal::RatioAtMost(1.5),
                MEMORY,
            ),
            row(
                "cell_edit_window",
                "ms",
                BARE,
                self.edit,
                Goal::AtMost(20.0),
                EDIT,
            ),
            row(
                "cell_edit_both",
                "ms",
                BARE,
                self.edit_mirrored,
                Goal::AtMost(50.0),
                EDIT_BOTH,
            ),
            row("paste_10k", "s", BARE, self.paste, Goal::AtMost(1.0), PASTE),
        ]
    }
}

const FILL: &str = "100000 records of six typed columns; from the start of the app's process until the grid shows all; the \
    mirror is filled, the window's store was removed";
const SEARCH: &str = "from a keystroke's arrival in the page until the rows that it leaves are painted; the median of the \
    eight keystrokes of `item ecb`, of which the first word is in all records";
const SCROLL: &str =
    "frames that had a row in the middle of the screen, at fifteen rows a frame for four seconds";
const MEMORY: &str = "of all the app's processes (PSS), in 10^6 bytes, with the grid shown, the first sync over and the \
    figure at rest";
const EDIT: &str = "from Enter in a cell until the window's store has the edit; the median of twenty";
const EDIT_BOTH: &str =
    "from Enter in a cell until the mirror has acknowledged the edit; the median of twenty";
const PASTE: &str = "from the paste of 2000 rows of five cells until the window's store has them all";

/// How many records a search finds.
fn found(records: usize, text: &str) -> usize {
    let holds = |number: &usize| {
        let note = prices::note(*number);
        text.split_whitespace().all(|word| note.contains(word))
    };
    (0..records).filter(holds).count()
}

/// What a spreadsheet has on the clipboard.
fn cells(number: usize) -> String {
    let row = |at: usize| {
        let day = at % 28 + 1;
        format!("true\t{at}\t2026-11-{day:02}\tpaste {number} {at}\t{at}.{number}1\n")
    };
    (0..PASTED).map(row).collect()
}
