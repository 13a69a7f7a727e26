//! Pages of writes, one after the other. One request at a time; while Airflow works on it, the mirror is written: while a
//! page is read back the next one is taken down, and while that one is looked at the one before is taken over.

use crate::cycle::{Cycle, Failure};
use crate::divide::Page;
use crate::page::{self, Ready, Sent};
use crate::sight::Sight;
use leeward_store::StoreError;

/// Yields that let a request get under way: once to hand it over, once more until it is written.
const YIELDS_TO_SEND: usize = 2;

/// Writes the pages. Returns the keys that have to be sent one by one.
pub(crate) async fn push(cycle: &Cycle<'_>, pages: Vec<Page>) -> Result<Vec<String>, Failure> {
    let mut line = Line {
        cycle,
        pages: pages.into_iter(),
        ready: None,
        seen: None,
        left: Vec::new(),
    };
    let outcome = line.run().await;
    if outcome.is_err() {
        line.abandon()?;
    }
    outcome.map(|()| line.left)
}

struct Line<'c, 'e> {
    cycle: &'c Cycle<'e>,
    pages: std::vec::IntoIter<Page>,
    /// Taken down, not sent.
    ready: Option<Ready>,
    /// Sent and read back, not taken over.
    seen: Option<(Sent, Sight)>,
    left: Vec<String>,
}

impl Line<'_, '_> {
    async fn run(&mut self) -> Result<(), Failure> {
        self.prepare_next()?;
        while let Some(ready) = self.ready.take() {
            match self.write(ready).await? {
                Some(sent) => self.look_back(sent).await?,
                None => self.prepare_next()?,
            }
        }
        Ok(self.take_over()?)
    }

    /// Looks at the page and writes it; meanwhile takes over what was read back of the one before.
    async fn write(&mut self, ready: Ready) -> Result<Option<Sent>, Failure> {
        let cycle = self.cycle;
        let began = cycle.engine.runtime.elapsed();
        let (before, taken) = tokio::join!(page::look(cycle, &ready), async {
            get_under_way().await;
            self.take_over()
        });
        if let Err(error) = taken {
            page::clear(cycle, &ready)?;
            return Err(error.into());
        }
        let mut sent = None;
        let outcome = match before {
            Ok(before) => page::write(cycle, ready, &before, began, &mut self.left)
                .await
                .map(|answered| sent = answered),
            Err(error) => page::not_begun(cycle, &ready, error).map(|keys| self.left.extend(keys)),
        };
        cycle.bear(outcome)?;
        Ok(sent)
    }

    /// Reads the page back; meanwhile takes down the next one.
    async fn look_back(&mut self, sent: Sent) -> Result<(), Failure> {
        let cycle = self.cycle;
        let (sight, prepared) = tokio::join!(page::look_back(cycle, &sent), async {
            get_under_way().await;
            self.prepare_next()
        });
        match sight {
            Ok(sight) => self.seen = Some((sent, sight)),
            Err(error) => page::all_in_doubt(cycle, &sent.writes, sent.window, &error, page::ACCEPTED)?,
        }
        Ok(prepared?)
    }

    fn prepare_next(&mut self) -> Result<(), StoreError> {
        self.ready = None;
        for page in self.pages.by_ref() {
            let ready = page::prepare(self.cycle, &page)?;
            if !ready.writes.is_empty() {
                self.ready = Some(ready);
                break;
            }
        }
        Ok(())
    }

    fn take_over(&mut self) -> Result<(), StoreError> {
        if let Some((sent, sight)) = self.seen.take() {
            self.left.extend(page::take_over(self.cycle, &sent, &sight)?);
        }
        Ok(())
    }

    /// What was taken down and not sent must not look as if it could still arrive; what was read back counts.
    fn abandon(&mut self) -> Result<(), StoreError> {
        self.take_over()?;
        match self.ready.take() {
            Some(ready) => page::clear(self.cycle, &ready),
            None => Ok(()),
        }
    }
}

/// The connection is another task's: it gets its turn.
async fn get_under_way() {
    for _ in 0..YIELDS_TO_SEND {
        tokio::task::yield_now().await;
    }
}
