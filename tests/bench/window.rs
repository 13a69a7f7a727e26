//! The window in the real app with a hundred thousand Variables, beside the same app with none: how long until it shows
//! them, how long a keystroke in the search takes, and how much memory it needs.

use std::path::PathBuf;

use anyhow::Result;

use crate::children::Model;
use crate::pairs::{Both, Pairs, Side, spread};
use crate::place::{self, Place, Window};
use crate::row::{Goal, Row};
use crate::rows_of;

const VARIABLES: usize = 100_000;
/// The first word is in all of them, the second in some.
const SEARCHED: &str = "retail 0421";
/// Names a folder that gets pictures of the window.
const PICTURES: &str = "LEEWARD_TOUR_SCREENSHOTS";

/// All that is measured.
#[derive(Default)]
struct Figures {
    warm_start: Both,
    hydration: Both,
    search: Both,
    search_first: Both,
    memory: Both,
    memory_searched: Both,
}

pub(crate) fn measure() -> Result<Vec<Row>> {
    let place = |count| Place::start(Model::start(count)?, place::VARIABLES, count);
    let places = [place(VARIABLES)?, place(0)?];
    let mut figures = Figures::default();
    // What a pair consists of is several figures; the first of them is given back.
    Pairs::measure(|side, number| figures.take(&places[side as usize], side, number))?;
    Ok(figures.rows())
}

impl Figures {
    fn take(&mut self, place: &Place, side: Side, number: usize) -> Result<f64> {
        let window = place.open()?;
        let warm_start = window.until_rows()?;
        self.warm_start.push(side, warm_start);
        self.memory.push(side, window.settled_memory()?);
        let keystrokes = window.search(SEARCHED, |text| found(side, text))?;
        self.search.push(side, spread(&keystrokes).median);
        self.search_first.push(side, keystrokes[0]);
        take_picture(&window, &format!("{side:?}-{number}-searched"))?;
        window.clear_search()?;
        self.memory_searched.push(side, window.settled_memory()?);
        take_picture(&window, &format!("{side:?}-{number}"))?;
        drop(window);
        place.forget_window()?;
        self.hydration.push(side, place.open()?.until_all()?);
        Ok(warm_start)
    }

    fn rows(self) -> Vec<Row> {
        let row = |name, unit, both: Both, goal, note: &str| {
            Row::new(
                name,
                unit,
                "the same app on an Airflow with none",
                &both.pairs(),
                goal,
            )
            .note(note)
        };
        vec![
            row(
                "window_warm_start",
                "s",
                self.warm_start,
                Goal::AtMost(1.5),
                WARM_START,
            ),
            row(
                "window_hydration",
                "s",
                self.hydration,
                Goal::AtMost(3.0),
                HYDRATION,
            ),
            row("window_search", "ms", self.search, Goal::AtMost(100.0), SEARCH),
            row(
                "window_search_first",
                "ms",
                self.search_first,
                Goal::None,
                SEARCH_FIRST,
            ),
            row("window_memory", "MB", self.memory, Goal::RatioAtMost(1.5), MEMORY),
            row(
                "window_memory_searched",
                "MB",
                self.memory_searched,
                Goal::None,
                MEMORY_SEARCHED,
            ),
        ]
    }
}

const WARM_START: &str = "100000 Variables; from the start of the app's process until the first rows, or the words that \
    there are none, are painted; the mirror and the window's store are filled";
const HYDRATION: &str = "from the start of the app's process until the list shows all; the mirror is filled, the window's \
    store was removed";
const SEARCH: &str = "from a keystroke's arrival in the page until the rows that it leaves are painted; the median of the \
    eleven keystrokes of `retail 0421`, of which the first word is in all Variables";
const SEARCH_FIRST: &str = "the first of these keystrokes after a start";
const MEMORY: &str = "of all the app's processes (PSS), in 10^6 bytes, with the list shown, the first sync over and the \
    figure at rest";
const MEMORY_SEARCHED: &str = "the same after the search";

/// How many Variables a search finds.
fn found(side: Side, text: &str) -> usize {
    if side == Side::Reference {
        return 0;
    }
    let holds = |number: &usize| {
        let row = format!("{}\n{}", rows_of::key(*number), rows_of::value(*number, 0)).to_lowercase();
        text.split_whitespace().all(|word| row.contains(word))
    };
    (0..VARIABLES).filter(holds).count()
}

fn take_picture(window: &Window<'_>, name: &str) -> Result<()> {
    let Some(folder) = std::env::var_os(PICTURES).map(PathBuf::from) else {
        return Ok(());
    };
    std::fs::create_dir_all(&folder)?;
    window.picture(&folder.join(format!("{name}.png")))
}
