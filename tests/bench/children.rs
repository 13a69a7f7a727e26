//! Parts that this program plays in processes of their own, so that their memory and time are told apart.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use harness::fake_airflow::served::HttpFake;
use harness::fake_airflow::{InProcess, Row};

use crate::cycles::block_on;
use crate::http::Bare;
use crate::{prices, rows_of};

/// The model's user.
pub(crate) const USER: (&str, &str) = ("ann", "lee-shore-7");
const SERVE: &str = "--serve-model";
const SERVE_PRICES: &str = "--serve-prices";
const PULL: &str = "--pull-bare";

/// Plays a part if the words ask for one.
pub(crate) fn play(words: &[String]) -> Result<bool> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [SERVE, count] => serve(variables(count.parse()?))?,
        [SERVE_PRICES, count] => serve(prices::variables(count.parse()?))?,
        [PULL, url, count] => pull(url, count.parse()?)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Variables of the model, as rows of its table.
pub(crate) fn variables(count: usize) -> BTreeMap<String, Row> {
    let row = |number| {
        let raw = rows_of::value(number, 0);
        let description = None;
        (rows_of::key(number), Row { raw, description })
    };
    (0..count).map(row).collect()
}

fn serve(variables: BTreeMap<String, Row>) -> Result<()> {
    let model = InProcess::default();
    model.with(|airflow| airflow.variables = variables);
    let fake = HttpFake::start(model)?;
    println!("{}", fake.base_url());
    // Whoever started us holds the other end: it closes when they end, however they end.
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn pull(url: &str, count: usize) -> Result<()> {
    block_on(async {
        let bare = Bare::sign_in(url, USER.0, USER.1).await?;
        bare.pull(count).await.map(drop)
    })
}

/// The model in a process of its own.
pub(crate) struct Model {
    process: Child,
    url: String,
}

impl Model {
    /// With so many Variables.
    pub(crate) fn start(count: usize) -> Result<Self> {
        Self::serving(SERVE, count)
    }

    /// With so many records of [`prices`].
    pub(crate) fn with_prices(count: usize) -> Result<Self> {
        Self::serving(SERVE_PRICES, count)
    }

    fn serving(what: &str, count: usize) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([what, &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let url = line.trim().to_owned();
        Ok(Self { process, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The bare loop over it, to be started.
    pub(crate) fn bare_pull(&self, count: usize) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([PULL, &self.url, &count.to_string()]);
        Ok(command)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It has ended when this returns; there is nothing to do about an error.
        let _ = self.process.wait();
    }
}
