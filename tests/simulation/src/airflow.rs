//! Airflow as the world sees it: requests arrive and are journalled, answers are delivered and remembered, other people
//! write too.

use crate::collections::{Id, Kind, Rows, Texts, put, rows, texts_of};
use crate::faults::Fault;
use crate::request::Asked;
use crate::time::wall;
use crate::tokens::tokens_in;
use crate::truth::{Announced, Author, Claim, DeskId, Reading, Story, World};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::Value;

/// What an answer told of records, for when it is delivered.
#[derive(Debug, Clone, Default)]
struct Told {
    readings: Vec<(Id, Reading)>,
    /// Of a page: its rows, and those of the whole listing.
    page: Option<(usize, usize)>,
}

impl World {
    /// A request of a desktop's reaches the server.
    pub fn arrive(&mut self, request: &Request<Bytes>, asked: &Asked, claim: Claim) -> Response<Bytes> {
        self.set_clock();
        if asked.is_write() {
            self.check_mask(asked);
            self.writes += 1;
        }
        let before = asked.writes_records().then(|| rows(&self.airflow));
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
    pub fn journal(&mut self, before: &Rows, author: &Author) {
        let after = rows(&self.airflow);
        let ids = before
            .keys()
            .chain(after.keys().filter(|id| !before.contains_key(*id)));
        for id in ids.filter(|id| before.get(*id) != after.get(*id)) {
            let (old, new) = (before.get(id), after.get(id));
            let who = match author {
                Author::Desk(claim) => format!("desk {}", claim.desk),
                Author::Other(who) => (*who).to_owned(),
            };
            self.say(format_args!(
                "Airflow: {who} writes {id}: {} -> {}",
                shown(old),
                shown(new)
            ));
            if let Author::Desk(claim) = author {
                self.check_write(claim, id, old, new);
            }
            self.note_change(id, old, new);
        }
    }

    /// Somebody else writes.
    pub fn other_writes(&mut self, who: &'static str, id: &Id, row: Option<&Texts>) {
        let before = rows(&self.airflow);
        put(&mut self.airflow, id, row);
        self.journal(&before, &Author::Other(who));
    }

    /// Somebody made the same thing a moment ago.
    pub fn made_by_another(&mut self, asked: &Asked) {
        let Some(id) = asked.id() else {
            return;
        };
        if crate::collections::row(&self.airflow, &id).is_none() {
            let row = self.their_row(&id, None);
            self.other_writes("a quicker one", &id, Some(&row));
        }
    }

    /// A row before the others goes away, or comes: what follows shifts.
    pub fn shift(&mut self, kind: Kind) {
        let before = rows(&self.airflow);
        let first = before.keys().find(|id| id.kind == kind);
        match first {
            Some(first) if first.key.starts_with("0-shift") => self.other_writes("somebody", first, None),
            _ => {
                let token = self.new_token(Story::default());
                let id = kind.id(&format!("0-shift-{token}"));
                let row = self.their_row(&id, None);
                self.other_writes("somebody", &id, Some(&row));
            }
        }
    }

    fn told(&mut self, asked: &Asked, answer: &Response<Bytes>, request: u64) -> Told {
        let named = asked.id();
        if named.is_none() && asked.listed().is_none() {
            return Told::default();
        }
        if let (StatusCode::NOT_FOUND, Some(id)) = (answer.status(), &named) {
            let reading = self.reading(id, None, request);
            return Told {
                readings: vec![(id.clone(), reading)],
                page: None,
            };
        }
        if !answer.status().is_success() {
            return Told::default();
        }
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let listed = body["variables"].as_array().or_else(|| body["pools"].as_array());
        if let Some(rows) = listed {
            let readings = rows.iter().filter_map(|row| {
                let id = asked.id_of(row)?;
                // A listing that another collection is read by tells the engine nothing of this one.
                asked
                    .asks_for(&id)
                    .then(|| (id.clone(), self.reading(&id, Some(row), request)))
            });
            let total = body["total_entries"].as_u64();
            let total = total.and_then(|total| usize::try_from(total).ok());
            return Told {
                readings: readings.collect(),
                page: total.map(|total| (rows.len(), total)),
            };
        }
        let reading = named.map(|id| {
            let reading = self.reading(&id, Some(&body), request);
            (id, reading)
        });
        Told {
            readings: reading.into_iter().collect(),
            page: None,
        }
    }

    fn reading(&self, id: &Id, row: Option<&Value>, request: u64) -> Reading {
        let texts = row.map(|row| match id.kind {
            Kind::Rates => {
                let record = row["value"].as_str().unwrap_or_default();
                texts_of(id.kind, &serde_json::from_str(record).unwrap_or_default())
            }
            kind => texts_of(kind, row),
        });
        Reading {
            versions: self.versions.get(id).copied().unwrap_or_default(),
            present: row.is_some(),
            at: self.now(),
            request,
            texts: texts.unwrap_or_default(),
        }
    }

    /// An answer reaches the desktop that asked.
    pub fn deliver(&mut self, desk: DeskId, asked: &Asked, answer: &Response<Bytes>) {
        self.sides[desk].heard = true;
        if let Some(kind) = asked.scans() {
            self.not_allowed(desk, kind, answer.status());
        }
        let Some(told) = answer.extensions().get::<Told>() else {
            return;
        };
        for (id, reading) in &told.readings {
            self.remember(desk, id, reading, asked.method == http::Method::GET);
        }
        if let (Some((count, total)), Some(kind)) = (told.page, asked.scans()) {
            self.scanned(
                desk,
                kind,
                asked.number("offset").unwrap_or_default(),
                count,
                total,
            );
        }
    }

    /// An environment is in sync without a collection that its account may not read, but never without the first.
    fn not_allowed(&mut self, desk: DeskId, kind: Kind, status: StatusCode) {
        if status == StatusCode::FORBIDDEN && kind != Kind::Variables {
            let now = self.now();
            let side = &mut self.sides[desk];
            side.complete_scan.insert(kind, side.moment(now));
        }
    }

    /// What a write was answered with is served; read is only what was asked for.
    fn remember(&mut self, desk: DeskId, id: &Id, reading: &Reading, asked_for: bool) {
        let side = &mut self.sides[desk];
        if reading.present {
            for (field, text) in reading.texts.iter().enumerate() {
                side.served.insert((id.clone(), field, text.clone()));
            }
            let tokens = reading.texts.iter().flatten().flat_map(|text| tokens_in(text));
            if asked_for {
                side.presence_read.insert(id.clone(), reading.at);
                let known = side.read_tokens.entry(id.clone()).or_default();
                for token in tokens {
                    known.entry(token).or_insert(reading.at);
                }
            }
        } else {
            side.absence_read.insert(id.clone(), reading.at);
        }
        let newer = side.readings.get(id).is_none_or(|known| known.at <= reading.at);
        if newer {
            side.readings.insert(id.clone(), reading.clone());
        }
    }

    fn scanned(&mut self, desk: DeskId, kind: Kind, offset: usize, count: usize, total: usize) {
        let now = self.now();
        let side = &mut self.sides[desk];
        let scan = side.scan.entry(kind).or_default();
        if offset == 0 {
            *scan = (now, 0);
        }
        if offset == scan.1 {
            scan.1 += count;
            if scan.1 >= total {
                let began = scan.0;
                let began = side.moment(began);
                side.complete_scan.insert(kind, began);
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
            self.other_writes("the UI", &write.id, write.row.as_ref());
        }
    }

    /// When something takes effect by itself.
    #[must_use]
    pub fn next_effect(&self) -> Option<u64> {
        let late = self.late.iter().map(|late| late.at);
        late.chain(self.announced.iter().map(|write| write.at)).min()
    }

    /// The UI writes: the event row is there at once, the write a little later.
    pub fn announce(&mut self, id: &Id, row: Option<Texts>, delay_ms: u64) {
        self.set_clock();
        match (id.kind, row.is_some()) {
            (Kind::Pools, is_kept) => {
                let event = if is_kept { "patch_pool" } else { "delete_pool" };
                let extra = serde_json::json!({"pool_name": id.key});
                self.airflow.log_about(event, "ui", &extra);
            }
            (_, true) => self.airflow.note_event("patch_variable", "ui", &id.address()),
            (_, false) => self.airflow.note_event("delete_variable", "ui", &id.address()),
        }
        self.strike(Fault::EventBeforeWrite);
        let at = self.now() + delay_ms * 1000;
        self.announced.push(Announced {
            at,
            id: id.clone(),
            row,
        });
    }
}

fn shown(row: Option<&Texts>) -> String {
    let Some(texts) = row else {
        return "nothing".into();
    };
    let texts = texts.iter().flatten().map(String::as_str);
    texts.collect::<Vec<_>>().join(" | ")
}
