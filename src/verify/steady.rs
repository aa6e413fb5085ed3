//! Asking AWS until its answer is steady.
//!
//! AWS enforces a change only after some seconds, and not everywhere at once: answers pass, fail and pass again (IAM User
//! Guide, "Changes that I make are not always immediately visible"). So where a role was changed just before, what the
//! documents allow is asked for first, until AWS has allowed it three times in a row; only then does a denial say
//! anything, and it is asked for twice. Where nothing was changed, one round side by side is enough as long as AWS
//! answers as its documents say; a single answer that differs is not believed at once. Three hundred functions of one policy are
//! not asked three times each: one of them shows that the policy has spread (`Weight`).

use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use crate::carry_out::{Event, Observer};
use crate::ports::{AwsError, AwsResult, ProbeAnswer, Probed};
use rolecall_model::patience::Interrupt;

/// How often in a row AWS must allow what the documents allow, and deny what they deny.
const ALLOWED_IN_A_ROW: u32 = 3;
const DENIED_IN_A_ROW: u32 = 2;
/// AWS may let an old answer through for about a minute after a change.
const STALE_ANSWERS: Duration = Duration::from_secs(60);
/// Between answers that agree, and between answers that do not.
const SHORT_PAUSE: Duration = Duration::from_millis(200);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether the role was changed just before the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It was not, as far as we know.
    Unchanged,
    /// It was: old answers are likely.
    JustChanged,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// A call failed in another way than by being denied.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The user interrupted the wait.
    #[error("interrupted while waiting for AWS to enforce the changes")]
    Interrupted,
}

/// How much it takes to believe that AWS allows something after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// AWS must allow it three times in a row: that shows that the change has spread.
    Shows,
    /// Another question of the same policy shows that. AWS is asked once, unless it denies it.
    Follows,
}

/// A question, and the answer that counts.
#[derive(Debug)]
pub(super) struct SteadyAnswer<Q, T> {
    pub(super) question: Q,
    /// What the documents say that AWS answers.
    pub(super) awaited: Option<bool>,
    pub(super) probed: Probed<T>,
    /// How often AWS was asked.
    pub(super) times: u32,
}

/// How AWS is asked: how long to wait for steady answers, and whom to tell.
#[derive(Debug)]
pub struct Asking<'a, O> {
    /// Whether old answers are likely.
    pub freshness: Freshness,
    /// The longest wait.
    pub deadline: Duration,
    /// Ends a wait.
    pub interrupt: Interrupt,
    /// Is told about waits.
    pub observer: &'a O,
}

impl<'a, O> Asking<'a, O> {
    /// The same, of a role that was changed just before or was not.
    pub(super) fn of(&self, freshness: Freshness) -> Self {
        let Self { deadline, ref interrupt, observer, .. } = *self;
        Self { freshness, deadline, interrupt: interrupt.clone(), observer }
    }

    /// The same, told to somebody else.
    pub(super) fn told_to<P>(&self, observer: &'a P) -> Asking<'a, P> {
        Asking {
            freshness: self.freshness,
            deadline: self.deadline,
            interrupt: self.interrupt.clone(),
            observer,
        }
    }
}

impl<O: Observer> Asking<'_, O> {
    /// Asks all of the questions, each with what the documents say that AWS answers. An answer that is still not steady
    /// in the end counts as the one that was not awaited.
    pub(super) async fn ask<Q, T>(
        &self,
        questions: impl IntoIterator<Item = (Q, Option<bool>)>,
        ask: impl AsyncFn(&Q) -> AwsResult<Probed<T>>,
    ) -> Result<Vec<SteadyAnswer<Q, T>>, ProbeError> {
        let questions = questions.into_iter().map(|(question, awaited)| (question, awaited, Weight::Shows));
        self.ask_by_weight(questions, ask).await
    }

    /// The same, where some questions follow others.
    pub(super) async fn ask_by_weight<Q, T>(
        &self,
        questions: impl IntoIterator<Item = (Q, Option<bool>, Weight)>,
        ask: impl AsyncFn(&Q) -> AwsResult<Probed<T>>,
    ) -> Result<Vec<SteadyAnswer<Q, T>>, ProbeError> {
        let mut tallies: Vec<Tally<Q, T>> = questions
            .into_iter()
            .map(|(question, awaited, weight)| Tally::new(question, awaited, (self.freshness, weight)))
            .collect();
        if self.freshness == Freshness::Unchanged {
            // A denial is worth something next to a success, and then it is asked for twice, in the same round.
            let denials = if tallies.iter().any(Tally::awaits_success) { DENIED_IN_A_ROW } else { 1 };
            let copies = |tally: &Tally<Q, T>| if tally.awaits_success() { 1 } else { denials };
            try_join_all(tallies.iter_mut().map(|tally| {
                let copies = copies(tally);
                tally.round(copies, &ask)
            }))
            .await?;
            if tallies.iter().any(|tally| tally.awaits_success() && !tally.is_steady()) {
                tallies.iter_mut().filter(|tally| !tally.awaits_success()).for_each(Tally::start_over);
            }
        }
        self.until_steady(&mut tallies, Tally::awaits_success, &ask).await?;
        self.until_steady(&mut tallies, |tally| !tally.awaits_success(), &ask).await?;
        Ok(tallies.into_iter().filter_map(Tally::conclude).collect())
    }

    async fn until_steady<Q, T>(
        &self,
        tallies: &mut [Tally<Q, T>],
        is_meant: impl Fn(&Tally<Q, T>) -> bool,
        ask: &impl AsyncFn(&Q) -> AwsResult<Probed<T>>,
    ) -> Result<(), ProbeError> {
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let pending = || tallies.iter().filter(|tally| is_meant(tally) && !tally.is_steady());
            if pending().next().is_none() {
                return Ok(());
            }
            if pending().any(|tally| tally.times > 0) {
                let awaits_change = pending().any(Tally::was_contradicted);
                let waits_for_success = pending().any(Tally::awaits_success);
                let wait = if awaits_change { pause } else { SHORT_PAUSE };
                if start.elapsed() + wait > self.longest(waits_for_success) {
                    return Ok(());
                }
                if awaits_change {
                    let waited = start.elapsed();
                    self.observer.observe(Event::Waiting { awaited: "AWS to enforce the changes", waited });
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                tokio::select! {
                    () = sleep(wait) => {}
                    () = self.interrupt.raised() => return Err(ProbeError::Interrupted),
                }
            }
            let pending = tallies.iter_mut().filter(|tally| is_meant(tally) && !tally.is_steady());
            try_join_all(pending.map(|tally| tally.round(1, ask))).await?;
        }
    }

    /// A success that must come is waited for until the deadline; anything else is given the time in which answers may
    /// be stale.
    fn longest(&self, waits_for_success: bool) -> Duration {
        match (self.freshness, waits_for_success) {
            (Freshness::JustChanged, true) => self.deadline,
            (Freshness::JustChanged, false) | (Freshness::Unchanged, _) => self.deadline.min(STALE_ANSWERS),
        }
    }
}

/// A question with the answers so far.
struct Tally<Q, T> {
    question: Q,
    awaited: Option<bool>,
    /// How many answers in a row make it steady.
    needed: u32,
    in_a_row: u32,
    times: u32,
    /// The last answer as awaited, and the last other one.
    agreeing: Option<Probed<T>>,
    contrary: Option<Probed<T>>,
    was_contradicted: bool,
}

impl<Q, T> Tally<Q, T> {
    fn new(question: Q, awaited: Option<bool>, (freshness, weight): (Freshness, Weight)) -> Self {
        let needed = match (freshness, weight, awaited) {
            (Freshness::Unchanged, _, _) | (Freshness::JustChanged, Weight::Follows, Some(true)) => 1,
            (Freshness::JustChanged, Weight::Shows | Weight::Follows, _) => needed(awaited),
        };
        let (agreeing, contrary) = (None, None);
        Self { question, awaited, needed, in_a_row: 0, times: 0, agreeing, contrary, was_contradicted: false }
    }

    fn awaits_success(&self) -> bool {
        self.awaited == Some(true)
    }

    fn is_steady(&self) -> bool {
        self.in_a_row >= self.needed
    }

    /// Whether the last answer was not the awaited one.
    fn was_contradicted(&self) -> bool {
        self.was_contradicted
    }

    /// What was answered until now says nothing.
    fn start_over(&mut self) {
        self.in_a_row = 0;
        self.needed = needed(self.awaited);
    }

    async fn round(
        &mut self,
        copies: u32,
        ask: &impl AsyncFn(&Q) -> AwsResult<Probed<T>>,
    ) -> Result<(), AwsError> {
        let answers = try_join_all((0..copies).map(|_| ask(&self.question))).await?;
        for answer in answers {
            self.times += 1;
            let is_success = matches!(answer.answer, ProbeAnswer::Allowed(_));
            self.was_contradicted = self.awaited.is_some_and(|awaited| awaited != is_success);
            if self.was_contradicted {
                self.contrary = Some(answer);
                self.start_over();
            } else {
                self.agreeing = Some(answer);
                self.in_a_row += 1;
            }
        }
        Ok(())
    }

    fn conclude(self) -> Option<SteadyAnswer<Q, T>> {
        let is_steady = self.is_steady();
        let Self { question, awaited, times, agreeing, contrary, .. } = self;
        let probed = if is_steady { agreeing.or(contrary) } else { contrary.or(agreeing) }?;
        Some(SteadyAnswer { question, awaited, probed, times })
    }
}

fn needed(awaited: Option<bool>) -> u32 {
    match awaited {
        Some(true) => ALLOWED_IN_A_ROW,
        Some(false) => DENIED_IN_A_ROW,
        None => 1,
    }
}
