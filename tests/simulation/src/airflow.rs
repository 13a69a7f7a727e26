//! Airflow as the world sees it: requests arrive and are journalled, answers are delivered and remembered, other people
//! write too.

use crate::fake_airflow::Row;
use crate::faults::Fault;
use crate::request::Asked;
use crate::time::wall;
use crate::tokens::tokens_in;
use crate::truth::{Announced, Author, Claim, DeskId, Reading, Story, World, texts};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;

/// What an answer told of Variables, for when it is delivered.
#[derive(Debug, Clone, Default)]
struct Told {
    readings: Vec<(String, Reading)>,
    total: Option<usize>,
}

impl World {
    /// A request of a desktop's reaches the server.
    pub fn arrive(&mut self, request: &Request<Bytes>, asked: &Asked, claim: Claim) -> Response<Bytes> {
        self.set_clock();
        if asked.is_write() {
            self.check_mask(asked);
            self.writes += 1;
        }
        let before = asked.writes_variables().then(|| self.airflow.variables.clone());
        let runs = self.airflow.runs.len();
        let desk = claim.desk;
        let request_number = claim.request;
        let mut behind = match asked.method {
            http::Method::GET => self.show_behind(desk),
            _ => Vec::new(),
        };
        let mut answer = self.airflow.handle(request);
        if let Some(before) = before {
            self.journal(&before, &Author::Desk(claim));
        }
        if self.airflow.runs.len() > runs {
            self.run_started(desk);
        }
        let told = self.told(asked, &answer, request_number);
        self.swap(&mut behind);
        answer.extensions_mut().insert(told);
        self.date(&mut answer);
        answer
    }

    /// Every server tells its time.
    fn date(&self, answer: &mut Response<Bytes>) {
        let now = wall(self.now(), 0);
        let words = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = http::HeaderValue::from_str(&words) {
            answer.headers_mut().insert(http::header::DATE, date);
        }
    }

    /// The server's clock goes with the world's.
    pub fn set_clock(&mut self) {
        let now = wall(self.now(), 0);
        self.airflow.set_clock(now);
    }

    /// Takes down what a write changed, and lets the checkers judge it.
    pub fn journal(&mut self, before: &BTreeMap<String, Row>, author: &Author) {
        let after = &self.airflow.variables;
        let keys = before
            .keys()
            .chain(after.keys().filter(|key| !before.contains_key(*key)));
        let changed: Vec<String> = keys
            .filter(|key| before.get(*key) != after.get(*key))
            .cloned()
            .collect();
        for key in changed {
            let (old, new) = (
                before.get(&key).cloned(),
                self.airflow.variables.get(&key).cloned(),
            );
            let who = match author {
                Author::Desk(claim) => format!("desk {}", claim.desk),
                Author::Other(who) => (*who).to_owned(),
            };
            self.say(format_args!(
                "Airflow: {who} writes {key}: {} -> {}",
                shown(old.as_ref()),
                shown(new.as_ref())
            ));
            if let Author::Desk(claim) = author {
                self.check_write(claim, &key, old.as_ref(), new.as_ref());
            }
            self.note_change(&key, old.as_ref(), new.as_ref());
        }
    }

    /// Somebody else writes.
    pub fn other_writes(&mut self, who: &'static str, key: &str, row: Option<Row>) {
        let before = self.airflow.variables.clone();
        match row {
            Some(row) => drop(self.airflow.variables.insert(key.to_owned(), row)),
            None => drop(self.airflow.variables.remove(key)),
        }
        self.journal(&before, &Author::Other(who));
    }

    /// Somebody made the same thing a moment ago.
    pub fn made_by_another(&mut self, asked: &Asked) {
        let Some(key) = asked.key().map(str::to_owned) else {
            return;
        };
        if self.airflow.variables.contains_key(&key) {
            return;
        }
        let token = self.new_token(Story::default());
        let row = Row {
            raw: format!("theirs {token}"),
            description: None,
        };
        self.other_writes("a quicker one", &key, Some(row));
    }

    /// A row before the others goes away, or comes: what follows shifts.
    pub fn shift(&mut self) {
        let first = self.airflow.variables.keys().next().cloned();
        let token = self.new_token(Story::default());
        let row = Row {
            raw: format!("shift {token}"),
            description: None,
        };
        match first {
            Some(first) if first.starts_with("0-shift") => self.other_writes("somebody", &first, None),
            _ => self.other_writes("somebody", &format!("0-shift-{token}"), Some(row)),
        }
    }

    fn told(&mut self, asked: &Asked, answer: &Response<Bytes>, request: u64) -> Told {
        if asked.path.first().is_none_or(|first| first != "variables") {
            return Told::default();
        }
        if let (StatusCode::NOT_FOUND, Some(key)) = (answer.status(), asked.key()) {
            let reading = self.reading(key, None, request);
            return Told {
                readings: vec![(key.to_owned(), reading)],
                total: None,
            };
        }
        if !answer.status().is_success() {
            return Told::default();
        }
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if let Some(rows) = body["variables"].as_array() {
            let readings = rows
                .iter()
                .filter_map(|row| self.read_row(row, request))
                .collect();
            let total = body["total_entries"]
                .as_u64()
                .and_then(|total| usize::try_from(total).ok());
            return Told { readings, total };
        }
        Told {
            readings: self.read_row(&body, request).into_iter().collect(),
            total: None,
        }
    }

    fn read_row(&mut self, row: &Value, request: u64) -> Option<(String, Reading)> {
        let key = row["key"].as_str()?.to_owned();
        let reading = self.reading(&key, Some(row), request);
        Some((key, reading))
    }

    fn reading(&self, key: &str, row: Option<&Value>, request: u64) -> Reading {
        let text = |name: &str| row.and_then(|row| row[name].as_str()).map(str::to_owned);
        Reading {
            versions: self.versions.get(key).copied().unwrap_or_default(),
            present: row.is_some(),
            at: self.now(),
            request,
            texts: [text("value"), text("description")],
        }
    }

    /// An answer reaches the desktop that asked.
    pub fn deliver(&mut self, desk: DeskId, asked: &Asked, answer: &Response<Bytes>) {
        if asked.is_pool_listing() && answer.status().is_success() {
            self.sides[desk].scans += 1;
        }
        let Some(told) = answer.extensions().get::<Told>() else {
            return;
        };
        let count = told.readings.len();
        for (key, reading) in &told.readings {
            self.remember(desk, key, reading, asked.method == http::Method::GET);
        }
        if let Some(total) = told.total.filter(|_| asked.is_listing() && !asked.is_filtered()) {
            self.scanned(desk, asked.number("offset").unwrap_or_default(), count, total);
        }
    }

    /// What a write was answered with is served; read is only what was asked for.
    fn remember(&mut self, desk: DeskId, key: &str, reading: &Reading, asked_for: bool) {
        let side = &mut self.sides[desk];
        if reading.present {
            for (field, text) in reading.texts.iter().enumerate() {
                side.served.insert((key.to_owned(), field, text.clone()));
            }
            let tokens = reading.texts.iter().flatten().flat_map(|text| tokens_in(text));
            if asked_for {
                side.presence_read.insert(key.to_owned(), reading.at);
                let known = side.read_tokens.entry(key.to_owned()).or_default();
                for token in tokens {
                    known.entry(token).or_insert(reading.at);
                }
            }
        } else {
            side.absence_read.insert(key.to_owned(), reading.at);
        }
        let newer = side.readings.get(key).is_none_or(|known| known.at <= reading.at);
        if newer {
            side.readings.insert(key.to_owned(), reading.clone());
        }
    }

    fn scanned(&mut self, desk: DeskId, offset: usize, count: usize, total: usize) {
        let now = self.now();
        let side = &mut self.sides[desk];
        if offset == 0 {
            side.scan = (now, 0);
        }
        if offset == side.scan.1 {
            side.scan.1 += count;
            if side.scan.1 >= total {
                side.complete_scan = Some(side.scan.0);
                side.scans += 1;
            }
        }
    }

    /// What takes effect now: writes that were late, and what was announced.
    pub fn catch_up(&mut self) {
        let now = self.now();
        if self.weather.undecryptable_until <= now {
            self.airflow.undecryptable.clear();
        }
        while let Some(place) = self.late.iter().position(|late| late.at <= now) {
            let late = self.late.remove(place);
            let asked = Asked::of(&late.request);
            self.say(format_args!(
                "Airflow: a late {asked} of desk {} arrives",
                late.claim.desk
            ));
            let _nobody = self.arrive(&late.request, &asked, late.claim);
        }
        while let Some(place) = self.announced.iter().position(|write| write.at <= now) {
            let write = self.announced.remove(place);
            self.other_writes("the UI", &write.key, write.row);
        }
    }

    /// When something takes effect by itself.
    #[must_use]
    pub fn next_effect(&self) -> Option<u64> {
        let late = self.late.iter().map(|late| late.at);
        late.chain(self.announced.iter().map(|write| write.at)).min()
    }

    /// The UI writes: the event row is there at once, the write a little later.
    pub fn announce(&mut self, key: &str, row: Option<Row>, delay_ms: u64) {
        let event = if row.is_some() {
            "patch_variable"
        } else {
            "delete_variable"
        };
        self.set_clock();
        self.airflow.note_event(event, "ui", key);
        self.strike(Fault::EventBeforeWrite);
        let at = self.now() + delay_ms * 1000;
        self.announced.push(Announced {
            at,
            key: key.to_owned(),
            row,
        });
    }
}

fn shown(row: Option<&Row>) -> String {
    let [value, description] = texts(row);
    match (value, description) {
        (None, _) => "nothing".into(),
        (Some(value), None) => value,
        (Some(value), Some(description)) => format!("{value} ({description})"),
    }
}
