//! Pages of writes, one after the other. One request at a time; while Airflow works on it, the mirror is written: while a
//! page is read back the next one is taken down, and while that one is looked at the one before is taken over.

use crate::apply::divide::Page;
use crate::apply::page::{self, Ready, Sent};
use crate::context::Context;
use crate::failure::Failure;
use crate::observe::read_set::ReadSet;
use leeward_store::StoreError;

/// Yields that let a request get under way: once to hand it over, once more until it is written.
const YIELDS_TO_SEND: usize = 2;

/// Writes the pages. Returns the keys that have to be sent one by one.
pub(crate) async fn push(context: &Context<'_>, pages: Vec<Page>) -> Result<Vec<String>, Failure> {
    let mut line = Line {
        context,
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
    context: &'c Context<'e>,
    pages: std::vec::IntoIter<Page>,
    /// Taken down, not sent.
    ready: Option<Ready>,
    /// Sent and read back, not taken over.
    seen: Option<(Sent, ReadSet)>,
    left: Vec<String>,
}

impl Line<'_, '_> {
    async fn run(&mut self) -> Result<(), Failure> {
        self.prepare_next()?;
        while self.ready.is_some() {
            self.context.look_for_stop()?;
            self.push_one().await?;
        }
        Ok(self.take_over()?)
    }

    async fn push_one(&mut self) -> Result<(), Failure> {
        let Some(ready) = self.ready.take() else {
            return Ok(());
        };
        match self.write(ready).await? {
            Some(sent) => self.look_back(sent).await,
            None => Ok(self.prepare_next()?),
        }
    }

    /// Looks at the page and writes it; meanwhile takes over what was read back of the one before.
    async fn write(&mut self, ready: Ready) -> Result<Option<Sent>, Failure> {
        let context = self.context;
        let began = context.runtime.elapsed();
        let (before, taken) = tokio::join!(page::look(context, &ready), async {
            get_under_way().await;
            self.take_over()
        });
        if let Err(error) = taken {
            page::clear(context, &ready)?;
            return Err(error.into());
        }
        let mut sent = None;
        let outcome = match before {
            Ok(before) => page::write(context, ready, &before, began, &mut self.left)
                .await
                .map(|answered| sent = answered),
            Err(error) => page::not_begun(context, &ready, error).map(|keys| self.left.extend(keys)),
        };
        context.tolerate(outcome)?;
        Ok(sent)
    }

    /// Reads the page back; meanwhile takes down the next one.
    async fn look_back(&mut self, sent: Sent) -> Result<(), Failure> {
        let context = self.context;
        let (read_set, prepared) = tokio::join!(page::look_back(context, &sent), async {
            get_under_way().await;
            self.prepare_next()
        });
        match read_set {
            Ok(read_set) => self.seen = Some((sent, read_set)),
            Err(error) => page::all_in_doubt(context, &sent.writes, sent.window, &error, page::ACCEPTED)?,
        }
        Ok(prepared?)
    }

    fn prepare_next(&mut self) -> Result<(), StoreError> {
        self.ready = None;
        for page in self.pages.by_ref() {
            let ready = page::prepare(self.context, &page)?;
            if !ready.writes.is_empty() {
                self.ready = Some(ready);
                break;
            }
        }
        Ok(())
    }

    fn take_over(&mut self) -> Result<(), StoreError> {
        if let Some((sent, read_set)) = self.seen.take() {
            self.left.extend(page::take_over(self.context, &sent, &read_set)?);
            self.context.has_sent();
        }
        Ok(())
    }

    /// Clears unsent intents, so that recovery does not treat them as in doubt; what was read back counts.
    fn abandon(&mut self) -> Result<(), StoreError> {
        self.take_over()?;
        match self.ready.take() {
            Some(ready) => page::clear(self.context, &ready),
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
