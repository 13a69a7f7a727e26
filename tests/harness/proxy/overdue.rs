//! Writes on their way to a server, and what has to wait for those that have been so for too long.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Default)]
pub(super) struct Overdue {
    writes: Mutex<Writes>,
    arrived: Condvar,
}

#[derive(Default)]
struct Writes {
    /// After that time a write is overdue; without one none ever is.
    limit: Option<Duration>,
    begun: u64,
    /// When each of those on their way began.
    on_their_way: BTreeMap<u64, Instant>,
}

/// A write that is on its way until this is dropped.
pub(super) struct OnItsWay {
    of: Arc<Overdue>,
    number: u64,
}

impl Overdue {
    /// From now on a write is overdue after that time.
    pub(super) fn keep_within(&self, limit: Duration) {
        self.writes().limit = Some(limit);
    }

    /// A write sets out.
    pub(super) fn begin(self: &Arc<Self>) -> OnItsWay {
        let mut writes = self.writes();
        writes.begun += 1;
        let number = writes.begun;
        writes.on_their_way.insert(number, Instant::now());
        OnItsWay {
            of: Arc::clone(self),
            number,
        }
    }

    /// Returns when every write has arrived that is overdue now.
    pub(super) fn wait(&self) {
        let now = Instant::now();
        let arrived = self
            .arrived
            .wait_while(self.writes(), |writes| writes.any_overdue(now));
        drop(arrived.unwrap_or_else(PoisonError::into_inner));
    }

    fn writes(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writes {
    fn any_overdue(&self, now: Instant) -> bool {
        let Some(limit) = self.limit else {
            return false;
        };
        let mut began = self.on_their_way.values();
        began.any(|began| now.saturating_duration_since(*began) >= limit)
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.of.writes().on_their_way.remove(&self.number);
        self.of.arrived.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_overdue_is_waited_for() {
        let overdue = Arc::<Overdue>::default();
        let _on_its_way = overdue.begin();
        let later = Instant::now() + Duration::from_secs(5);
        assert!(!overdue.writes().any_overdue(later), "without a limit");
        overdue.keep_within(Duration::from_secs(6));
        assert!(!overdue.writes().any_overdue(later), "not yet");
        overdue.keep_within(Duration::from_secs(5));
        assert!(overdue.writes().any_overdue(later), "now");
    }

    #[test]
    fn a_write_that_arrives_lets_the_others_go_on() {
        let overdue = Arc::<Overdue>::default();
        overdue.keep_within(Duration::ZERO);
        let on_its_way = overdue.begin();
        let waiting = Arc::clone(&overdue);
        let waits = std::thread::spawn(move || waiting.wait());
        assert!(!waits.is_finished(), "it waits");
        drop(on_its_way);
        waits.join().expect("it goes on");
        assert!(overdue.writes().on_their_way.is_empty());
    }
}
