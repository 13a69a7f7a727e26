//! Reading a listing whole.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tracing::debug;

use crate::error::{AirflowError, Call, ErrorKind};
use crate::types::Page;

/// How often a listing that shifts is read again before giving up.
const SCAN_ATTEMPTS_MAX: u32 = 4;
/// How often a request is polled, so that it is under way: once to hand it over, once more when it was written.
const POLLS_TO_SEND: u32 = 2;

type Outcome<T> = Result<Page<T>, AirflowError>;

/// Reads a listing whole, again when it shifted, up to a limit; shows each page while the next one is on its way.
pub(super) async fn scan<T, F>(
    call: Call,
    page_at: impl Fn(u64) -> F,
    key_of: fn(&T) -> &str,
    look: &mut (dyn for<'p> FnMut(&'p [T]) + Send),
) -> Result<Vec<T>, AirflowError>
where
    F: Future<Output = Outcome<T>>,
{
    for _ in 0..SCAN_ATTEMPTS_MAX {
        if let Some(all) = scan_once(&page_at, key_of, look).await? {
            return Ok(all);
        }
        debug!(doing = call.doing, "the listing shifted");
    }
    Err(AirflowError::new(call, ErrorKind::ScanShifted))
}

/// Reads page by page, by what comes back (H8). `None` when the listing shifted meanwhile (H7). A page that begins as
/// another one did is a shift too: else a server that passes the offset over would be read for ever.
async fn scan_once<T, F>(
    page_at: impl Fn(u64) -> F,
    key_of: fn(&T) -> &str,
    look: &mut (dyn for<'p> FnMut(&'p [T]) + Send),
) -> Result<Option<Vec<T>>, AirflowError>
where
    F: Future<Output = Outcome<T>>,
{
    let mut all: Vec<T> = Vec::new();
    let mut begun_with = BTreeSet::new();
    let mut page = page_at(0).await?;
    let total = page.total;
    loop {
        let first = page.items.first().map(key_of);
        if page.total != total || first.is_some_and(|first| !begun_with.insert(first.to_owned())) {
            return Ok(None);
        }
        let read = (all.len() + page.items.len()) as u64;
        if page.items.is_empty() || read >= total {
            look(&page.items);
            all.extend(page.items);
            break;
        }
        let mut next = std::pin::pin!(page_at(read));
        let early = send(next.as_mut()).await;
        look(&page.items);
        all.extend(page.items);
        page = match early {
            Some(outcome) => outcome?,
            None => next.await?,
        };
    }
    let count = all.len();
    all.sort_by(|a, b| key_of(a).cmp(key_of(b)));
    all.dedup_by(|a, b| key_of(a) == key_of(b));
    let whole = all.len() == count && count as u64 == total;
    Ok(whole.then_some(all))
}

/// Gets a request under way without waiting for its answer; gives the answer if it is there at once.
async fn send<T, F: Future<Output = Outcome<T>>>(mut request: Pin<&mut F>) -> Option<Outcome<T>> {
    for _ in 0..POLLS_TO_SEND {
        if let Poll::Ready(outcome) = poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await {
            return Some(outcome);
        }
        // The connection is another task's.
        tokio::task::yield_now().await;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Three pages of two, of which the n-th is answered only when the one before was looked at.
    #[tokio::test]
    async fn a_page_is_looked_at_while_the_next_is_on_its_way() {
        let (asked, looked) = (Cell::new(0), std::sync::atomic::AtomicU64::new(0));
        let page_at = |offset: u64| {
            asked.set(asked.get() + 1);
            let looked = &looked;
            async move {
                while looked.load(std::sync::atomic::Ordering::SeqCst) < offset {
                    tokio::task::yield_now().await;
                }
                let items = vec![format!("k{offset}"), format!("k{}", offset + 1)];
                Ok(Page { items, total: 6 })
            }
        };
        let mut look = |page: &[String]| {
            looked.fetch_add(page.len() as u64, std::sync::atomic::Ordering::SeqCst);
        };
        let all = scan(Call::read("count"), page_at, |key| key, &mut look).await;
        assert_eq!(all.unwrap(), ["k0", "k1", "k2", "k3", "k4", "k5"]);
        assert_eq!(asked.get(), 3);
    }
}
