//! Virtual time and its tasks: one thread, one order, which the dice choose. A process is a group of tasks that can be
//! dropped at any await.

use crate::dice::Dice;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Microseconds since the history began.
pub type Micros = u64;
/// A group of tasks that die together.
pub type ProcessId = u32;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The clock, which everybody may hold.
#[derive(Clone, Default)]
pub struct Clock(Arc<Mutex<Timers>>);

#[derive(Default)]
struct Timers {
    now: Micros,
    next: u64,
    waiting: BTreeMap<(Micros, u64), Option<Waker>>,
}

impl Clock {
    fn lock(&self) -> MutexGuard<'_, Timers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.lock().now
    }

    /// Waits in virtual time.
    pub fn sleep(&self, time: Duration) -> Sleep {
        let mut timers = self.lock();
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 4);
        let place = (timers.now + micros, timers.next);
        timers.next += 1;
        timers.waiting.insert(place, None);
        Sleep {
            clock: self.clone(),
            place,
        }
    }
}

/// A wait in virtual time.
pub struct Sleep {
    clock: Clock,
    place: (Micros, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timers = self.clock.lock();
        match timers.waiting.get_mut(&self.place) {
            None => Poll::Ready(()),
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.lock().waiting.remove(&self.place);
    }
}

struct Bell {
    task: u64,
    ready: Arc<Mutex<Vec<u64>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&self.task) {
            ready.push(self.task);
        }
    }
}

/// The tasks of all processes.
pub struct Executor {
    /// The clock that they live by.
    pub clock: Clock,
    tasks: BTreeMap<u64, (ProcessId, Task)>,
    ready: Arc<Mutex<Vec<u64>>>,
    next: u64,
    dice: Dice,
}

impl Executor {
    /// No tasks yet; the dice choose who is next.
    #[must_use]
    pub fn new(dice: Dice) -> Self {
        Self {
            clock: Clock::default(),
            tasks: BTreeMap::new(),
            ready: Arc::default(),
            next: 0,
            dice,
        }
    }

    /// Adds a task to a process.
    pub fn spawn(&mut self, process: ProcessId, task: impl Future<Output = ()> + 'static) {
        self.next += 1;
        self.tasks.insert(self.next, (process, Box::pin(task)));
        self.ready().push(self.next);
    }

    /// Drops every task of a process, wherever it waits.
    pub fn kill(&mut self, process: ProcessId) {
        self.tasks.retain(|_, (of, _)| *of != process);
    }

    fn ready(&self) -> MutexGuard<'_, Vec<u64>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls one task that can go on, or moves the clock to the next timer up to `end`. Says whose task it was; `None`
    /// when the clock has reached `end`.
    pub fn step(&mut self, end: Micros) -> Option<Option<ProcessId>> {
        if let Some(task) = self.take_ready() {
            return Some(self.poll(task));
        }
        self.advance(end).then_some(None)
    }

    fn take_ready(&mut self) -> Option<u64> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.is_empty() {
            return None;
        }
        let place = self.dice.index(ready.len());
        Some(ready.remove(place))
    }

    fn poll(&mut self, number: u64) -> Option<ProcessId> {
        let bell = Bell {
            task: number,
            ready: Arc::clone(&self.ready),
        };
        let waker = Waker::from(Arc::new(bell));
        let (process, task) = self.tasks.get_mut(&number)?;
        let process = *process;
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.tasks.remove(&number);
        }
        Some(process)
    }

    /// Moves to the next timer, and rings it; `false` at the end.
    fn advance(&mut self, end: Micros) -> bool {
        let mut timers = self.clock.lock();
        let next = timers.waiting.first_key_value().map(|(place, _)| *place);
        match next {
            Some(place) if place.0 <= end => {
                timers.now = timers.now.max(place.0);
                let waker = timers.waiting.remove(&place).flatten();
                drop(timers);
                if let Some(waker) = waker {
                    waker.wake();
                }
                true
            }
            _ => {
                timers.now = timers.now.max(end);
                false
            }
        }
    }
}
