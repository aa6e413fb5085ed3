//! The line at the bottom of a terminal that says what a command is doing, wherever it would be silent for longer than
//! [`SILENCE`]: which call, how many of how many, why it waits, and for how long at most.
//!
//! Invariants: the line is only on standard error, only at a terminal, and gone before anything else is written. A thread of
//! its own draws it, because a proof that is computed gives nobody else a turn.
//!
//! Deliberately absent: anything for a log. In CI, behind a pipe and with `--quiet` there is no line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use rolecall::report::count;
use rolecall_model::activity::{Activity, Moment, Running, Trouble, Wait};
use rolecall_model::limit::Limit;

/// So long a command may be silent.
const SILENCE: Duration = Duration::from_secs(2);
/// How often the line is looked after.
const TICK: Duration = Duration::from_millis(250);

/// The line, and whether it may be there. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Status(Arc<Mutex<Line>>);

#[derive(Debug)]
struct Line {
    /// When something was last said.
    said: Instant,
    /// Whether somebody watches.
    is_watched: bool,
    /// Hidden while somebody answers a question or another bar is there.
    is_paused: bool,
    shown: Option<ProgressBar>,
}

impl Line {
    fn clear(&mut self) {
        if let Some(bar) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}

impl Status {
    pub(crate) fn new(is_watched: bool) -> Self {
        let line = Line { said: Instant::now(), is_watched, is_paused: false, shown: None };
        Self(Arc::new(Mutex::new(line)))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes something else: the line is gone before, and stays away for a while.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut line = self.line();
        line.clear();
        let written = write();
        line.said = Instant::now();
        written
    }

    /// Whether the line stays away.
    pub(crate) fn pause(&self, is_paused: bool) {
        let mut line = self.line();
        line.clear();
        line.is_paused = is_paused;
        line.said = Instant::now();
    }

    /// Draws the line from now on, until what is returned is dropped.
    pub(crate) fn watch(&self, activity: Activity, limit: Option<Limit>) -> Option<Watch> {
        if !self.line().is_watched {
            return None;
        }
        let (stop, stopped) = mpsc::channel();
        let status = self.clone();
        let begun = Instant::now();
        let look_after = move || {
            while stopped.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                let left = limit.as_ref().map(Limit::left);
                status.draw(|| in_words(&activity.now(), begun, left, Instant::now()));
            }
        };
        let thread = thread::Builder::new().name("status".to_owned()).spawn(look_after).ok()?;
        Some(Watch { stop: Some(stop), thread: Some(thread), status: self.clone() })
    }

    fn draw(&self, text: impl FnOnce() -> String) {
        let mut line = self.line();
        if line.is_paused || line.said.elapsed() < SILENCE {
            return;
        }
        let bar = line.shown.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        bar.set_message(text());
        bar.tick();
    }
}

/// The line is drawn while this lives.
#[derive(Debug)]
pub(crate) struct Watch {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    status: Status,
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It draws and does nothing else; whatever became of it is no concern of the command.
            let _ = thread.join();
        }
        self.status.line().clear();
    }
}

/// What is being done, since when, and for how long at most.
fn in_words(moment: &Moment, begun: Instant, left: Option<Duration>, now: Instant) -> String {
    let Moment { wait, call, begun: calls, answered } = moment;
    let (what, since, longest) = match (wait, call) {
        (Some(Wait { awaited, since, longest }), _) => {
            let rest = longest.saturating_sub(now.saturating_duration_since(*since));
            (format!("waiting for {awaited}"), *since, Some(left.map_or(rest, |left| left.min(rest))))
        }
        (None, Some(Running { operation, since, trouble })) => {
            let why = match trouble {
                None => String::new(),
                Some(Trouble::Unanswered) => " (no answer, asking again)".to_owned(),
                Some(Trouble::Throttled) => " (too many calls, asking again)".to_owned(),
                Some(Trouble::Failed(status)) => format!(" (failed with HTTP {status}, asking again)"),
            };
            let number = format!("{answered} of {} answered", count(*calls, "call", "calls"));
            (format!("{operation}{why}: {number}"), *since, left)
        }
        (None, None) => ("computing".to_owned(), begun, left),
    };
    let waited = now.saturating_duration_since(since).as_secs();
    let most = longest.map(|longest| format!(", at most {} s more", longest.as_secs()));
    format!("  … {what}; {waited} s so far{}", most.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_how_far_why_and_for_how_long() {
        let begun = Instant::now();
        let now = begun + Duration::from_secs(9);
        let left = Some(Duration::from_secs(51));
        let call = |trouble| {
            Some(Running {
                operation: "iam:GetRole".to_owned(),
                since: begun + Duration::from_secs(5),
                trouble,
            })
        };
        let moment = |wait, call| Moment { wait, call, begun: 302, answered: 57 };
        let wait =
            Wait { awaited: "IAM", since: begun + Duration::from_secs(2), longest: Duration::from_secs(30) };
        let lines = [
            in_words(&moment(None, call(None)), begun, left, now),
            in_words(&moment(None, call(Some(Trouble::Unanswered))), begun, left, now),
            in_words(&moment(None, call(Some(Trouble::Throttled))), begun, left, now),
            in_words(&moment(None, call(Some(Trouble::Failed(503)))), begun, left, now),
            in_words(&moment(Some(wait), call(None)), begun, left, now),
            in_words(&moment(None, None), begun, None, now),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        … iam:GetRole: 57 of 302 calls answered; 4 s so far, at most 51 s more
        … iam:GetRole (no answer, asking again): 57 of 302 calls answered; 4 s so far, at most 51 s more
        … iam:GetRole (too many calls, asking again): 57 of 302 calls answered; 4 s so far, at most 51 s more
        … iam:GetRole (failed with HTTP 503, asking again): 57 of 302 calls answered; 4 s so far, at most 51 s more
        … waiting for IAM; 7 s so far, at most 23 s more
        … computing; 9 s so far
        ");
    }

    #[test]
    fn nobody_is_told_where_nobody_watches() {
        assert!(Status::new(false).watch(Activity::default(), None).is_none());
    }
}
