//! Benchmarks: each figure beside a reference that is measured in the same run, in alternating pairs.
//!
//! Started by `cargo xtask bench`, which builds `leewardctl` and the app as well and says where they are in `LEEWARD_CTL` and
//! `LEEWARD_APP`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are what it is for"
)]

mod children;
mod companion;
mod cycles;
mod first_pull;
mod grid;
mod guarded_push;
mod http;
mod imports;
mod large_pull;
mod machine;
mod mirror_push;
mod pairs;
mod place;
mod prices;
mod process;
mod quiet;
mod real;
mod reconcile;
mod report;
mod row;
mod rows_of;
mod window;

use anyhow::{Result, bail};

use real::Real;
use row::Row;

/// What was asked for.
#[derive(Debug, Default)]
struct Arguments {
    only: Vec<String>,
    json: bool,
    markdown: bool,
}

type Measure = fn(&mut Real) -> Result<Vec<Row>>;

/// The benchmarks, and the rows that each gives.
const BENCHMARKS: &[(&str, Measure)] = &[
    ("reconcile", |_| reconcile::measure()),
    ("imports", |_| imports::measure()),
    ("mirror_push", |_| mirror_push::measure()),
    ("large_pull", |_| large_pull::measure()),
    ("first_pull", first_pull::measure),
    ("quiet", quiet::measure),
    ("guarded_push", guarded_push::measure),
    ("companion", |_| companion::measure()),
    ("window", |_| window::measure()),
    ("grid", |_| grid::measure()),
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if children::play(&words)? {
        return Ok(());
    }
    let arguments = read(&words)?;
    let machine = machine::describe();
    eprintln!("{machine}");
    let mut real = Real::default();
    let mut rows = Vec::new();
    for (name, measure) in BENCHMARKS.iter().filter(|(name, _)| arguments.wants(name)) {
        eprintln!("--- {name} (load {})", machine::load());
        for row in measure(&mut real)? {
            eprintln!("{row}");
            rows.push(row);
        }
    }
    if arguments.markdown {
        println!("{}", report::markdown(&machine, &rows));
    } else if arguments.json {
        println!("{}", report::json(&rows));
    } else {
        println!("{}", report::text(&rows));
    }
    Ok(())
}

impl Arguments {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn read(words: &[String]) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match (word, word.strip_prefix("--only=")) {
            (_, Some(name)) => arguments.only.push(name.to_owned()),
            ("--only", _) => arguments.only.extend(words.next().map(str::to_owned)),
            ("--json", _) => arguments.json = true,
            ("--markdown", _) => arguments.markdown = true,
            _ => bail!("{word} is not understood"),
        }
    }
    let known = |name: &String| BENCHMARKS.iter().any(|(known, _)| known == name);
    if let Some(name) = arguments.only.iter().find(|name| !known(name)) {
        let names: Vec<&str> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
        bail!("there is no benchmark {name}: there are {}", names.join(", "));
    }
    Ok(arguments)
}
